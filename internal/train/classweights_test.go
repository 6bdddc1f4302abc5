package train

import (
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

// classed are examples whose class is their place modulo 3.
type classed struct{ numbers }

func (c classed) At(i int) data.Encoded {
	e := c.numbers.At(i)
	e.Class = int32(i % 3)
	return e
}

// TestClassWeights: the weights of a step's sequences add up to 1, through all batches of its
// window and however the ranks are drawn, in the ratio of the weights of their classes; the loss is
// divided by the sum of the weights.
func TestClassWeights(t *testing.T) {
	weights := []float32{0.5, 2, 1.25}
	for _, draw := range []Draw{OneRank, MixedRanks, Distill} {
		c := fakeConfig()
		c.RanksPerStep = draw
		p := &taughtLearner{fakeLearner: newFakeLearner()}
		source := NewShuffled(classed{22}, 3, c.Seed)
		source.Weigh(weights)
		l, err := New(c, p, source, uniformRanks{}, nil)
		must(t, err)
		must(t, l.Run(t.Context()))
		of := map[int]float64{} // by step
		at := 0
		for step := range l.Steps() {
			epoch, within := step/4, step%4
			for i := 2 * within; i < min(2*within+2, source.Batches()); i++ {
				b, err := source.Batch(epoch, i)
				must(t, err)
				for n, index := range b.Index {
					if b.Weights[n] != weights[index%3] {
						t.Fatalf("example %d weighs %v", index, b.Weights[n])
					}
				}
				for at < len(p.passes) && p.passes[at].Step == step && p.passes[at].Micro == i-2*within {
					for _, w := range b.Weights {
						of[step] += float64(p.passes[at].Weight) * float64(w)
					}
					at++
				}
			}
		}
		for step := range l.Steps() {
			if math.Abs(of[step]-1) > 1e-6 {
				t.Errorf("%v: the weights of step %d add up to %v", draw, step, of[step])
			}
		}
		if at != len(p.passes) {
			t.Errorf("%v: %d of %d passes were seen", draw, at, len(p.passes))
		}
	}
}

// TestNoClassWeights: without weights a batch has none, and weights of 1 are shares to the bit.
func TestNoClassWeights(t *testing.T) {
	source := NewShuffled(classed{5}, 3, 1)
	b, err := source.Batch(0, 0)
	must(t, err)
	if b.Weights != nil || weightOf([]*data.Batch{b}, 3) != 3 {
		t.Errorf("weights %v", b.Weights)
	}
	source.Weigh([]float32{1, 1, 1})
	b, err = source.Batch(0, 0)
	must(t, err)
	if !slices.Equal(b.Weights, []float32{1, 1, 1}) || weightOf([]*data.Batch{b, b}, 6) != 6 {
		t.Errorf("weights %v", b.Weights)
	}
}

// several are examples of three labels, of which those hold whose bit is set in the example's place.
type several struct{ numbers }

func (m several) At(i int) data.Encoded {
	e := m.numbers.At(i)
	e.Targets = []float32{float32(i & 1), float32(i >> 1 & 1), float32(i >> 2 & 1)}
	return e
}

// TestLabelWeights: a label has its weight in the loss of the examples in which it holds, and the mean of a
// step is over its sequences, as if there were no weights.
func TestLabelWeights(t *testing.T) {
	positive := []float32{3, 0.25, 1.5}
	source := NewShuffled(several{16}, 5, 1)
	source.WeighLabels(positive)
	for i := range source.Batches() {
		b, err := source.Batch(0, i)
		must(t, err)
		for n, index := range b.Index {
			for label, p := range positive {
				want := float32(1)
				if index>>label&1 == 1 {
					want = p
				}
				if got := b.OutputWeights[3*n+label]; got != want {
					t.Errorf("label %d of example %d weighs %v, want %v", label, index, got, want)
				}
			}
		}
		if b.Weights != nil || weightOf([]*data.Batch{b}, b.Len()) != float32(b.Len()) {
			t.Errorf("the sequences weigh %v", weightOf([]*data.Batch{b}, b.Len()))
		}
	}
}
