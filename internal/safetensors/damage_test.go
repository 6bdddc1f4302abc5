package safetensors_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	oracle "github.com/nlpodyssey/safetensors"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/spent"
)

// sound is a file like those of adapters.
func sound(t testing.TB) []byte {
	t.Helper()
	var tensors []safetensors.Tensor
	for i := range 8 {
		tensors = append(tensors, safetensors.F32(fmt.Sprintf("layer.%d.lora_A.weight", i), []int{2, 8}, make([]float32, 16)))
	}
	b, err := safetensors.Encode(tensors, map[string]string{"format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// damaged yields at least n damaged files: cut at every byte of the header, single
// flipped bits, and headers made to hurt.
func damaged(t *testing.T, n int) (files [][]byte) {
	b := sound(t)
	head := 8 + int(binary.LittleEndian.Uint64(b))
	for i := range head + 1 {
		files = append(files, b[:i])
	}
	for _, bomb := range []string{
		strings.Repeat("[", 1<<20),
		`{"a":` + strings.Repeat("[", 1<<20),
		`{"a":` + strings.Repeat(`{"a":`, 1<<18),
		`{"a":{"shape":[` + strings.Repeat("0,", 1<<20) + `0]}}`,
		`{"a":{"shape":[` + strings.Repeat("9", 1<<20) + `]}}`,
		`{"` + strings.Repeat(`\u0000`, 1<<18) + `":{}}`,
		`{"__metadata__":{"a":"` + strings.Repeat("x", 1<<20) + `"},"b":1}`,
		`{"a":{"dtype":"F64","shape":[1152921504606846975],"data_offsets":[0,9223372036854775800]}}`,
		`{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}`,
		"{" + strings.Repeat(" ", 1<<20) + "x",
	} {
		files = append(files, file(bomb, ""))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for len(files) < n {
		c := slices.Clone(b)
		for range 1 + r.IntN(3) {
			c[r.IntN(head)] ^= 1 << r.IntN(8)
		}
		files = append(files, c)
	}
	return files
}

// TestDamage: a damaged file is an error of class Invalid in under 100 ms of processor time and 64 MiB. A
// flipped bit may leave a sound file, with another name say, which then adds up.
func TestDamage(t *testing.T) {
	const total, most = 5000, 64 << 20
	limit := 100 * time.Millisecond
	if testing.Short() {
		limit = time.Second // short tests run under the race detector, several times slower
	}
	var slowest time.Duration
	var largest uint64
	refused := 0
	for i, b := range damaged(t, total) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var f *safetensors.File
		var err error
		slowest = max(slowest, spent.On(func() { f, err = safetensors.Parse("m", b) }))
		runtime.ReadMemStats(&after)
		largest = max(largest, after.TotalAlloc-before.TotalAlloc)
		if err == nil {
			addsUp(t, f, b)
			continue
		}
		refused++
		if fault.ClassOf(err) != fault.Invalid {
			t.Errorf("file %d: class %d of %v", i, fault.ClassOf(err), err)
		}
	}
	t.Logf("%d files, %d refused; slowest %v, most allocated %d KiB", total, refused, slowest, largest>>10)
	if largest > most {
		t.Errorf("%d bytes allocated for one file, at most %d", largest, most)
	}
	if slowest > limit {
		t.Errorf("slowest file took %v", slowest)
	}
}

// addsUp checks an accepted file: its tensors' bytes are all that follows the header.
func addsUp(t *testing.T, f *safetensors.File, b []byte) {
	t.Helper()
	n := 8 + int(binary.LittleEndian.Uint64(b))
	for _, a := range f.Tensors {
		n += len(a.Data)
	}
	if n != len(b) {
		t.Errorf("accepted, and accounts for %d bytes of %d: %q", n, len(b), b)
	}
}

// FuzzParse: no input panics, an accepted one accounts for all its bytes, survives a
// round trip, and is one the laxer oracle accepts where it knows the dtypes.
func FuzzParse(f *testing.F) {
	f.Add(sound(f))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}  `, "xx"))
	f.Add(file(`{"__metadata__":{"a":"b"},"x":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := safetensors.Parse("m", b)
		if err != nil {
			return
		}
		addsUp(t, got, b)
		known := true
		for _, a := range got.Tensors {
			known = known && widths[a.DType] > 0
		}
		if _, err := oracle.Deserialize(b); known && err != nil {
			t.Errorf("the oracle refuses %q: %v", b, err)
		}
		again, err := safetensors.Encode(got.Tensors, got.Metadata)
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		if _, err := safetensors.Parse("m", again); err != nil {
			t.Fatalf("written, but cannot be read: %v", err)
		}
	})
}
