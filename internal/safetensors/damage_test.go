package safetensors_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
	"time"

	oracle "github.com/nlpodyssey/safetensors"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/safetensors/safetensorstest"
	"github.com/dylora/dylora/internal/spent"
)

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
	files, how, err := safetensorstest.Damaged(total, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var f *safetensors.File
		var err error
		slowest = max(slowest, spent.On(func() { f, err = safetensors.Parse("m", b) }))
		runtime.ReadMemStats(&after)
		largest = max(largest, after.TotalAlloc-before.TotalAlloc)
		if err == nil {
			if err := safetensorstest.AddsUp(f, b); err != nil || !strings.HasPrefix(how[i], "flipped") {
				t.Errorf("file %d, %s: accepted; %v", i, how[i], err)
			}
			continue
		}
		refused++
		if fault.ClassOf(err) != fault.Invalid {
			t.Errorf("file %d, %s: class %d of %v", i, how[i], fault.ClassOf(err), err)
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

// FuzzParse: no input panics, it is read by its header alone as it is as a whole, an accepted one accounts for all its bytes, survives a
// round trip, and is one the laxer oracle accepts where it knows the dtypes.
func FuzzParse(f *testing.F) {
	sound, err := safetensorstest.Sound()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	for _, b := range safetensorstest.Hostile() {
		if len(b) < 1000 {
			f.Add(b)
		}
	}
	f.Add(file(`{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}  `, "xx"))
	f.Add(file(`{"__metadata__":{"a":"b"},"x":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := safetensors.Parse("m", b)
		if stored, also := safetensors.Index("m", bytes.NewReader(b), int64(len(b))); (also == nil) != (err == nil) || err == nil && len(stored) != len(got.Tensors) {
			t.Fatalf("by its header %d tensors, %v; as a whole: %v", len(stored), also, err)
		}
		if err != nil {
			return
		}
		if err := safetensorstest.AddsUp(got, b); err != nil {
			t.Errorf("%v: %q", err, b)
		}
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
