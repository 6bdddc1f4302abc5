package op

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// Two pairs of rank 9 on columns 0 to 10 and 12 to 22 of a projection of 20 to 24: no width is
// a whole number of vectors or of a kernel's tiles.
const (
	wideRank, wideIn, wideOut, pairOut = 9, 20, 24, 11
	secondColumn                       = 12
)

// wideGraph is a LowRank operation with its gradients. Its inputs are slices, which a test may
// write to between runs.
type wideGraph struct {
	*testGraph
	x, dy, gates, gradientGates []float32
	a, b                        [2][]float32
	w                           Frozen
	layout                      Layout
	rows                        int
	vm                          G.VM
	nodes                       G.Nodes // y, dx, dA, dB, dA, dB
}

// newWideGraph is a graph over sequences of these lengths; copies above 1 are of an evaluation,
// which has no gradients.
func newWideGraph(t *testing.T, mc *kernel.Machine, copies int, lengths ...int) *wideGraph {
	t.Helper()
	g := &wideGraph{testGraph: &testGraph{ExprGraph: G.NewGraph(), t: t, in: &Inputs{Machine: mc}}}
	offsets := []int32{0}
	for range copies {
		for _, n := range lengths {
			g.rows += n
			offsets = append(offsets, int32(g.rows))
		}
	}
	sequences := len(offsets) - 1
	g.layout = make(Layout, sequences+2)
	if err := g.layout.Set(offsets, g.rows); err != nil {
		t.Fatal(err)
	}
	matrix := func(name string, data *[]float32, rows, cols int) *G.Node {
		*data = make([]float32, rows*cols)
		for i := range *data {
			(*data)[i] = float32(math.Sin(float64(7*i + 31*len(name) + i*i%13)))
		}
		return g.node(name, *data, rows, cols)
	}
	x := matrix("x", &g.x, g.rows, wideIn)
	for first := g.rows / copies; first < g.rows; first += g.rows / copies {
		copy(g.x[first*wideIn:], g.x[:g.rows/copies*wideIn])
	}
	g.in.Layout = g.node("layout", []int32(g.layout), len(g.layout))
	g.in.Gates = matrix("gates", &g.gates, sequences, 2*wideRank)
	if copies > 1 {
		g.in.Copies = g.node("copies", []int32{int32(copies)}, 1)
	} else {
		g.in.GradientGates = matrix("gradient gates", &g.gradientGates, sequences, 2*wideRank)
	}
	var weight []float32
	matrix("w", &weight, wideOut, wideIn)
	g.w = Frozen{W: mc.Pack(kernel.Float32, weight, wideOut, wideIn), Bias: testRamp(wideOut)}
	var pairs []Pair
	wrt := G.Nodes{x}
	for i := range 2 {
		p := Pair{A: matrix(fmt.Sprint("A", i), &g.a[i], wideRank, wideIn), B: matrix(fmt.Sprint("B", i), &g.b[i], pairOut, wideRank),
			Module: i, Column: i * secondColumn, Out: pairOut}
		pairs, wrt = append(pairs, p), append(wrt, p.A, p.B)
	}
	y := g.ok(LowRank(g.in, "l", x, Tokens, g.w, pairs, copies == 1))
	g.nodes = G.Nodes{y}
	if copies == 1 {
		cost := g.ok(G.Sum(g.ok(G.HadamardProd(y, matrix("dy", &g.dy, g.rows, wideOut)))))
		grads, err := G.Grad(cost, wrt...)
		if err != nil {
			t.Fatal(err)
		}
		g.nodes = append(g.nodes, grads...)
	}
	g.vm = G.NewTapeMachine(g.ExprGraph)
	t.Cleanup(func() { g.vm.Close() })
	return g
}

// allRanks is what the graph computes, over all ranks whatever the gates are.
func (g *wideGraph) allRanks() (all [][]float32) {
	mc, rows, trained := g.in.Machine, g.rows, g.dy != nil
	y, dx := make([]float32, rows*wideOut), make([]float32, rows*wideIn)
	g.w.W.Forward(y, wideOut, g.x, wideIn, rows, g.w.Bias)
	if trained {
		g.w.W.Backward(dx, wideIn, g.dy, wideOut, rows, false)
	}
	gated := func(src, gates []float32, module int) []float32 {
		dst := make([]float32, rows*wideRank)
		Tokens.each(g.layout, 0, rows, func(seq, lo, hi int) {
			for row := lo; row < hi; row++ {
				for i := range wideRank {
					dst[row*wideRank+i] = gates[seq*2*wideRank+module*wideRank+i] * src[row*wideRank+i]
				}
			}
		})
		return dst
	}
	all = [][]float32{y, dx}
	for i := range 2 {
		column := i * secondColumn
		h, z, bt := make([]float32, rows*wideRank), make([]float32, rows*wideRank), make([]float32, wideRank*pairOut)
		dA, across, dB := make([]float32, wideRank*wideIn), make([]float32, wideRank*pairOut), make([]float32, pairOut*wideRank)
		mc.Transpose(bt, pairOut, g.b[i], wideRank, pairOut, wideRank)
		mc.MulNT(h, wideRank, g.x, wideIn, g.a[i], wideIn, rows, wideRank, wideIn, 1, false)
		mc.MulNN(y[column:], wideOut, gated(h, g.gates, i), wideRank, bt, pairOut, rows, pairOut, wideRank, 1, true)
		if !trained {
			continue
		}
		mc.MulNT(z, wideRank, g.dy[column:], wideOut, bt, pairOut, rows, wideRank, pairOut, 1, false)
		mc.MulTN(dA, wideIn, gated(z, g.gradientGates, i), wideRank, g.x, wideIn, wideRank, wideIn, rows, 1, false)
		mc.MulTN(across, pairOut, gated(h, g.gradientGates, i), wideRank, g.dy[column:], wideOut, wideRank, pairOut, rows, 1, false)
		mc.Transpose(dB, wideRank, across, pairOut, wideRank, pairOut)
		mc.MulNN(dx, wideIn, gated(z, g.gates, i), wideRank, g.a[i], wideIn, rows, wideIn, wideRank, 1, true)
		all = append(all, dA, dB)
	}
	if !trained {
		return all[:1]
	}
	return all
}

// gatesOf draws a row of gates: those of a rank, of its last row alone, or any zeros.
func gatesOf(rt *rapid.T, name string) []float32 {
	g := make([]float32, wideRank)
	rank := rapid.IntRange(0, wideRank).Draw(rt, name+" rank")
	switch kind := rapid.SampledFrom([]string{"rows up to the rank", "the rank's row", "any"}).Draw(rt, name+" kind"); {
	case kind == "any":
		for i := range g {
			g[i] = rapid.SampledFrom([]float32{0, 0, 0, 1.5, -2}).Draw(rt, name)
		}
	case rank > 0:
		from := 0
		if kind == "the rank's row" {
			from = rank - 1
		}
		for i := from; i < rank; i++ {
			g[i] = 16 / float32(rank)
		}
	}
	return g
}

// The ranks that no gate uses are left out without a change of a bit: of the output, and of the
// gradients of x, A and B; for one rank in the whole batch, ranks of each sequence and module,
// gradient gates of other rows, copies, and after runs with other ranks, on every level.
func TestUnusedRanksAreLeftOut(t *testing.T) {
	t.Parallel()
	kerneltest.OnEveryLevel(t, func(t *testing.T, mc *kernel.Machine) {
		for _, g := range []*wideGraph{newWideGraph(t, mc, 1, 1, 19, 3, 26), newWideGraph(t, mc, 3, 2, 17, 1)} {
			rapid.Check(t, func(rt *rapid.T) {
				for _, gates := range [][]float32{g.gates, g.gradientGates} {
					same := rapid.Bool().Draw(rt, "the same for all")
					for i := 0; i < len(gates); i += wideRank {
						if same && i > 0 {
							copy(gates[i:], gates[:wideRank])
							continue
						}
						copy(gates[i:], gatesOf(rt, fmt.Sprint("gate ", i/wideRank)))
					}
				}
				g.vm.Reset()
				if err := g.vm.RunAll(); err != nil {
					rt.Fatal(err)
				}
				for i, want := range g.allRanks() {
					got := g.nodes[i].Value().Data().([]float32)
					for j := range want {
						if math.Float32bits(got[j]) != math.Float32bits(want[j]) {
							rt.Fatalf("output %d (y, dx, dA, dB, dA, dB), element %d: %v, with all ranks %v", i, j, got[j], want[j])
						}
					}
				}
			})
		}
	})
}

func TestNonZero(t *testing.T) {
	t.Parallel()
	nan := float32(math.NaN())
	for _, tt := range []struct {
		gates []float32
		want  rankRange
	}{
		{nil, rankRange{}},
		{[]float32{0, 0}, rankRange{}},
		{[]float32{2, 2, 0}, rankRange{0, 2}},
		{[]float32{0, 0, -1}, rankRange{2, 3}},
		{[]float32{0, nan, 0, 1, 0}, rankRange{1, 4}},
	} {
		if got := nonZero(tt.gates); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.gates, got, tt.want)
		}
	}
	for _, tt := range [][3]rankRange{{{}, {2, 3}, {2, 3}}, {{2, 3}, {}, {2, 3}}, {{0, 1}, {3, 4}, {0, 4}}, {{}, {}, {}}} {
		if got := tt[0].with(tt[1]); got != tt[2] {
			t.Errorf("%v with %v: %v, want %v", tt[0], tt[1], got, tt[2])
		}
	}
}
