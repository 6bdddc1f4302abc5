package bench

import (
	"context"
	"os"
	"runtime/debug"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Parts are the time and memory of steps whose batches are learnt in so many parts.
type Parts struct {
	MicroBatches int     `json:"micro_batches"`
	Memory       int64   `json:"step_memory_bytes,omitempty"` // that steps add to what is resident without; 0: this system does not tell it
	StepSeconds  float64 `json:"step_seconds"`                // the faster of two steps of the largest batch
}

// parts measures training in 1, 2 and 4 parts: steps of the largest batch, each with a graph of its own.
func (s *Setup) parts(ctx context.Context, subject *Subject) (all []Parts, err error) {
	largest := slices.MaxFunc(subject.Batches, func(a, b *data.Batch) int { return a.Tokens() - b.Tokens() })
	for _, n := range []int{1, 2, 4} {
		if n > largest.Len() {
			break
		}
		if err := s.Program.Close(); err != nil {
			return nil, err
		}
		one := *subject
		one.Batches, one.Loop.MicroBatches = []*data.Batch{largest, largest}, n
		debug.FreeOSMemory()
		told := resetPeak()
		before := PeakRSS()
		steps, err := one.run(ctx, nil, largest)
		if err != nil {
			return nil, err
		}
		p := Parts{MicroBatches: n, StepSeconds: slices.Min(steps.Seconds)}
		if told {
			p.Memory = PeakRSS() - before
		}
		all = append(all, p)
	}
	return all, nil
}

// resetPeak lets PeakRSS count from now on; Linux alone can.
func resetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) == nil }
