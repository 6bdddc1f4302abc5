package program_test

import (
	"math"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/program"
)

// TestSummedPass: training on a sum of slices is training one LoRA whose B holds the sum's factors:
// with B·P/s in the place of B, s being the scale at full rank, the loss and the gradient of A are the same, and the
// gradient of B is that of the other times P/s. Neither the ranks of the pass nor the update mode have a part.
// A pass that trains all rows runs at its ranks, and evaluation does, too.
func TestSummedPass(t *testing.T) {
	t.Parallel()
	b, sum := batch(8), []int{1, 2, 8}
	p, a := mini(t, program.Options{Sum: sum, Update: adapter.Frozen})
	q, folded := mini(t, program.Options{})
	const full = 16. / 8
	factor := func(i int) float64 { // P_i / s, with α/r summed by hand
		switch {
		case i < 1:
			return (16 + 8 + full) / full
		case i < 2:
			return (8 + full) / full
		}
		return 1
	}
	for k := range folded.Modules {
		for j := range folded.Modules[k].B {
			folded.Modules[k].B[j] *= float32(factor(j % 8))
		}
	}
	loss, err := p.ForwardBackward(b, program.Pass{Ranks: ranks(8, 3), Weight: 1. / 8})
	if err != nil {
		t.Fatal(err)
	}
	want, err := q.ForwardBackward(b, program.Pass{Ranks: ranks(8, 8), Weight: 1. / 8})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v", loss, want)
	}
	for k, x := range p.Params() {
		y, off, size := q.Params()[k], 0.0, 0.0
		for j, g := range x.Grad {
			w := float64(y.Grad[j])
			if x.RankAxis == 1 {
				w *= factor(j % 8)
			}
			off, size = off+math.Pow(float64(g)-w, 2), size+w*w
		}
		if !(math.Sqrt(off) <= 1e-5*math.Sqrt(size)) || size == 0 {
			t.Errorf("%s: the gradient is off by %v of %v", x.Name, math.Sqrt(off), math.Sqrt(size))
		}
	}
	plain, _ := mini(t, program.Options{})
	got, err := p.ForwardBackward(b, program.Pass{Ranks: ranks(8, 8), Weight: 1. / 8, Whole: true})
	if err != nil {
		t.Fatal(err)
	}
	if want, err = plain.ForwardBackward(b, program.Pass{Ranks: ranks(8, 8), Weight: 1. / 8}); err != nil || got != want {
		t.Errorf("a whole pass has the loss %v, want %v (%v)", got, want, err)
	}
	if got, want := logits(t, p, b, ranks(8, 2)), logits(t, plain, b, ranks(8, 2)); distance(got, want) != 0 || a.Rank != 8 {
		t.Error("evaluation at rank 2 is another one")
	}
}
