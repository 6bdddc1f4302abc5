package parquet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	library "github.com/parquet-go/parquet-go"

	"github.com/dylora/dylora/internal/fault"
)

// TestDamaged changes a small file in 2,000 ways and has each read: this process lives, and
// what is no error has the right shape.
func TestDamaged(t *testing.T) {
	count := 2000
	if testing.Short() {
		count = 60
	}
	two := "a second text"
	var originals [][]byte
	for _, path := range []string{
		file(t, sentences(40), library.MaxRowsPerRowGroup(15), library.PageBufferSize(256)),
		file(t, []scored{{"one", &two, 1}, {"two", &two, 2.5}, {"one", &two, 5}}),
	} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		originals = append(originals, b)
	}
	layouts := []Layout{sst2, {Texts: []Key{{"sentence1", "text_a"}, {"sentence2", "text_b"}}, Label: "label"}}
	dir := t.TempDir()
	var refused, memoryOut, next atomic.Int64
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < count && !t.Failed(); i = int(next.Add(1)) - 1 {
				which := i % len(originals)
				path := filepath.Join(dir, fmt.Sprintf("%d.parquet", i))
				if err := os.WriteFile(path, damage(originals[which], uint64(i)), 0o600); err != nil {
					t.Error(err)
					return
				}
				got, err := lines(t, path, layouts[which])
				if err != nil {
					refused.Add(1)
					if fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") {
						t.Errorf("%d: %v", i, err)
					}
					if strings.Contains(err.Error(), "of memory") {
						memoryOut.Add(1)
					}
				} else if !strings.HasPrefix(got, `{"text_a":"`) && got != "" {
					t.Errorf("%d: %.100q", i, got)
				}
				_ = os.Remove(path)
			}
		})
	}
	workers.Wait()
	t.Logf("%d files: %d refused, %d of them for their memory", count, refused.Load(), memoryOut.Load())
	if refused.Load() < int64(count)/3 {
		t.Error("the damage does too little")
	}
}

// damage changes a file: bits, bytes, lengths, parts; more often near its end, where the
// description of all the rest is.
func damage(original []byte, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 7))
	b := bytes.Clone(original)
	at := func() int {
		if random.IntN(2) == 0 {
			return len(b) - 1 - random.IntN(min(len(b), 600))
		}
		return random.IntN(len(b))
	}
	for range 1 + random.IntN(3) {
		if len(b) == 0 {
			return b
		}
		switch i := at(); random.IntN(7) {
		case 0:
			b[i] ^= 1 << random.IntN(8)
		case 1:
			b[i] = []byte{0, 1, 0x7f, 0x80, 0xff}[random.IntN(5)]
		case 2: // a huge varint
			copy(b[i:], []byte{0xff, 0xff, 0xff, 0xff, 0x0f})
		case 3:
			b = b[:i]
		case 4: // a part is missing
			b = append(b[:i:i], b[min(len(b), i+1+random.IntN(16)):]...)
		case 5: // a part is there twice
			b = append(b[:i:i], b[max(0, i-random.IntN(32)):]...)
		case 6: // the length of the footer
			if len(b) > 8 {
				b[len(b)-8+random.IntN(4)] = byte(random.IntN(256))
			}
		}
	}
	return b
}
