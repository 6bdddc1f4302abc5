package train

import (
	"fmt"
	"math"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
)

// Resort is what happens to the adapter at the end of the full-rank phase, which without one is the
// beginning of the run: then it is the adapter that training starts from.
type Resort int

// The kinds.
const (
	// NoResort leaves the rows as they are.
	NoResort Resort = iota
	// SVDResort orders them by the singular values of each module's B·A.
	SVDResort
	// WeightedResort orders them by what each adds to the module's output on training inputs.
	WeightedResort
)

var resortNames = enum.Names[Resort]{"none", "svd", "weighted"}

// String is the name that ParseResort reads.
func (r Resort) String() string { return resortNames.String(r) }

// MarshalText writes the name.
func (r Resort) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ParseResort reads "none", "svd" or "weighted".
func ParseResort(name string) (Resort, error) {
	r, err := resortNames.Parse(name)
	if err != nil {
		return 0, fault.Usagef("resort: %w", err)
	}
	return r, nil
}

// Resorter is a learner whose adapter can be re-sorted: weighted by the inputs of the batches
// of sample, or plain where there are none. What it computes at full rank stays.
type Resorter interface {
	Resort(sample []*data.Batch) error
}

// Leveler is a learner whose ranks may have heads of their own. In the full-rank phase that of R
// alone learns, and nested training begins with it at every rank.
type Leveler interface {
	LevelHeads()
}

// maxSample bounds the batches that a weighted re-sort looks at: they are the first ones of the
// first epoch, whatever step the phase ends with.
const maxSample = 64

// phase is the first part of a run, whose steps all run at full rank and train all rows, whatever
// the update mode: they train one LoRA. The rest is trained as nested ranks. A re-sort makes a prefix of the rows the best that the LoRA has of that
// rank, so that nested training does not begin with rows that the LoRA uses alike.
//
// The re-sort is a part of the phase's last step: evaluations and checkpoints see its outcome, and a
// run that is resumed, from whichever checkpoint, does it exactly once. Without a phase it is a part of
// the first step.
type phase struct {
	steps int // 0: there is no phase
	rank  int // the full one
	kind  Resort
}

// newPhase is c's phase in a run of total steps, at least one of which is left for nested ranks.
func newPhase(c Config, l Learner, total int) (phase, error) {
	p := phase{steps: min(int(math.Round(c.FullRankPhase*float64(total))), total-1), kind: c.Resort}
	for _, x := range l.Params() {
		if x.RankAxis >= 0 {
			p.rank = max(p.rank, x.Shape[x.RankAxis])
		}
	}
	if _, ok := l.(Resorter); !ok && p.kind != NoResort {
		return p, fault.Usagef("resort: what is trained cannot be re-sorted")
	}
	return p, nil
}

// has says whether a step, counted from 0, is one of the phase.
func (p phase) has(step int) bool { return step < p.steps }

// sampler draws the ranks of a step: the full one in the phase, else s's.
func (p phase) sampler(s Sampler, step int) Sampler {
	if p.has(step) {
		return onlyRank(p.rank)
	}
	return s
}

// updated are the ranks that a strict optimizer updates in a step of so many ranks.
func (p phase) updated(step int, ranks []int) []int {
	if !p.has(step) {
		return ranks
	}
	all := make([]int, p.rank)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// onlyRank is a sampler that draws one rank.
type onlyRank int

func (r onlyRank) Rank(uint64, int) int { return int(r) }
func (r onlyRank) Ranks() []int         { return []int{int(r)} }

// restart is the number of steps after which A and B are other ones than before: the optimizer's
// moments and the moving average of them begin anew there. 0: from the beginning.
func (p phase) restart() int {
	if p.kind == NoResort {
		return 0
	}
	return p.steps
}

// PhaseSteps is the number of steps of the full-rank phase; 0: there is none.
func (l *Loop) PhaseSteps() int { return l.phase.steps }

// endPhase levels heads and re-sorts if as many steps as the phase has are done.
func (l *Loop) endPhase() error {
	if h, ok := l.learner.(Leveler); ok && l.phase.steps > 0 && l.state.Step == l.phase.steps {
		h.LevelHeads()
	}
	if l.phase.kind == NoResort || l.state.Step != l.phase.steps {
		return nil
	}
	var sample []*data.Batch
	if l.phase.kind == WeightedResort {
		for i := range min(maxSample, l.source.Batches()) {
			b, err := l.source.Batch(0, i)
			if err != nil {
				return fmt.Errorf("train: batch %d of the re-sort: %w", i+1, err)
			}
			sample = append(sample, b)
		}
	}
	if err := l.learner.(Resorter).Resort(sample); err != nil {
		return fmt.Errorf("train: re-sort after step %d: %w", l.state.Step, err)
	}
	l.optimizer.forget(l.learner.Params())
	l.beginAverage()
	return nil
}

// forget clears the moments of A and B, whose rows are other ones now, and begins to count anew. The squares
// that the second moment averages are of single elements, and no rotation of the rows can be applied to them.
func (o *Optimizer) forget(params []program.Param) {
	clear(o.counts)
	for i, p := range params {
		if p.RankAxis >= 0 {
			clear(o.m[i])
			clear(o.v[i])
		}
	}
}
