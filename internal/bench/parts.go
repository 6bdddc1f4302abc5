package bench

import (
	"context"
	"os"
	"runtime/debug"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Parts is what steps take whose batches are learnt in so many parts.
type Parts struct {
	MicroBatches int     `json:"micro_batches"`
	PeakRSS      int64   `json:"peak_rss_bytes,omitempty"` // 0: this system does not tell it anew
	StepSeconds  float64 `json:"step_seconds"`             // the faster of two steps of the largest batch
}

// parts measures training in 1, 2 and 4 parts: steps of the largest batch, of programs of their own. The setup's program and the subject
// are not used again.
func (s *Setup) parts(ctx context.Context, subject *Subject) (all []Parts, err error) {
	largest := slices.MaxFunc(subject.Batches, func(a, b *data.Batch) int { return a.Tokens() - b.Tokens() })
	for _, n := range []int{1, 2, 4} {
		if n > largest.Len() {
			break
		}
		if err := s.Compile(s.clock); err != nil {
			return nil, err
		}
		one := *subject
		one.Program, one.Batches, one.Loop.MicroBatches = s.Program, []*data.Batch{largest, largest}, n
		subject.Program = nil // so that its memory is free
		debug.FreeOSMemory()
		told := resetPeak()
		steps, err := one.run(ctx, nil, largest)
		if err != nil {
			return nil, err
		}
		p := Parts{MicroBatches: n, StepSeconds: slices.Min(steps.Seconds)}
		if told {
			p.PeakRSS = PeakRSS()
		}
		all = append(all, p)
	}
	return all, nil
}

// resetPeak lets PeakRSS count from now on; Linux alone can.
func resetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600) == nil }
