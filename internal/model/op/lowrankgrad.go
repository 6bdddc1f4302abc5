package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// SymDiff, with dy the gradient of y, and for each pair z = Bᵀ dy (its columns of dy):
//
//	dA = Σ_rows (gradientGates ⊙ z) xᵀ    dB = Σ_rows dy (gradientGates ⊙ A x)ᵀ
//	dx = Wᵀ dy + Σ_pairs Aᵀ (g ⊙ z)
func (o *lowRank) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	x, layout, gates, gradientGates := in[0], in[1], in[2], in[3]
	grads := make(G.Nodes, len(in))
	var zs G.Nodes
	for i, t := range o.terms.terms {
		a, b := in[4+2*i], in[5+2*i]
		name := fmt.Sprintf("%s#%d", o.name, i)
		z, err := apply(&lowRankZ{spec: o.derived(o.gradient(), "lowrank.z", name, x.Shape()[0], t.rank, 1), terms: o.terms, t: t}, dy, layout)
		if err != nil {
			return nil, err
		}
		zs = append(zs, z)
		if grads[4+2*i], err = apply(newGradA(o, name, t, x, a), z, layout, gradientGates, x); err != nil {
			return nil, err
		}
		if grads[5+2*i], err = apply(newGradB(o, name, t, x, b), dy, layout, gradientGates); err != nil {
			return nil, err
		}
	}
	if !o.diff[0] {
		return grads, nil
	}
	s := o.derived(o.gradient(), "lowrank.backward", o.name, x.Shape()[0], o.w.W.In, 1)
	s.in = append(s.in, matrix)
	nodes := G.Nodes{dy, layout, gates}
	for i := range o.terms.terms {
		s.in = append(s.in, matrix, matrix)
		nodes = append(nodes, zs[i], in[4+2*i])
	}
	// dA and dB are inputs for the order alone: they must have read dy and z before layers
	// below take that memory again.
	for i := range o.terms.terms {
		s.in = append(s.in, matrix, matrix)
		nodes = append(nodes, grads[4+2*i], grads[5+2*i])
	}
	if past := o.residual.gradient(); past != nil {
		s.in, nodes = append(s.in, matrix), append(nodes, past...)
	}
	var err error
	grads[0], err = apply(&lowRankBackward{spec: s, terms: o.terms}, nodes...)
	return grads, err
}

// derived is the spec of a gradient operation over (matrix, layout) with matrices more.
func (o *lowRank) derived(p place, kind, name string, rows, cols, matrices int) spec {
	s := newSpec(p, kind, name, rows, cols, matrix, offsets)
	for range matrices - 1 {
		s.in = append(s.in, matrix)
	}
	s.more = o.more
	return s
}

// lowRankZ is z = Bᵀ dy over a pair's columns, (capacity, R), for the ranks that the run uses.
type lowRankZ struct {
	spec
	notDifferentiable
	*terms
	t *term
}

func (o *lowRankZ) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	t, out := o.t, o.w.W.Out
	if o.body == nil {
		o.body = func(lo, hi int) {
			o.machine.MulNT(o.data[lo*t.rank+t.run.from:], t.rank, o.v[0][lo*out+t.Column:], out, t.bt[t.run.from*t.Out:], t.Out, hi-lo, t.run.count(), t.Out, 1, false)
		}
	}
	if t.run.count() > 0 {
		o.machine.Parallel(o.per.count(l), 16, o.body)
	}
	return o.out, nil
}

// gradA is dA (R, In), split over columns so that every sum over rows stays whole and
// the result does not depend on the number of threads.
type gradA struct {
	spec
	notDifferentiable
	*terms
	t     *term
	gated []float32
	used  rankRange // by the gradient gates of the run at hand
}

func newGradA(o *lowRank, name string, t *term, x, a *G.Node) *gradA {
	s := o.derived(o.leaf(), "lowrank.dA", name, a.Shape()[0], a.Shape()[1], 3)
	return &gradA{spec: s, terms: o.terms, t: t, gated: make([]float32, x.Shape()[0]*t.rank)}
}

func (o *gradA) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	r, n, rows := o.t.rank, o.w.W.In, o.per.count(l)
	o.used = o.t.gate(o.gated, v[0], v[2], o.width, o.per, l, 0, rows)
	clear(o.data[:o.used.from*n])
	clear(o.data[o.used.to*n:])
	if o.l = l; o.body == nil {
		o.body = func(lo, hi int) {
			u := o.used
			o.machine.MulTN(o.data[u.from*n+lo:], n, o.gated[u.from:], r, o.v[3][lo:], n, u.count(), hi-lo, o.per.count(o.l), 1, false)
		}
	}
	if o.used.count() > 0 {
		o.machine.Parallel(n, 64, o.body)
	}
	return o.out, nil
}

// gradB is dB (Out, R), computed as its transpose.
type gradB struct {
	spec
	notDifferentiable
	*terms
	t      *term
	gated  []float32
	across []float32 // (R, Out)
	used   rankRange // by the gradient gates of the run at hand
}

func newGradB(o *lowRank, name string, t *term, x, b *G.Node) *gradB {
	s := o.derived(o.leaf(), "lowrank.dB", name, b.Shape()[0], b.Shape()[1], 2)
	return &gradB{spec: s, terms: o.terms, t: t, gated: make([]float32, x.Shape()[0]*t.rank), across: make([]float32, t.rank*t.Out)}
}

func (o *gradB) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	t, out := o.t, o.w.W.Out
	o.used = t.gate(o.gated, t.h, v[2], o.width, o.per, l, 0, o.per.count(l))
	clear(o.across[:o.used.from*t.Out])
	clear(o.across[o.used.to*t.Out:])
	if o.l = l; o.body == nil {
		o.body = func(lo, hi int) {
			u := o.used
			o.machine.MulTN(o.across[u.from*t.Out+lo:], t.Out, o.gated[u.from:], t.rank, o.v[0][t.Column+lo:], out, u.count(), hi-lo, o.per.count(o.l), 1, false)
		}
	}
	if o.used.count() > 0 {
		o.machine.Parallel(t.Out, 64, o.body)
	}
	o.machine.Transpose(o.data, t.rank, o.across, t.Out, t.rank, t.Out)
	return o.out, nil
}

// lowRankBackward is dx (capacity, In).
type lowRankBackward struct {
	spec
	notDifferentiable
	past
	*terms
	at int // of the terms
}

func (o *lowRankBackward) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	w, rows := o.w.W, o.per.count(l)
	frozen := o.clock.Start(o.machine)
	w.Backward(o.data, w.In, v[0], w.Out, rows, o.begin(o.machine, o.data, v[3+4*len(o.terms.terms):], rows, w.In))
	o.clock.Stop("linear.backward", frozen)
	if o.l = l; o.body == nil {
		o.body = o.add
	}
	for o.at = range o.terms.terms {
		o.machine.Parallel(rows, 16, o.body)
	}
	return o.out, nil
}

// add adds the gradient through the term at hand to the rows [lo, hi).
func (o *lowRankBackward) add(lo, hi int) {
	t, n, z, a := o.terms.terms[o.at], o.w.W.In, o.v[3+2*o.at], o.v[4+2*o.at]
	u := t.gate(t.gated, z, o.v[2], o.width, o.per, o.l, lo, hi)
	t.multiply(o.machine, o.data[lo*n:], n, lo, hi, a, n, u)
}
