package packed

import (
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"
)

// pattern is n bytes of which no two neighbours are equal.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// The checksums are those of the blocks of the whole, however it is cut in parts.
func TestChecks(t *testing.T) {
	table := crc32.MakeTable(crc32.Castagnoli)
	for _, size := range []int{0, 1, block - 1, block, block + 1, 2 * block, 2*block + 9} {
		whole := pattern(size)
		var want []uint32
		for b := range slices.Chunk(whole, block) {
			want = append(want, crc32.Checksum(b, table))
		}
		if len(want) != blocks(int64(size)) {
			t.Errorf("%d bytes: %d blocks, want %d", size, blocks(int64(size)), len(want))
		}
		for _, cut := range []int{0, 1, size / 2, size} {
			if cut = min(cut, size); !slices.Equal(checks(whole[:cut], nil, whole[cut:]), want) {
				t.Errorf("%d bytes in parts of %d and %d: other checksums than in one", size, cut, size-cut)
			}
		}
	}
	if got := checks([]byte("123456789")); len(got) != 1 || got[0] != 0xe3069283 {
		t.Errorf("the check value of CRC-32C is e3069283, got %x", got)
	}
}

// One bit anywhere in a blob of several blocks is found, and the blob named.
func TestOneBit(t *testing.T) {
	c := newCache(t)
	c.Limit = 1 << 30
	large := pattern(3*block + 1234)
	list := []Blob{{"small", [][]byte{pattern(10)}}, {"large", [][]byte{large[:block+1], large[block+1:]}}}
	must(t, c.Write("k", list))
	good, err := os.ReadFile(c.path("k"))
	must(t, err)
	h, ok := parse(good, "k")
	if !ok || len(h.Blobs["large"].Checks) != 4 {
		t.Fatalf("the header: %v, %+v", ok, h.Blobs["large"])
	}
	for _, at := range []int{0, page + 1, block - 1, block, 2*block + block/2, 3 * block, 3*block + 1233} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			bad := slices.Clone(good)
			bad[int(h.Blobs["large"].At)+at] ^= 1 << (at % 8)
			must(t, os.WriteFile(c.path("k"), bad, 0o600))
			f, err := c.Open("k")
			if f != nil || err == nil || err.Error() != c.path("k")+": large is damaged" {
				t.Errorf("opened: %v, error: %v", f != nil, err)
			}
			if _, err := os.Stat(c.path("k")); err == nil {
				t.Error("the damaged file is still there")
			}
		})
	}
	must(t, os.WriteFile(c.path("k"), good, 0o600))
	if f, err := c.Open("k"); err != nil || !slices.Equal(f.Blob("large"), large) {
		t.Errorf("the good file: %v", err)
	}
}

// A file of another version of the format is not damaged: it is removed, and nothing is said.
func TestOtherVersion(t *testing.T) {
	c := newCache(t)
	must(t, c.Write("k", blobs()))
	b, err := os.ReadFile(c.path("k"))
	must(t, err)
	b[len(family)] = 'p'
	must(t, os.WriteFile(c.path("k"), b, 0o600))
	if f, err := c.Open("k"); f != nil || err != nil {
		t.Errorf("opened: %v, error: %v", f != nil, err)
	}
	if _, err := os.Stat(c.path("k")); err == nil {
		t.Error("the old file is still there")
	}
	must(t, c.Write("k", blobs()))
	check(t, opened(c, "k"))
}

// A header with too few or too many checksums for a blob is none.
func TestChecksAreCounted(t *testing.T) {
	for _, change := range []func(e *entry){func(e *entry) { e.Checks = nil }, func(e *entry) { e.Checks = append(e.Checks, 1) }} {
		h, _, err := layout("k", blobs())
		must(t, err)
		e := h.Blobs["one"]
		change(&e)
		h.Blobs["one"] = e
		first, err := h.encode()
		must(t, err)
		if _, ok := parse(append(first, make([]byte, h.Size-int64(len(first)))...), "k"); ok {
			t.Errorf("%d checksums for one block", len(e.Checks))
		}
	}
}

// The header has room for the checksums of many blocks.
func TestRoomForChecks(t *testing.T) {
	many := make([]byte, 700*block)
	h, first, err := layout(strings.Repeat("k", 100), []Blob{{"one", [][]byte{many}}})
	must(t, err)
	if at := h.Blobs["one"].At; at < int64(len(first)) {
		t.Errorf("a header of %d bytes, and the first blob at %d", len(first), at)
	}
}
