package op_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/model/op"
)

// TestMoments: two runs over more rows than are summed at once give the sums of h hᵀ that
// float64 gives for the rows in use, for two modules beside each other, whatever their gates.
func TestMoments(t *testing.T) {
	t.Parallel()
	const in, r, capacity, inUse = 6, 3, 170, 151
	g := newGraph(t, []int32{2, 0, 100, inUse, 0}, []int64{0, 0})
	g.in.Moments = op.NewMoments(2, r)
	x, gates := ramp(capacity*in, 1), ramp(3*2*r, 2)
	clear(gates[:2*r]) // all of the first sequence's, and in the second the first module's last rank
	gates[2*r+r-1], gates[4*r+r-1] = 0, 0
	a := [][]float32{ramp(r*in, 3), ramp(r*in, 5)}
	g.in.Gates = g.input("gates", gates, 3, 2*r)
	var pairs []op.Pair
	for i, module := range []int{1, 0} { // the second pair is the first module
		name := string(rune('0' + i))
		pairs = append(pairs, op.Pair{A: g.input("A"+name, a[i], r, in), B: g.input("B"+name, ramp(4*r, 1), 4, r), Out: 4, Module: module, Column: 4 * i})
	}
	if _, err := op.LowRank(&g.in, "l", g.input("x", x, capacity, in), op.Tokens, frozen(g.in.Machine, 8, in), pairs, false); err != nil {
		t.Fatal(err)
	}
	m := G.NewTapeMachine(g.ExprGraph)
	defer m.Close()
	for range 2 {
		m.Reset()
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	for i, module := range []int{1, 0} {
		want := make([]float64, r*r)
		for row := range inUse {
			h := make([]float64, r)
			for k := range r {
				for j := range in {
					h[k] += float64(a[i][k*in+j]) * float64(x[row*in+j])
				}
			}
			for k := range r * r {
				want[k] += 2 * h[k/r] * h[k%r]
			}
		}
		if got := g.in.Moments.Rows[module]; got != 2*inUse {
			t.Errorf("module %d: %d rows, want %d", module, got, 2*inUse)
		}
		for k, got := range g.in.Moments.Sums[module] {
			if scale := math.Sqrt(want[k/r*(r+1)] * want[k%r*(r+1)]); math.Abs(got-want[k]) > 1e-6*scale {
				t.Errorf("module %d, element %d: %v, want %v", module, k, got, want[k])
			}
		}
	}
}
