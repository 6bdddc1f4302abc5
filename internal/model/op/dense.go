package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Dense is y = x·Wᵀ + b with trained W (Out, In) and b (Out), for the first rows of x
// (capacity, In). Rows beyond the batch's sequences are zero, whatever x has there.
// trained says whether anything below x is.
//
// Gorgonia's own operations would transpose W, multiply in plain Go and compute the whole
// capacity: more time than all that a layer spends on attention.
func Dense(b *Inputs, name string, x, w, bias *G.Node, trained bool) (*G.Node, error) {
	if err := want("dense "+name, x, 0); err != nil {
		return nil, err
	}
	s, in := w.Shape(), x.Shape()[1]
	if s.Dims() != 2 || s[1] != in || bias.Shape().Dims() != 1 || bias.Shape()[0] != s[0] {
		return nil, fmt.Errorf("dense %s: weight %v and bias %v for %d columns", name, s, bias.Shape(), in)
	}
	o := &dense{spec: newSpec(b.place(), "dense", name, x.Shape()[0], s[0], matrix, matrix, vector, offsets), inputs: in}
	o.more = fmt.Sprintf("in=%d", in)
	o.diff = []bool{trained, true, true, false}
	return apply(o, x, w, bias, b.Layout)
}

type dense struct {
	spec
	inputs int
}

var _ G.SDOp = &dense{}

// Do splits the outputs over the threads: there are few rows.
func (o *dense) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[3])
	if err != nil {
		return nil, err
	}
	rows, n, k := l.Sequences(), o.cols(), o.inputs
	clear(o.data[rows*n:])
	if o.l = l; o.body == nil {
		o.body = func(lo, hi int) {
			rows, x, w, bias := o.l.Sequences(), o.v[0], o.v[1], o.v[2]
			for i := range rows {
				copy(o.data[i*n+lo:i*n+hi], bias[lo:hi])
			}
			o.machine.MulNT(o.data[lo:], n, x, k, w[lo*k:], k, rows, hi-lo, k, 1, true)
		}
	}
	o.machine.Parallel(n, 16, o.body)
	return o.out, nil
}

// SymDiff: dx = dy·W, dW = dyᵀ·x, db = Σ dy, each in memory of its own: dW and db are read
// at the end of a run.
func (o *dense) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	outputs := o.cols()
	for i, g := range []struct {
		kind       string
		rows, cols int
		other      *G.Node
	}{{"x", o.rows(), o.inputs, in[1]}, {"weight", outputs, o.inputs, in[0]}, {"bias", 1, outputs, in[0]}} {
		if !o.diff[i] {
			continue
		}
		b := &denseBackward{spec: newSpec(o.leaf(), "dense.backward."+g.kind, o.name, g.rows, g.cols, matrix, matrix, offsets), forward: o, of: i}
		b.more = o.more
		var err error
		if grads[i], err = apply(b, dy, g.other, in[3]); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// denseBackward is the gradient of one input: x, weight or bias.
type denseBackward struct {
	spec
	notDifferentiable
	forward *dense
	of      int
}

func (o *denseBackward) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	rows, n, k := l.Sequences(), o.forward.cols(), o.forward.inputs
	if o.l = l; o.body == nil {
		o.body = o.part
	}
	switch o.of {
	case 0:
		clear(o.data[rows*k:])
		o.machine.Parallel((k+31)/32, 1, o.body)
	case 1:
		o.machine.Parallel(n, 16, o.body)
	default:
		clear(o.data)
		for i := range rows {
			o.machine.AddScaled(o.data, v[0][i*n:(i+1)*n], 1)
		}
	}
	return o.out, nil
}

// part computes the 32 · [lo, hi) columns of dx, or the rows [lo, hi) of dW.
func (o *denseBackward) part(lo, hi int) {
	rows, n, k := o.l.Sequences(), o.forward.cols(), o.forward.inputs
	dy, other := o.v[0], o.v[1]
	if o.of == 0 {
		lo, hi = 32*lo, min(32*hi, k)
		o.machine.MulNN(o.data[lo:], k, dy, n, other[lo:], k, rows, hi-lo, n, 1, false)
		return
	}
	o.machine.MulTN(o.data[lo*k:], k, dy[lo:], n, other, k, hi-lo, k, rows, 1, false)
}
