package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// GELU is x·Φ(x) by the error function, as RoBERTa's "gelu" (not its tanh form).
func GELU(b *Inputs, name string, x *G.Node, per Rows, trained bool) (*G.Node, error) {
	if err := want("gelu "+name, x, 0); err != nil {
		return nil, err
	}
	o := &gelu{spec: newSpec(b.place(), "gelu", name, x.Shape()[0], x.Shape()[1], matrix, offsets), per: per}
	o.more = fmt.Sprintf("per=%d", per)
	o.diff = []bool{trained, false}
	return apply(o, x, b.Layout)
}

type gelu struct {
	spec
	per Rows
}

var _ G.SDOp = &gelu{}

// Do computes the activation.
func (o *gelu) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	if o.body == nil {
		o.body = func(lo, hi int) { o.machine.GELU(o.data[lo:hi], o.v[0][lo:hi]) }
	}
	o.machine.Parallel(o.per.count(l)*o.cols(), 4096, o.body)
	return o.out, nil
}

// SymDiff: dx = dy ⊙ (Φ(x) + x·φ(x)).
func (o *gelu) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	if !o.diff[0] {
		return make(G.Nodes, 2), nil
	}
	b := &geluBackward{spec: newSpec(o.gradient(), "gelu.backward", o.name, o.rows(), o.cols(), matrix, matrix, offsets), per: o.per}
	b.more = o.more
	dx, err := apply(b, dy, in[0], in[1])
	return G.Nodes{dx, nil}, err
}

type geluBackward struct {
	spec
	notDifferentiable
	per Rows
}

func (o *geluBackward) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	if o.body == nil {
		o.body = func(lo, hi int) { o.machine.GELUBackward(o.data[lo:hi], o.v[0][lo:hi], o.v[1][lo:hi]) }
	}
	o.machine.Parallel(o.per.count(l)*o.cols(), 4096, o.body)
	return o.out, nil
}
