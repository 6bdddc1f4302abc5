package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
)

// Activate is y = f(x), element by element, for the rows of x (capacity, cols) in use.
// trained says whether anything below x is.
func Activate(b *Inputs, f kernel.Activation, name string, x *G.Node, per Rows, trained bool) (*G.Node, error) {
	if err := want(f.String()+" "+name, x, 0); err != nil {
		return nil, err
	}
	o := &activation{spec: newSpec(b.place(), kindOf(f), name, x.Shape()[0], x.Shape()[1], matrix, offsets), f: f, per: per}
	o.more = fmt.Sprintf("f=%s per=%d", f, per)
	o.diff = []bool{trained, false}
	return apply(o, x, b.Layout)
}

// kindOf is the kind of an operation that computes f. GELU, which nearly all encoders have, is
// one of its own.
func kindOf(f kernel.Activation) string {
	if f == kernel.GELU {
		return "gelu"
	}
	return "activation"
}

type activation struct {
	spec
	f   kernel.Activation
	per Rows
}

var _ G.SDOp = &activation{}

// Do computes the activation.
func (o *activation) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	if o.body == nil {
		o.body = func(lo, hi int) { o.machine.Activate(o.f, o.data[lo:hi], o.v[0][lo:hi]) }
	}
	o.machine.Parallel(o.per.count(l)*o.cols(), 4096, o.body)
	return o.out, nil
}

// SymDiff: dx = dy ⊙ f'(x).
func (o *activation) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	if !o.diff[0] {
		return make(G.Nodes, 2), nil
	}
	b := &activationBackward{spec: newSpec(o.gradient(), o.kind+".backward", o.name, o.rows(), o.cols(), matrix, matrix, offsets), f: o.f, per: o.per}
	b.more = o.more
	dx, err := apply(b, dy, in[0], in[1])
	return G.Nodes{dx, nil}, err
}

type activationBackward struct {
	spec
	notDifferentiable
	f   kernel.Activation
	per Rows
}

func (o *activationBackward) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	if o.body == nil {
		o.body = func(lo, hi int) { o.machine.ActivateBackward(o.f, o.data[lo:hi], o.v[0][lo:hi], o.v[1][lo:hi]) }
	}
	o.machine.Parallel(o.per.count(l)*o.cols(), 4096, o.body)
	return o.out, nil
}
