package op_test

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/model/op/optest"
)

// A batch of three sequences, 1, 4 and 3 tokens, in a capacity of ten rows and five
// sequences: what lies beyond must not matter.
const (
	rows      = 10
	sequences = 5
	tokens    = 8
	used      = 3
)

func layout() optest.Input {
	return optest.Input{Name: "layout", Shape: tensor.Shape{sequences + 2}, Fixed: []int32{used, 0, 1, 5, 8, 0, 0}}
}

func random(step int64) optest.Input {
	return optest.Input{Name: "random", Shape: tensor.Shape{2}, Fixed: []int64{7, step}}
}

func matrix(name string, rows, cols int) optest.Input {
	return optest.Input{Name: name, Shape: tensor.Shape{rows, cols}, Grad: true}
}

// fixed is a matrix without a gradient.
func fixed(name string, rows, cols int) optest.Input {
	in := matrix(name, rows, cols)
	in.Grad = false
	return in
}

func ramp(n int, scale float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = (float32((i*37)%23)/11 - 1) * scale
	}
	return v
}

func frozen(mc *kernel.Machine, out, in int) op.Frozen {
	return op.Frozen{W: mc.Pack(kernel.Float32, ramp(out*in, 0.5), out, in), Bias: ramp(out, 1)}
}

const tolerance = 2e-3 // central differences in float32

func TestLinearGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	w := frozen(mc, 5, 6)
	optest.Check(t, []optest.Input{matrix("x", rows, 6), layout()}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.Linear(&op.Inputs{Machine: mc, Layout: in[1]}, "l", in[0], op.Tokens, w, true)
	})
	optest.Check(t, []optest.Input{matrix("x", sequences, 6), layout()}, used, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.Linear(&op.Inputs{Machine: mc, Layout: in[1]}, "l", in[0], op.Sequences, w, true)
	})
}

// function is an activation by its name.
func function(t *testing.T, name string) kernel.Activation {
	t.Helper()
	f, ok := kernel.ParseActivation(name)
	if !ok {
		t.Fatalf("no function %q", name)
	}
	return f
}

func TestActivationGradients(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	for _, name := range kernel.Activations() {
		optest.Check(t, []optest.Input{matrix("x", rows, 6), layout()}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
			return op.Activate(&op.Inputs{Machine: mc, Layout: in[1]}, function(t, name), "g", in[0], op.Tokens, true)
		})
	}
}

func TestAddLayerNormGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	n := op.Norm{Gamma: ramp(6, 2), Beta: ramp(6, 1), Eps: 1e-5}
	for _, p := range []float64{0, 0.3} {
		optest.Check(t, []optest.Input{matrix("a", rows, 6), matrix("b", rows, 6), layout(), random(3)}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
			return op.AddLayerNorm(&op.Inputs{Machine: mc, Layout: in[2], Random: in[3]}, "n", in[0], in[1], op.Tokens, n, op.Drop{P: p, Site: 4}, [2]bool{true, true})
		})
	}
}

// The gradient past a sublayer is added in the gradient of its first projection.
func TestResidualGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	n := op.Norm{Gamma: ramp(6, 2), Beta: ramp(6, 1), Eps: 1e-5}
	w := frozen(mc, 6, 6)
	optest.Check(t, []optest.Input{matrix("x", rows, 6), layout()}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
		b := &op.Inputs{Machine: mc, Layout: in[1], Residual: &op.Residual{Of: in[0]}}
		y, err := op.Linear(b, "l", in[0], op.Tokens, w, true)
		if err != nil {
			return nil, err
		}
		return op.AddLayerNorm(b, "n", in[0], y, op.Tokens, n, op.Drop{}, [2]bool{true, true})
	})
	optest.Check(t, []optest.Input{matrix("x", rows, 6), layout(), fixed("gates", sequences, 3), matrix("A", 3, 6), matrix("B", 6, 3)}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
		b := &op.Inputs{Machine: mc, Layout: in[1], Gates: in[2], Residual: &op.Residual{Of: in[0]}}
		y, err := op.LowRank(b, "l", in[0], op.Tokens, w, []op.Pair{{A: in[3], B: in[4], Out: 6}}, true)
		if err != nil {
			return nil, err
		}
		return op.AddLayerNorm(b, "n", in[0], y, op.Tokens, n, op.Drop{}, [2]bool{true, true})
	})
}

func TestDenseGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	bias := optest.Input{Name: "bias", Shape: tensor.Shape{5}, Grad: true}
	optest.Check(t, []optest.Input{matrix("x", sequences, 6), matrix("w", 5, 6), bias, layout()}, used, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.Dense(&op.Inputs{Machine: mc, Layout: in[3]}, "d", in[0], in[1], in[2], true)
	})
}

func TestPoolGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	optest.Check(t, []optest.Input{matrix("x", rows, 4), layout()}, used, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.Pool(&op.Inputs{Machine: mc, Layout: in[1]}, "p", in[0], sequences, true)
	})
}

func TestTrimGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	optest.Check(t, []optest.Input{matrix("x", sequences, 4), layout()}, sequences, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.Trim(&op.Inputs{Machine: mc, Layout: in[1]}, "t", in[0], true)
	})
}

func TestDropoutGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	optest.Check(t, []optest.Input{matrix("x", rows, 6), layout(), random(2)}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
		return op.Dropout(&op.Inputs{Machine: mc, Layout: in[1], Random: in[2]}, "d", in[0], op.Tokens, op.Drop{P: 0.4, Site: 9}, true)
	})
}

func TestAttentionGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	for _, p := range []float64{0, 0.3} {
		h := op.Heads{Count: 2, Size: 3, Drop: op.Drop{P: p, Site: 2}}
		optest.Check(t, []optest.Input{matrix("qkv", rows, 18), layout(), random(5)}, tokens, tolerance, func(in G.Nodes) (*G.Node, error) {
			return op.Attention(&op.Inputs{Machine: mc, Layout: in[1], Random: in[2]}, "a", in[0], h, [3]bool{true, true, true})
		})
		optest.Check(t, []optest.Input{matrix("q", sequences, 6), matrix("kv", rows, 12), layout(), random(5)}, used, tolerance, func(in G.Nodes) (*G.Node, error) {
			return op.FirstAttention(&op.Inputs{Machine: mc, Layout: in[2], Random: in[3]}, "a", in[0], in[1], h, true, [2]bool{true, true})
		})
	}
}

// Sequences longer than a block of query rows: the gradients of keys and values add up
// over blocks.
func TestAttentionGradientOverBlocks(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	const n = 70
	l := optest.Input{Name: "layout", Shape: tensor.Shape{3}, Fixed: []int32{1, 0, n}}
	h := op.Heads{Count: 1, Size: 2}
	optest.Check(t, []optest.Input{matrix("qkv", n, 6), l}, n, 5e-3, func(in G.Nodes) (*G.Node, error) {
		return op.Attention(&op.Inputs{Machine: mc, Layout: in[1]}, "a", in[0], h, [3]bool{true, true, true})
	})
}

// lowRankInputs are x, layout, gates, learn and two pairs at rank 3.
func lowRankInputs(per op.Rows) []optest.Input {
	n := rows
	if per == op.Sequences {
		n = sequences
	}
	return []optest.Input{matrix("x", n, 6), layout(), fixed("gates", sequences, 6),
		matrix("A0", 3, 6), matrix("B0", 4, 3), matrix("A1", 3, 6), matrix("B1", 2, 3)}
}

func lowRank(mc *kernel.Machine, per op.Rows, trained bool) func(in G.Nodes) (*G.Node, error) {
	w := frozen(mc, 9, 6)
	return func(in G.Nodes) (*G.Node, error) {
		return op.LowRank(&op.Inputs{Machine: mc, Layout: in[1], Gates: in[2]}, "l", in[0], per, w, []op.Pair{
			{A: in[3], B: in[4], Module: 0, Column: 0, Out: 4}, {A: in[5], B: in[6], Module: 1, Column: 6, Out: 2}}, trained)
	}
}

func TestLowRankGradient(t *testing.T) {
	t.Parallel()
	mc := kerneltest.New(t)
	optest.Check(t, lowRankInputs(op.Tokens), tokens, tolerance, lowRank(mc, op.Tokens, true))
	optest.Check(t, lowRankInputs(op.Sequences), used, tolerance, lowRank(mc, op.Sequences, true))
}
