package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Pool takes the first token of each sequence: (capacity, H) to (sequences, H).
func Pool(b *Inputs, name string, x *G.Node, sequences int, trained bool) (*G.Node, error) {
	if err := want("pool "+name, x, 0); err != nil {
		return nil, err
	}
	o := &pool{spec: newSpec(b.place(), "pool", name, sequences, x.Shape()[1], matrix, offsets), capacity: x.Shape()[0]}
	o.more = fmt.Sprintf("capacity=%d", o.capacity)
	o.diff = []bool{trained, false}
	return apply(o, x, b.Layout)
}

type pool struct {
	spec
	capacity int
}

var _ G.SDOp = &pool{}

// Do copies the first row of each sequence.
func (o *pool) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	cols := o.cols()
	for s := range l.Sequences() {
		lo, _ := l.Span(s)
		copy(o.data[s*cols:(s+1)*cols], v[0][lo*cols:])
	}
	return o.out, nil
}

// SymDiff: dy goes to the first rows, the others get zero.
func (o *pool) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	if !o.diff[0] {
		return make(G.Nodes, 2), nil
	}
	b := &poolBackward{spec: newSpec(o.gradient(), "pool.backward", o.name, o.capacity, o.cols(), matrix, offsets)}
	dx, err := apply(b, dy, in[1])
	return G.Nodes{dx, nil}, err
}

type poolBackward struct {
	spec
	notDifferentiable
}

func (o *poolBackward) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	cols := o.cols()
	clear(o.data[:l.Tokens()*cols])
	for s := range l.Sequences() {
		lo, _ := l.Span(s)
		copy(o.data[lo*cols:(lo+1)*cols], v[0][s*cols:])
	}
	return o.out, nil
}

// Trim sets the rows beyond the batch's sequences to zero. Gorgonia's own operations,
// which follow in the head, compute the whole capacity: without this, what an earlier
// batch left there would reach the head's gradients, even as zero times infinity.
func Trim(b *Inputs, name string, x *G.Node, trained bool) (*G.Node, error) {
	if err := want("trim "+name, x, 0); err != nil {
		return nil, err
	}
	o := &trim{spec: newSpec(b.place(), "trim", name, x.Shape()[0], x.Shape()[1], matrix, offsets)}
	o.diff = []bool{trained, false}
	return apply(o, x, b.Layout)
}

type trim struct{ spec }

var _ G.SDOp = &trim{}

// Do copies the rows in use and clears the others.
func (o *trim) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	n := copy(o.data[:l.Sequences()*o.cols()], v[0])
	clear(o.data[n:])
	return o.out, nil
}

// SymDiff: the same for dy.
func (o *trim) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	if !o.diff[0] {
		return make(G.Nodes, 2), nil
	}
	dx, err := Trim(o.inputs(in[1], nil), o.name+".backward", dy, false)
	return G.Nodes{dx, nil}, err
}
