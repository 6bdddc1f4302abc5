// Package op holds the Gorgonia operations that RoBERTa and its adapters are made of,
// over packed batches: the sequences of a batch lie end to end, a matrix row is a token,
// and a [Layout] says where each sequence begins. Matrices have a fixed capacity of rows,
// and an operation computes the first ones, as many as the layout has; the rest hold
// whatever they held before.
//
// Each operation owns the memory of its output, allocated once when the graph is built.
// Gorgonia's tape machine would allocate anew on every run, and a value read after a run
// may have been overwritten (gorgonia#576).
package op

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
)

var (
	matrix  hm.Type = G.TensorType{Dims: 2, Of: tensor.Float32}
	vector  hm.Type = G.TensorType{Dims: 1, Of: tensor.Float32}
	offsets hm.Type = G.TensorType{Dims: 1, Of: tensor.Int32}
	counter hm.Type = G.TensorType{Dims: 1, Of: tensor.Int64}
)

// Inputs are shared by all operations of a graph: the graph inputs that describe a batch, the
// machine that computes them, and where outputs lie.
type Inputs struct {
	Layout        *G.Node // int32: see [Layout]
	Random        *G.Node // int64: see [Random]; nil in a graph without dropout
	Gates         *G.Node // (sequences, modules·R), of several adapters one after the other: see [LowRank]; nil without an adapter
	GradientGates *G.Node // the same for the gradients of A and B; nil if nothing is trained
	Ranks         *G.Node // int32, of each sequence, from 1: see [RankedDense]; nil where no operation depends on it
	Heads         *G.Node // int32, of each sequence: see [DenseOf]; nil where there is one head
	LastLayers    *G.Node // int32, likewise, of the head's last layer
	Copies        *G.Node // int32, one number: the sequences are so many copies, equal so far; nil: rows may differ

	Machine *kernel.Machine // computes the operations; needed by all but Keep

	// Where outputs lie, see Memory for what has to hold; nil: each in memory of its own.
	Memory         *Memory // of forward outputs
	ScratchMemory  *Memory // of forward outputs that no gradient reads; nil: as Memory says
	GradientMemory *Memory // of gradients

	Work *Work // of adapters, in a graph without a backward pass; nil: each pair has memory of its own

	Layer int    // of the operations that are built next
	Clock *Clock // measures each operation; nil: nothing is measured

	Moments *Moments // gets those of each adapted projection; nil: nobody asks for them

	Residual *Residual // of the sublayer that is being built; nil: none
}

// place is what an operation gets from the graph it is built for.
type place struct {
	machine           *kernel.Machine
	memory, gradients *Memory // of its output, and of the gradients built from it
	layer             int
	clock             *Clock
}

func (b *Inputs) place() place {
	return place{b.Machine, b.Memory, b.GradientMemory, b.Layer, b.Clock}
}

// Scratch is b for an operation whose output is read by the next one alone, in the forward
// pass: a gradient that needs its operation's input must not be built of that one.
func (b *Inputs) Scratch() *Inputs {
	if b.ScratchMemory == nil {
		return b
	}
	s := *b
	s.Memory = b.ScratchMemory
	return &s
}

// spec is what all operations of this package share: identity, types and the output.
// An operation embeds it and adds Do and SymDiff.
type spec struct {
	kind string        // what it computes
	name string        // where: unique among the operations of this kind in a graph
	more string        // every field that changes the result, for the hash
	in   []hm.Type     // type of each input
	diff []bool        // which inputs are differentiable; nil: none
	out  *tensor.Dense // owned output, (rows, columns)
	data []float32     // out's backing

	machine   *kernel.Machine
	gradients *Memory // see place
	layer     int
	clock     *Clock

	// Of the run at hand, for body, which is made once: a step allocates nothing.
	v    [][]float32
	l    Layout
	body func(lo, hi int)
}

// gradient is the place of an operation's gradient.
func (s *spec) gradient() place { return place{s.machine, s.gradients, nil, s.layer, s.clock} }

// leaf is the place of a gradient that is read at the end of a run: its output is its own.
func (s *spec) leaf() place { return place{machine: s.machine, clock: s.clock} }

// inputs are those of an operation that is the gradient of this one.
func (s *spec) inputs(layout, random *G.Node) *Inputs {
	return &Inputs{Layout: layout, Random: random, Machine: s.machine, Memory: s.gradients, Layer: s.layer, Clock: s.clock}
}

// newSpec takes the output, (rows, cols), from the place's memory.
func newSpec(p place, kind, name string, rows, cols int, in ...hm.Type) spec {
	data := p.memory.take(p.layer, rows*cols)
	return spec{kind: kind, name: name, in: in, data: data, machine: p.machine, gradients: p.gradients, layer: p.layer, clock: p.clock,
		out: tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))}
}

func (s *spec) rows() int { return s.out.Shape()[0] }
func (s *spec) cols() int { return s.out.Shape()[1] }

// Kind is what the operation computes: "linear", "lowrank.backward", …
func (s *spec) Kind() string { return s.kind }

// Arity is the number of inputs.
func (s *spec) Arity() int { return len(s.in) }

// Type is the function type in → matrix.
func (s *spec) Type() hm.Type {
	types := append(append([]hm.Type{}, s.in...), matrix)
	return hm.NewFnType(types...)
}

// InferShape is the output's, which was fixed when the operation was made; the
// constructors have checked the inputs' shapes.
func (s *spec) InferShape(...G.DimSizer) (tensor.Shape, error) { return s.out.Shape().Clone(), nil }

// DiffWRT says which inputs a gradient flows to.
func (s *spec) DiffWRT(int) []bool {
	if s.diff == nil {
		return make([]bool, len(s.in))
	}
	return s.diff
}

// ReturnsPtr, CallsExtern and OverwritesInput tell the tape machine that the output is
// ours: nothing to pre-allocate, no input to reuse.
func (s *spec) ReturnsPtr() bool     { return true }
func (s *spec) CallsExtern() bool    { return false }
func (s *spec) OverwritesInput() int { return -1 }

// WriteHash names every field: Gorgonia merges nodes whose operations hash alike.
func (s *spec) WriteHash(h hash.Hash) { fmt.Fprint(h, s.String()) }

// Hashcode is the hash of String.
func (s *spec) Hashcode() uint32 {
	h := fnv.New32a()
	s.WriteHash(h)
	return h.Sum32()
}

// String is kind, name, output shape and fields.
func (s *spec) String() string {
	return fmt.Sprintf("%s{%s %v %s}", s.kind, s.name, s.out.Shape(), s.more)
}

// floats are the backing slices of the inputs that are matrices or vectors; nil for the
// others. They are valid until the next run.
func (s *spec) floats(in []G.Value) ([][]float32, error) {
	if len(in) != len(s.in) {
		return nil, fmt.Errorf("%s: want %d inputs, got %d", s, len(s.in), len(in))
	}
	if s.v == nil {
		s.v = make([][]float32, len(in))
	}
	for i, v := range in {
		if s.in[i] != matrix && s.in[i] != vector {
			continue
		}
		d, ok := v.(*tensor.Dense)
		if !ok || d.Dtype() != tensor.Float32 {
			return nil, fmt.Errorf("%s: input %d is %v, want float32", s, i, v.Dtype())
		}
		s.v[i] = d.Float32s() // not Data, which allocates
	}
	return s.v, nil
}

// notDifferentiable is the SymDiff of operations that are themselves gradients.
type notDifferentiable struct{}

// SymDiff always fails: second derivatives are not taken.
func (notDifferentiable) SymDiff(G.Nodes, *G.Node, *G.Node) (G.Nodes, error) {
	return nil, fmt.Errorf("op: no second derivatives")
}

// want checks that n is a matrix with the given number of columns; 0 allows any.
func want(what string, n *G.Node, cols int) error {
	s := n.Shape()
	if s.Dims() != 2 || cols > 0 && s[1] != cols {
		return fmt.Errorf("%s: want a (rows, %d) matrix, got %v", what, cols, s)
	}
	return nil
}
