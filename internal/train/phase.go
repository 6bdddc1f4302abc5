package train

import (
	"fmt"
	"math"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
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
		return OnlyRank(p.rank)
	}
	return s
}

// PhaseSteps is the number of steps of the full-rank phase; 0: there is none.
func (l *Loop) PhaseSteps() int { return l.phase.steps }

// endPhase does what follows the phase, once as many steps as it has are done: lower ranks begin with
// the head of the full one where each has its own, rows are re-sorted, and the average begins anew.
func (l *Loop) endPhase() error {
	if l.state.Step != l.phase.steps {
		return nil
	}
	if l.phase.steps > 0 {
		l.spreadHeads()
	}
	if l.phase.kind != NoResort {
		if err := l.resort(); err != nil {
			return err
		}
	}
	l.beginAverage()
	return nil
}

// spreadHeads gives every rank the head of the full one, the only head that the phase trains.
func (l *Loop) spreadHeads() {
	for _, p := range l.learner.Params() {
		if !p.PerRank {
			continue
		}
		width := p.Shape[1]
		last := p.Value[(p.Shape[0]-1)*width:]
		for r := range p.Shape[0] - 1 {
			copy(p.Value[r*width:], last)
		}
	}
}

// resort re-sorts the adapter. The optimizer's moments of A and B are cleared: their rows are other ones now, and
// the squares that the second moment averages are of single elements, which no rotation of the rows takes along.
func (l *Loop) resort() error {
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
	for i, p := range l.learner.Params() {
		if p.RankAxis >= 0 {
			clear(l.optimizer.m[i])
			clear(l.optimizer.v[i])
		}
	}
	return nil
}
