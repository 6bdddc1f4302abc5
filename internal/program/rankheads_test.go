package program_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

var two = &data.Task{Name: "two", Labels: []string{"no", "yes"}, Metrics: []string{"accuracy"}}

// headed is the embedded model with an adapter that has a head of its own for each rank.
func headed(t *testing.T, mc *kernel.Machine, o program.Options) (*program.Program, *adapter.Adapter, func(a *adapter.Adapter) *program.Program) {
	t.Helper()
	m := loadMini(t, mc)
	_, a := join(t, m, o, "query", "value")
	must(t, a.GrowHeads())
	for _, h := range a.Heads {
		for i := range h.Data {
			h.Data[i] += float32(i*13%17-8) / 30
		}
	}
	other := func(a *adapter.Adapter) *program.Program {
		p, err := program.New(m, a, two, o)
		must(t, err)
		return p
	}
	return other(a), a, other
}

// A sequence's logits are those of the slice at its rank, whose head is that rank's alone, to the
// bit: beside other ranks, in a sweep's copies, on every kernel. Rank 0 has the head of R.
func TestRankHeadsAreThoseOfSlices(t *testing.T) {
	t.Parallel()
	for _, level := range kernel.Levels() {
		t.Run(fmt.Sprint(level), func(t *testing.T) {
			p, a, other := headed(t, kernel.At(level, 2), program.Options{})
			n, list := 6, []int{1, 3, 8}
			if level == kernel.Portable { // slow
				n, list = 2, []int{2}
			}
			b := batch(n)
			var want []float32
			var all []int
			for _, rank := range list {
				cut, err := a.Slice(rank)
				must(t, err)
				want = append(want, logits(t, other(cut), b, ranks(n, rank))...)
				all = append(all, ranks(n, rank)...)
			}
			if got := logits(t, p, copies(b, len(list), true), all); !slices.Equal(got, want) {
				t.Error("copies at all ranks have other bits than slices")
			}
			base := a.Clone()
			base.Heads = nil
			if !slices.Equal(logits(t, p, b, ranks(n, 0)), logits(t, other(base), b, ranks(n, 0))) {
				t.Error("rank 0 has another head than R")
			}
		})
	}
}

// A step at a rank gives the gradients that a shared head of the same values gets, to the bit, and
// none to the heads of other ranks; sequences of other ranks do not change them.
func TestRankHeadGradients(t *testing.T) {
	t.Parallel()
	p, a, other := headed(t, kernel.At(kernel.Levels()[len(kernel.Levels())-1], 2), program.Options{Seed: 3, Dropout: true})
	b := batch(5)
	learn := func(p *program.Program, ranks []int) map[string][]float32 {
		_, err := p.ForwardBackward(b, program.Pass{Ranks: ranks, Weight: 0.2})
		must(t, err)
		all := map[string][]float32{}
		for _, x := range p.Params() {
			all[x.Name] = x.Grad
		}
		return all
	}
	got := learn(p, ranks(5, 3))
	shared := a.Clone()
	shared.Head, shared.Heads = shared.HeadAt(3), nil
	want := learn(other(shared), ranks(5, 3))
	for _, x := range p.Params() {
		g := got[x.Name]
		if !x.PerRank {
			if !slices.Equal(g, want[x.Name]) {
				t.Errorf("%s: other bits than with a shared head", x.Name)
			}
			continue
		}
		width := len(g) / 8
		if x.Shape[0] != 8 || x.RankAxis != -1 || !slices.Equal(g[2*width:3*width], want[x.Name]) {
			t.Errorf("%s: %v, want %v", x.Name, g[2*width:3*width], want[x.Name])
		}
		clear(g[2*width : 3*width])
		if slices.ContainsFunc(g, func(v float32) bool { return v != 0 }) {
			t.Errorf("%s: a rank that no sequence has got a gradient", x.Name)
		}
	}
	p, _, _ = headed(t, p.Machine(), program.Options{})
	mixed := learn(p, []int{1, 8, 8, 2, 1})
	for _, x := range p.Params() {
		if !x.PerRank {
			continue
		}
		for rank := range 8 {
			width := len(x.Grad) / 8
			zero := slices.Equal(mixed[x.Name][rank*width:(rank+1)*width], make([]float32, width))
			if drawn := rank == 0 || rank == 1 || rank == 7; drawn == zero {
				t.Errorf("%s: the gradient of rank %d is zero: %v", x.Name, rank+1, zero)
			}
		}
	}
}

// TestFeatures: the last layer makes logits of them.
func TestFeatures(t *testing.T) {
	t.Parallel()
	p, a, _ := headed(t, kernel.At(kernel.Levels()[0], 1), program.Options{})
	b, list := batch(3), []int{2, 8, 1}
	want := logits(t, p, b, list)
	f := p.Features()
	got, err := f.Logits(b, list)
	must(t, err)
	width := len(got) / 3
	for i, rank := range list {
		head := a.HeadAt(rank)
		w, bias := head[len(head)-2], head[len(head)-1].Data
		if width != w.Shape[1] {
			t.Fatalf("features of %d, the last layer reads %d", width, w.Shape[1])
		}
		for c := range 2 {
			sum := float64(bias[c])
			for k, x := range got[i*width : (i+1)*width] {
				sum += float64(x) * float64(w.Data[c*width+k])
			}
			if d := sum - float64(want[2*i+c]); d > 1e-4 || d < -1e-4 {
				t.Errorf("sequence %d, logit %d: %v of the features, want %v", i, c, sum, want[2*i+c])
			}
		}
	}
	must(t, f.Close())
}
