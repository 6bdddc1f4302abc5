package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
)

// Frozen is a projection that is not trained: the packed weight (Out, In) and its bias
// (Out). It is no graph input: Gorgonia would compile a gradient for it.
type Frozen struct {
	W    *kernel.Frozen
	Bias []float32
}

// Linear is y = W x + b for every row of x (capacity, In). trained says whether anything
// below x is: if not, no gradient for x is built.
func Linear(b *Inputs, name string, x *G.Node, per Rows, w Frozen, trained bool) (*G.Node, error) {
	if err := want("linear "+name, x, w.W.In); err != nil {
		return nil, err
	}
	o := &linear{spec: newSpec(b.place(), "linear", name, x.Shape()[0], w.W.Out, matrix, offsets), per: per, w: w}
	o.more = fmt.Sprintf("in=%d per=%d", w.W.In, per)
	o.diff = []bool{trained, false}
	if b.Residual.joins(x) {
		o.residual = b.Residual
	}
	nodes := G.Nodes{x, b.Layout}
	o.copied = b.copied(&o.spec, &nodes)
	return apply(o, nodes...)
}

type linear struct {
	spec
	copied
	per      Rows
	w        Frozen
	residual *Residual
}

var _ G.SDOp = &linear{}

// Do computes the product and adds the bias.
func (o *linear) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	rows := o.per.count(l)
	distinct, err := o.copied.rows(in, rows)
	if err != nil {
		return nil, err
	}
	o.w.W.Forward(o.data, o.w.W.Out, v[0], o.w.W.In, distinct, o.w.Bias)
	spread(o.machine, o.data, distinct, rows, o.w.W.Out)
	return o.out, nil
}

// SymDiff: dx = dy · W.
func (o *linear) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	if !o.diff[0] {
		return grads, nil
	}
	b := &linearBackward{spec: newSpec(o.gradient(), "linear.backward", o.name, in[0].Shape()[0], o.w.W.In, matrix, offsets), per: o.per, w: o.w}
	b.more = o.more
	past := o.residual.gradient()
	if past != nil {
		b.in = append(b.in, matrix)
	}
	var err error
	grads[0], err = apply(b, append(G.Nodes{dy, in[1]}, past...)...)
	return grads, err
}

type linearBackward struct {
	spec
	notDifferentiable
	past
	per Rows
	w   Frozen
}

// Do computes dy · W, added to the gradient past the sublayer if there is one.
func (o *linearBackward) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	w, rows := o.w.W, o.per.count(l)
	w.Backward(o.data, w.In, v[0], w.Out, rows, o.begin(o.machine, o.data, v[2:], rows, w.In))
	return o.out, nil
}
