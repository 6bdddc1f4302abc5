package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
)

// sequences is a batch of sequences of so many tokens, with everything that a batch may hold.
func sequences(lengths ...int) *data.Batch {
	var list []data.Encoded
	for i, n := range lengths {
		e := data.Encoded{Index: 100 + i, Class: int32(i % 3), Score: float32(i)}
		for k := range n {
			e.IDs, e.Types = append(e.IDs, int32(i*1000+k)), append(e.Types, int32(k%2))
		}
		list = append(list, e)
	}
	b := data.Pack(list)
	for i := range lengths {
		b.Weights, b.Soft = append(b.Weights, float32(i)/2), append(b.Soft, float32(i), float32(-i))
		b.OutputWeights = append(b.OutputWeights, float32(i), float32(i)+0.5)
	}
	return b
}

// Each sequence is in one part, with all that belongs to it and its rank, and no part has more tokens than the others' mean and the
// longest sequence.
func TestParted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(1, 60), 1, 40).Draw(t, "lengths")
		parts := rapid.IntRange(1, 12).Draw(t, "parts")
		b, ranks := sequences(lengths...), make([]int, len(lengths))
		for i := range ranks {
			ranks[i] = 1 + i%8
		}
		cut := parted([]*data.Batch{b, b}, [][]int{ranks, ranks}, parts)
		if len(cut) != parts {
			t.Fatalf("%d parts", len(cut))
		}
		var places []int
		for k, pieces := range cut {
			if len(pieces) != 2 || !slices.Equal(pieces[0].batch.IDs, pieces[1].batch.IDs) {
				t.Fatalf("part %d has %d pieces, or others of the same batch", k, len(pieces))
			}
			p := pieces[0]
			for j, index := range p.batch.Index {
				i := index - 100
				places = append(places, i)
				one := b.Take([]int{i})
				lo, hi := p.batch.Offsets[j], p.batch.Offsets[j+1]
				if p.ranks[j] != ranks[i] || !slices.Equal(p.batch.IDs[lo:hi], one.IDs) || !slices.Equal(p.batch.Types[lo:hi], one.Types) ||
					p.batch.Classes[j] != b.Classes[i] || p.batch.Scores[j] != b.Scores[i] || p.batch.Weights[j] != b.Weights[i] || !slices.Equal(p.batch.Soft[2*j:2*j+2], b.Soft[2*i:2*i+2]) ||
					!slices.Equal(p.batch.OutputWeights[2*j:2*j+2], b.OutputWeights[2*i:2*i+2]) {
					t.Fatalf("sequence %d is another one in part %d", i, k)
				}
			}
			if bound := b.Tokens()/parts + slices.Max(lengths); p.batch.Tokens() > bound {
				t.Errorf("part %d has %d tokens of %d", k, p.batch.Tokens(), b.Tokens())
			}
		}
		if slices.Sort(places); len(places) != len(lengths) || !slices.Equal(places, slices.Compact(slices.Clone(places))) {
			t.Errorf("sequences %v", places)
		}
	})
}

// leaves gives each part a gradient and a loss.
func leaves(l *Loop, parts int) func(k int) (float64, error) {
	random := rand.New(rand.NewPCG(9, uint64(parts)))
	values := make([]float32, parts)
	for i := range values {
		values[i] = random.Float32()*2 - 1
	}
	return func(k int) (float64, error) {
		for _, p := range l.learner.Params() {
			for i := range p.Grad {
				p.Grad[i] += values[k] / float32(i+3)
			}
		}
		return float64(values[k]) / 3, nil
	}
}

// The sum has the same bits however many processes compute branches of it, as long as their number is a power of two that divides the
// number of parts.
func TestTreeOfBranches(t *testing.T) {
	for _, parts := range []int{1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 40} {
		l := &Loop{learner: newFakeLearner()}
		learn := leaves(l, parts)
		want, err := l.tree(0, parts, learn)
		if err != nil {
			t.Fatal(err)
		}
		sum := grads(l)
		for processes := 2; parts%processes == 0 && processes&(processes-1) == 0; processes *= 2 {
			each := parts / processes
			var sums [][][]float32
			var losses []float64
			for p := range processes {
				zero(l)
				loss, err := l.tree(p*each, (p+1)*each, learn)
				if err != nil {
					t.Fatal(err)
				}
				sums, losses = append(sums, grads(l)), append(losses, loss)
			}
			zero(l)
			got, err := l.tree(0, processes, func(p int) (float64, error) {
				for i, x := range l.learner.Params() {
					copy(x.Grad, sums[p][i])
				}
				return losses[p], nil
			})
			if err != nil || got != want || fmt.Sprint(grads(l)) != fmt.Sprint(sum) {
				t.Errorf("%d parts of %d processes: loss %v, want %v; %v", parts, processes, got, want, err)
			}
		}
	}
}

func grads(l *Loop) (list [][]float32) {
	for _, p := range l.learner.Params() {
		list = append(list, slices.Clone(p.Grad))
	}
	return list
}

func zero(l *Loop) {
	for _, p := range l.learner.Params() {
		clear(p.Grad)
	}
}

// Parts add up to the gradient of the whole batch, but for rounding.
func TestMicroBatchesAddUp(t *testing.T) {
	step := func(parts int) (loss float64, gradient [][]float32) {
		c := DefaultConfig()
		c.MicroBatches, c.Accumulate = parts, 2
		l, err := New(c, placeless{newFakeLearner()}, NewShuffled(numbers(40), 8, 1), uniformRanks{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		window, n, _, err := l.window()
		if err != nil {
			t.Fatal(err)
		}
		if loss, _, err = l.learn(window, n); err != nil {
			t.Fatal(err)
		}
		return loss, grads(l)
	}
	loss, want := step(1)
	for _, parts := range []int{2, 3, 4, 8, 11} {
		got, sums := step(parts)
		if math.Abs(got-loss) > 1e-6*loss {
			t.Errorf("%d parts: loss %v, want %v", parts, got, loss)
		}
		for i := range want {
			for k := range want[i] {
				if math.Abs(float64(sums[i][k]-want[i][k])) > 1e-6 {
					t.Errorf("%d parts: gradient %v, want %v", parts, sums[i][k], want[i][k])
				}
			}
		}
	}
}

// placeless is a learner to which the place in the window is all the same, as without dropout.
type placeless struct{ *fakeLearner }

func (p placeless) ForwardBackward(b *data.Batch, pass program.Pass) (float64, error) {
	pass.Micro = 0
	return p.fakeLearner.ForwardBackward(b, pass)
}
