package session

import (
	"iter"
	"time"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/program"
)

// work counts what a pass over a split at several ranks computes.
type work struct {
	program  *program.Program
	ranks    []int
	flops    []int64 // of each rank, as it would be alone
	examples int
	start    time.Time
}

// newWork begins to measure.
func newWork(p *program.Program, ranks []int) *work {
	return &work{program: p, ranks: ranks, flops: make([]int64, len(ranks)), start: time.Now()}
}

// count counts the batches that pass.
func (w *work) count(batches iter.Seq[*data.Batch]) iter.Seq[*data.Batch] {
	return func(yield func(*data.Batch) bool) {
		for b := range batches {
			w.examples += b.Len()
			for i, r := range w.ranks {
				w.flops[i] += w.program.Flops(b, r, false).Total()
			}
			if !yield(b) {
				return
			}
		}
	}
}

// share gives each rank its cost: of the time since newWork as much as it has of the operations.
func (w *work) share(results []evaluate.Result) {
	milliseconds, total := time.Since(w.start).Seconds()*1e3, int64(0)
	for _, n := range w.flops {
		total += n
	}
	if w.examples == 0 || total == 0 {
		return
	}
	for i := range results {
		results[i].Cost = evaluate.Cost{
			FLOPs:        float64(w.flops[i]) / float64(w.examples),
			Milliseconds: milliseconds * float64(w.flops[i]) / float64(total) / float64(w.examples),
		}
	}
}
