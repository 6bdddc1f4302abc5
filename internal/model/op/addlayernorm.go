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
	nodes := G.Nodes{a, b, batch.Layout}
	if d.P > 0 {
		o.in, o.diff, nodes = append(o.in, counter), append(o.diff, false), append(nodes, batch.Random)
		o.dropped = make([]float32, o.rows()*o.cols())
	}
	return apply(o, nodes...)
}

type addLayerNorm struct {
	spec
	per     Rows
	n       Norm
	d       Drop
	dropped []float32 // dropout(b); nil without dropout. Kept for the backward pass
}

var _ G.SDOp = &addLayerNorm{}

// Do computes the sum and normalises it.
func (o *addLayerNorm) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	a, b, rows, cols := v[0], v[1], o.per.count(l), o.cols()
	if o.dropped != nil {
		r, err := randomOf(in[3])
		if err != nil {
			return nil, err
		}
		dropping := o.clock.Start()
		drop(o.dropped, b, rows, cols, o.d.at(r))
		o.clock.Stop("dropout", dropping)
		b = o.dropped
	}
	kernel.Parallel(rows, 16, func(lo, hi int) {
		kernel.AddLayerNorm(o.data[lo*cols:], a[lo*cols:], b[lo*cols:], o.n.Gamma, o.n.Beta, hi-lo, cols, o.n.Eps)
	})
	return o.out, nil
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
	if o.diff[1] {
		grads[1] = ds
		if o.d.P > 0 {
			grads[1], err = Dropout(&Inputs{Layout: in[2], Random: in[3]}, o.name+".backward", ds, o.per, o.d, false)
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
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[3])
	if err != nil {
		return nil, err
	}
	f, cols := o.forward, o.cols()
	dy, a, b := v[0], v[1], v[2]
	if f.dropped != nil {
		b = f.dropped
	}
	kernel.Parallel(f.per.count(l), 16, func(lo, hi int) {
		kernel.AddLayerNormBackward(o.data[lo*cols:], dy[lo*cols:], a[lo*cols:], b[lo*cols:], f.n.Gamma, hi-lo, cols, f.n.Eps)
	})
	return o.out, nil
}
