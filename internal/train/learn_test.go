package train

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
)

// taughtLearner is a fake learner that tells what it answers, and remembers its passes.
type taughtLearner struct {
	*fakeLearner
	passes []program.Pass
	soft   [][]float32
}

func (p *taughtLearner) ForwardBackward(b *data.Batch, pass program.Pass) (float64, error) {
	p.passes, p.soft = append(p.passes, pass), append(p.soft, b.Soft)
	return p.fakeLearner.ForwardBackward(b, pass)
}

func (p *taughtLearner) Answers(n int) []float32 {
	answers := make([]float32, n)
	for i := range answers {
		answers[i] = float32(100*len(p.passes) + i)
	}
	return answers
}

// TestDistillSteps: a batch runs at full rank from its own targets and at the drawn rank from what the
// full rank answered, each for half of the weight; a step that draws the full rank runs once, and so do
// those of the full-rank phase.
func TestDistillSteps(t *testing.T) {
	for _, phase := range []float64{0, 0.5} {
		c := fakeConfig()
		c.RanksPerStep, c.Accumulate, c.FullRankPhase = Distill, 2, phase
		p := &taughtLearner{fakeLearner: newFakeLearner()}
		l, err := New(c, p, NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, nil)
		must(t, err)
		got := follow(l)
		must(t, l.Run(t.Context()))
		at, drawn := 0, map[int]bool{}
		for step, s := range got.steps {
			rank := uniformRanks{}.Rank(c.Seed, step)
			if step < l.PhaseSteps() {
				rank = fakeRank
			}
			drawn[rank] = true
			want := []int{rank, fakeRank}
			if rank == fakeRank {
				want = want[:1]
			}
			if !slices.Equal(s.Ranks, want) {
				t.Errorf("step %d has ranks %v, want %v", s.Step, s.Ranks, want)
			}
			slices.Reverse(want) // the full rank is first
			for left := s.Examples; left > 0; {
				for i, r := range want {
					pass, soft := p.passes[at], p.soft[at]
					n := len(pass.Ranks)
					if pass.Step != step || !slices.Equal(pass.Ranks, slices.Repeat([]int{r}, n)) || pass.Weight != 1/float32(s.Examples)/float32(len(want)) {
						t.Errorf("step %d: pass %+v at rank %d of %v", s.Step, pass, r, want)
					}
					if fmt.Sprint(soft) != fmt.Sprint(softOf(i, at, n)) {
						t.Errorf("step %d, rank %d: targets %v", s.Step, r, soft)
					}
					if i == len(want)-1 {
						left -= n
					}
					at++
				}
			}
		}
		if at != len(p.passes) || len(drawn) < 2 {
			t.Errorf("%d passes, want %d, of ranks %v", len(p.passes), at, drawn)
		}
	}
}

// softOf are the targets of pass at for n sequences, the i-th of its batch.
func softOf(i, at, n int) (soft []float32) {
	for j := range n * i {
		soft = append(soft, float32(100*at+j))
	}
	return soft
}

// A learner that gives no answers is refused.
func TestDistillNeedsAnswers(t *testing.T) {
	c := fakeConfig()
	c.RanksPerStep = Distill
	if _, err := New(c, newFakeLearner(), NewShuffled(numbers(22), 3, c.Seed), uniformRanks{}, nil); fault.ClassOf(err) != fault.Usage {
		t.Errorf("no answers: %v", err)
	}
}
