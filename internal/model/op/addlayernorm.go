package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
)

// Norm is a frozen layer normalisation: scale and shift (cols), and ε.
type Norm struct {
	Gamma, Beta []float32
	Eps         float32
}

// AddLayerNorm is LN(a + dropout(b)), a row at a time: a is the residual, b the branch.
// trained says for a and b whether anything below them is.
func AddLayerNorm(batch *Inputs, name string, a, b *G.Node, per Rows, n Norm, d Drop, trained [2]bool) (*G.Node, error) {
	if err := want("layernorm "+name, a, len(n.Gamma)); err != nil {
		return nil, err
	}
	if !a.Shape().Eq(b.Shape()) || len(n.Beta) != len(n.Gamma) {
		return nil, fmt.Errorf("layernorm %s: %v + %v, scale %d, shift %d", name, a.Shape(), b.Shape(), len(n.Gamma), len(n.Beta))
	}
	o := &addLayerNorm{spec: newSpec(batch.place(), "addlayernorm", name, a.Shape()[0], a.Shape()[1], matrix, matrix, offsets), per: per, n: n, d: d}
	o.more = fmt.Sprintf("per=%d eps=%v p=%v site=%d", per, n.Eps, d.P, d.Site)
	o.diff = []bool{trained[0], trained[1], false}
	if batch.Residual.joins(a) && trained[0] {
		o.residual, o.diff[0] = batch.Residual, false
	}
	nodes := G.Nodes{a, b, batch.Layout}
	if d.P > 0 {
		o.in, o.diff, nodes = append(o.in, counter), append(o.diff, false), append(nodes, batch.Random)
	}
	return apply(o, nodes...)
}

type addLayerNorm struct {
	spec
	per  Rows
	n    Norm
	d    Drop
	mask kernel.Dropout // of this run; the backward pass makes it anew

	residual *Residual // takes the gradient of a to where it is added
}

var _ G.SDOp = &addLayerNorm{}

// Do computes the sum and normalises it.
func (o *addLayerNorm) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	if o.d.P > 0 {
		r, err := randomOf(in[3])
		if err != nil {
			return nil, err
		}
		o.mask = o.d.at(r)
	}
	if o.body == nil {
		o.body = o.normalise
	}
	o.machine.Parallel(o.per.count(l), 16, o.body)
	return o.out, nil
}

// normalise computes the rows [lo, hi).
func (o *addLayerNorm) normalise(lo, hi int) {
	for cols := o.cols(); lo < hi; lo++ {
		y := o.data[lo*cols : (lo+1)*cols]
		o.machine.AddLayerNorm(y, o.v[0][lo*cols:], o.branch(y, o.v[1], lo), o.n.Gamma, o.n.Beta, 1, cols, o.n.Eps)
	}
}

// branch is a row of dropout(b). With dropout it is made in the row of the result, and
// overwritten there: cheaper than memory for all rows that the backward pass reads again.
func (o *addLayerNorm) branch(y, b []float32, row int) []float32 {
	at := row * len(y)
	b = b[at : at+len(y)]
	if o.d.P == 0 {
		return b
	}
	o.machine.Dropout(o.mask, y, b, uint64(at))
	return y
}

// SymDiff: with s = a + dropout(b), ds follows from the normalisation; da = ds and db is
// ds through the same mask.
func (o *addLayerNorm) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	b := &addLayerNormBackward{spec: newSpec(o.gradient(), "addlayernorm.backward", o.name, o.rows(), o.cols(), matrix, matrix, matrix, offsets), forward: o}
	b.more = o.more
	ds, err := apply(b, dy, in[0], in[1], in[2])
	if err != nil {
		return nil, err
	}
	if o.diff[0] {
		grads[0] = ds
	}
	if o.residual != nil {
		o.residual.ds = ds
	}
	if o.diff[1] {
		grads[1] = ds
		if o.d.P > 0 {
			grads[1], err = Dropout(o.inputs(in[2], in[3]), o.name+".backward", ds, o.per, o.d, false)
		}
	}
	return grads, err
}

type addLayerNormBackward struct {
	spec
	notDifferentiable
	forward *addLayerNorm
}

func (o *addLayerNormBackward) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[3])
	if err != nil {
		return nil, err
	}
	if o.body == nil {
		o.body = o.gradients
	}
	o.machine.Parallel(o.forward.per.count(l), 16, o.body)
	return o.out, nil
}

// gradients computes the rows [lo, hi).
func (o *addLayerNormBackward) gradients(lo, hi int) {
	f := o.forward
	for cols := o.cols(); lo < hi; lo++ {
		ds := o.data[lo*cols : (lo+1)*cols]
		o.machine.AddLayerNormBackward(ds, o.v[0][lo*cols:], o.v[1][lo*cols:], f.branch(ds, o.v[2], lo), f.n.Gamma, 1, cols, f.n.Eps)
	}
}
