package inputs

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/safetensors/safetensorstest"
	"github.com/dylora/dylora/internal/torture/row"
)

// fileName stands for the path of a file that is in memory.
const fileName = "damaged.safetensors"

// readSafetensors reads a file as a whole and by its header alone. What is accepted accounts for all
// bytes, and both ways agree.
func readSafetensors(q request) (err, wrong error) {
	f, err := safetensors.Parse(fileName, q.Bytes)
	stored, also := safetensors.Index(fileName, bytes.NewReader(q.Bytes), int64(len(q.Bytes)))
	if (err == nil) != (also == nil) {
		return err, fmt.Errorf("read as a whole: %w; by its header: %w", err, also)
	}
	if err != nil {
		return err, nil
	}
	if len(stored) != len(f.Tensors) {
		return nil, fmt.Errorf("%d tensors, by its header %d", len(f.Tensors), len(stored))
	}
	return nil, safetensorstest.AddsUp(f, q.Bytes)
}

// weights is row R4.
func weights(t *row.Trial) error {
	files, how, err := safetensorstest.Damaged(5000, t.Random.Uint64())
	if err != nil {
		return err
	}
	var r reader
	var slowest time.Duration
	var largest uint64
	for _, i := range t.Pick(len(files)) {
		t.Case(how[i], func(string) error {
			a, err := r.ask(request{Way: "safetensors", Bytes: files[i]})
			if err != nil {
				return err
			}
			slowest, largest = max(slowest, a.Took), max(largest, a.Allocated)
			if a.Took > mostTime {
				return fmt.Errorf("%v of the processor", a.Took)
			}
			return a.refused(fileName, strings.HasPrefix(how[i], "flipped"))
		})
	}
	err = r.close()
	t.Printf("slowest file %v, most allocated %d KiB, process at most %d MiB", slowest, largest>>10, r.peak>>20)
	return err
}
