package op_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/op"
)

// graph is a graph over plain inputs, for tests that run operations forwards.
type graph struct {
	*G.ExprGraph
	in op.Inputs
}

func newGraph(t *testing.T, layout []int32, seedStep []int64) *graph {
	t.Helper()
	g := &graph{ExprGraph: G.NewGraph()}
	g.in.Machine = kerneltest.New(t)
	g.in.Layout = g.input("layout", layout, len(layout))
	g.in.Random = g.input("random", seedStep, 2)
	return g
}

func (g *graph) input(name string, backing any, shape ...int) *G.Node {
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
	return G.NewTensor(g.ExprGraph, v.Dtype(), len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(v))
}

func (g *graph) run(t *testing.T) {
	t.Helper()
	m := G.NewTapeMachine(g.ExprGraph)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// The equation itself, with a gate of its own for each sequence and module.
func TestLowRankIsTheEquation(t *testing.T) {
	t.Parallel()
	g := newGraph(t, []int32{used, 0, 1, 5, 8, 0, 0}, []int64{0, 0})
	x, gates, a, b := ramp(rows*6, 1), ramp(sequences*3, 2), ramp(3*6, 1), ramp(4*3, 1)
	g.in.Gates = g.input("gates", gates, sequences, 3)
	w := frozen(g.in.Machine, 4, 6)
	y, err := op.LowRank(&g.in, "l", g.input("x", x, rows, 6), op.Tokens, w,
		[]op.Pair{{A: g.input("A", a, 3, 6), B: g.input("B", b, 4, 3), Out: 4}}, false)
	if err != nil {
		t.Fatal(err)
	}
	g.run(t)
	got, weight := y.Value().Data().([]float32), w.W.Unpack()
	sequenceOf := []int{0, 1, 1, 1, 1, 2, 2, 2}
	for row, s := range sequenceOf {
		for o := range 4 {
			want := float64(w.Bias[o])
			for i := range 6 {
				want += float64(weight[o*6+i]) * float64(x[row*6+i])
			}
			for r := range 3 {
				h := 0.0
				for i := range 6 {
					h += float64(a[r*6+i]) * float64(x[row*6+i])
				}
				want += float64(b[o*3+r]) * float64(gates[s*3+r]) * h
			}
			if d := math.Abs(float64(got[row*4+o]) - want); d > 1e-5 {
				t.Fatalf("row %d, output %d: %v, want %v", row, o, got[row*4+o], want)
			}
		}
	}
}

// Gorgonia merges nodes whose operations hash alike; any field that changes the result
// must show in the hash.
func TestHashesTellOperationsApart(t *testing.T) {
	t.Parallel()
	g := newGraph(t, []int32{1, 0, 2, 0}, []int64{1, 1})
	x, q := g.input("x", ramp(12*6, 1), 12, 6), g.input("q", ramp(2*2, 1), 2, 2)
	n := op.Norm{Gamma: ramp(6, 1), Beta: ramp(6, 1), Eps: 1e-5}
	n2 := n
	n2.Eps = 1e-6
	heads := func(c int, p float64) op.Heads { return op.Heads{Count: c, Size: 2 / c, Drop: op.Drop{P: p}} }
	kv := g.input("kv", ramp(12*4, 1), 12, 4)
	var nodes []*G.Node
	add := func(n *G.Node, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, n)
	}
	add(op.Linear(&g.in, "a", x, op.Tokens, frozen(g.in.Machine, 6, 6), false))
	add(op.Linear(&g.in, "b", x, op.Tokens, frozen(g.in.Machine, 6, 6), false))
	add(op.Linear(&g.in, "a", x, op.Sequences, frozen(g.in.Machine, 6, 6), false))
	add(op.Activate(&g.in, kernel.GELU, "a", x, op.Tokens, false))
	add(op.Activate(&g.in, kernel.GELU, "a", x, op.Sequences, false))
	add(op.Activate(&g.in, function(t, "gelu_new"), "a", x, op.Sequences, false))
	add(op.Activate(&g.in, function(t, "silu"), "a", x, op.Sequences, false))
	add(op.Dropout(&g.in, "a", x, op.Tokens, op.Drop{P: 0.1, Site: 1}, false))
	add(op.Dropout(&g.in, "a", x, op.Tokens, op.Drop{P: 0.2, Site: 1}, false))
	add(op.Dropout(&g.in, "a", x, op.Tokens, op.Drop{P: 0.1, Site: 2}, false))
	add(op.AddLayerNorm(&g.in, "a", x, x, op.Tokens, n, op.Drop{}, [2]bool{}))
	add(op.AddLayerNorm(&g.in, "a", x, x, op.Tokens, n2, op.Drop{}, [2]bool{}))
	add(op.AddLayerNorm(&g.in, "a", x, x, op.Tokens, n, op.Drop{P: 0.1}, [2]bool{}))
	add(op.Attention(&g.in, "a", x, heads(1, 0), [3]bool{}))
	add(op.Attention(&g.in, "a", x, heads(2, 0), [3]bool{}))
	biased := heads(1, 0)
	biased.Bias = op.NewRelativeBias(biased, 4, func(int, int) float32 { return 1 })
	add(op.Attention(&g.in, "a", x, biased, [3]bool{}))
	add(op.FirstAttention(&g.in, "a", q, kv, biased, false, [2]bool{}))
	add(op.FirstAttention(&g.in, "a", q, kv, heads(1, 0), false, [2]bool{}))
	add(op.FirstAttention(&g.in, "a", q, kv, heads(2, 0), false, [2]bool{}))
	add(op.Pool(&g.in, "a", x, 2, false))
	add(op.Trim(&g.in, "a", x, false))
	g.in.Ranks = g.input("ranks", make([]int32, 12), 12)
	w, bias := g.input("w", ramp(6*6, 1), 6, 6), func(ranks int) *G.Node { return g.input(fmt.Sprint("bias", ranks), ramp(6, 1), ranks, 6/ranks) }
	add(op.RankedDense(&g.in, "a", x, w, bias(2), false))
	add(op.RankedDense(&g.in, "a", x, w, bias(3), false))
	for i, n := range nodes {
		if j := slices.Index(nodes, n); j != i {
			t.Errorf("operations %d and %d became one node: %v", j, i, n)
		}
	}
}

func TestShapeErrors(t *testing.T) {
	t.Parallel()
	g := newGraph(t, []int32{1, 0, 2, 0}, []int64{1, 1})
	x := g.input("x", ramp(12*6, 1), 12, 6)
	g.in.Gates = g.input("gates", ramp(2*3, 1), 2, 3)
	a, b := g.input("A", ramp(3*6, 1), 3, 6), g.input("B", ramp(4*3, 1), 4, 3)
	for name, build := range map[string]func() (*G.Node, error){
		"linear":    func() (*G.Node, error) { return op.Linear(&g.in, "n", x, op.Tokens, frozen(g.in.Machine, 4, 5), false) },
		"attention": func() (*G.Node, error) { return op.Attention(&g.in, "n", x, op.Heads{Count: 2, Size: 2}, [3]bool{}) },
		"first": func() (*G.Node, error) {
			return op.FirstAttention(&g.in, "n", x, x, op.Heads{Count: 2, Size: 3}, false, [2]bool{})
		},
		"norm": func() (*G.Node, error) {
			return op.AddLayerNorm(&g.in, "n", x, x, op.Tokens, op.Norm{Gamma: ramp(5, 1), Beta: ramp(5, 1)}, op.Drop{}, [2]bool{})
		},
		"pair too wide": func() (*G.Node, error) {
			return op.LowRank(&g.in, "n", x, op.Tokens, frozen(g.in.Machine, 4, 6), []op.Pair{{A: a, B: b, Column: 1, Out: 4}}, false)
		},
		"no such gate": func() (*G.Node, error) {
			return op.LowRank(&g.in, "n", x, op.Tokens, frozen(g.in.Machine, 4, 6), []op.Pair{{A: a, B: b, Module: 1, Out: 4}}, false)
		},
		"dense": func() (*G.Node, error) { return op.Dense(&g.in, "n", x, a, g.input("bias", ramp(4, 1), 4), false) },
		"A and B swapped": func() (*G.Node, error) {
			return op.LowRank(&g.in, "n", x, op.Tokens, frozen(g.in.Machine, 4, 6), []op.Pair{{A: b, B: a, Out: 4}}, false)
		},
	} {
		if _, err := build(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	l := make(op.Layout, 5)
	for _, tt := range []struct {
		offsets []int32
		want    string
	}{
		{[]int32{0, 2, 5}, ""}, {[]int32{0}, "0 sequences"}, {[]int32{0, 1, 2, 3, 4}, "capacity 3"},
		{[]int32{1, 2}, "offset 1"}, {[]int32{0, 2, 2}, "offset 2"}, {[]int32{0, 11}, "offset 11"},
	} {
		err := l.Set(tt.offsets, 10)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("Set(%v) = %v, want %q", tt.offsets, err, tt.want)
		}
	}
}

// The mask depends on seed and step alone, and is a new one each step.
func TestDropoutMasks(t *testing.T) {
	t.Parallel()
	run := func(seedStep ...int64) []float32 {
		g := newGraph(t, []int32{1, 0, 12, 0}, seedStep)
		y, err := op.Dropout(&g.in, "d", g.input("x", ramp(12*6, 1), 12, 6), op.Tokens, op.Drop{P: 0.5, Site: 1}, false)
		if err != nil {
			t.Fatal(err)
		}
		g.run(t)
		return y.Value().Data().([]float32)
	}
	first := run(1, 1)
	if !slices.Equal(first, run(1, 1)) {
		t.Error("the same seed and step gave another mask")
	}
	if slices.Equal(first, run(1, 2)) || slices.Equal(first, run(2, 1)) {
		t.Error("another seed or step gave the same mask")
	}
}
