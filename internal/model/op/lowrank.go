package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
)

// Pair is one adapted projection inside a frozen one, which may hold several side by
// side (query, key and value are one product).
type Pair struct {
	A, B   *G.Node // (R, In) and (Out, R)
	Module int     // which gate of its adapter: see First
	First  int     // column of the gates where those of the adapter begin, (modules·R) of them; 0 where there is one adapter
	Column int     // where its Out columns begin in the frozen projection's output
	Out    int
}

// LowRank is the layer that this project is about, for every row x and each pair:
//
//	y = W x + b + B · (g ⊙ (A x))
//
// g is the gate of the sequence that the row belongs to, and of the module. It alone
// says what the layer is: α/b for the first b entries and 0 beyond is DyLoRA at rank b,
// α/R everywhere is LoRA, 0 is the base model. The gradient gates act on the gradients of A and B
// alone: the same node as gates, or one that holds rows still (update mode frozen). Ranks that
// no gate of a batch uses are not computed, forwards or backwards (see rankRange).
//
// A projection may have pairs of several adapters, each with gates of its own: a sequence has that of the adapter it is
// computed with, and 0 for the others'.
func LowRank(b *Inputs, name string, x *G.Node, per Rows, w Frozen, pairs []Pair, trained bool) (*G.Node, error) {
	if err := want("lowrank "+name, x, w.W.In); err != nil {
		return nil, err
	}
	s := newSpec(b.place(), "lowrank", name, x.Shape()[0], w.W.Out, matrix, offsets, matrix, matrix)
	s.diff = []bool{trained, false, false, false}
	gradientGates := b.GradientGates
	if gradientGates == nil {
		gradientGates = b.Gates
	}
	nodes := G.Nodes{x, b.Layout, b.Gates, gradientGates}
	t := &terms{per: per, w: w, width: b.Gates.Shape()[1], moments: b.Moments, work: b.Work}
	for _, pair := range pairs {
		r := pair.A.Shape()[0]
		if a, c := pair.A.Shape(), pair.B.Shape(); a.Dims() != 2 || a[1] != w.W.In || c.Dims() != 2 || c[0] != pair.Out || c[1] != r {
			return nil, fmt.Errorf("lowrank %s: A %v and B %v for a projection of %d to %d", name, a, c, w.W.In, pair.Out)
		}
		if pair.Column+pair.Out > w.W.Out || pair.First+(pair.Module+1)*r > t.width {
			return nil, fmt.Errorf("lowrank %s: columns %d+%d of %d, gate %d of width %d", name, pair.Column, pair.Out, w.W.Out, pair.First+pair.Module*r, t.width)
		}
		t.terms = append(t.terms, newTerm(pair, r, x.Shape()[0], b.Work))
		s.in, s.diff = append(s.in, matrix, matrix), append(s.diff, true, true)
		s.more += fmt.Sprintf("pair(gate=%d column=%d out=%d rank=%d)", pair.First+pair.Module*r, pair.Column, pair.Out, r)
		nodes = append(nodes, pair.A, pair.B)
	}
	s.more += fmt.Sprintf(" in=%d per=%d gates=%d", w.W.In, per, t.width)
	if b.Residual.joins(x) {
		t.residual = b.Residual
	}
	same := b.copied(&s, &nodes)
	return apply(&lowRank{spec: s, terms: t, copied: same}, nodes...)
}

// terms is the state that the forward and the backward operations of one layer share.
type terms struct {
	per   Rows
	w     Frozen
	width int // columns of a gate row: modules · R
	terms []*term

	residual *Residual
	moments  *Moments // nil: none are added up
	work     *Work    // that pairs compute in, one after the other; nil: each in its own, which gradients read
}

// term is the state of one pair. h = A x is kept for the gradient of B; bt is Bᵀ, made
// once a run, because the kernels want the long side contiguous. Of each only the ranks of run are
// computed.
type term struct {
	Pair
	rank  int
	gates int       // column of the gates where its own begin, R of them
	run   rankRange // that the gates or the gradient gates of the run at hand use
	h     []float32 // (capacity, R): A x, not gated
	gated []float32 // (capacity, R): g ⊙ h
	bt    []float32 // (R, Out)
}

func newTerm(p Pair, rank, rows int, w *Work) *term {
	t := &term{Pair: p, rank: rank, gates: p.First + p.Module*rank}
	t.h, t.gated, t.bt = w.take(rows*rank, rank*p.Out)
	return t
}

// gate writes g ⊙ src into dst for the rows [lo, hi), both (capacity, R), as far as these rows use
// ranks, and returns which.
func (t *term) gate(dst, src, gates []float32, width int, per Rows, l Layout, lo, hi int) rankRange {
	r, u := t.rank, t.used(gates, width, per, l, lo, hi)
	per.each(l, lo, hi, func(seq, lo, hi int) {
		g := gates[seq*width+t.gates:][u.from:u.to]
		for row := lo; row < hi; row++ {
			from := src[row*r+u.from:][:len(g)]
			to := dst[row*r+u.from:][:len(g)]
			for i, gi := range g {
				to[i] = gi * from[i]
			}
		}
	})
	return u
}

type lowRank struct {
	spec
	*terms
	copied
	at             int // of the terms
	first          int // row, from which the term at hand is computed
	rows, distinct int
}

var _ G.SDOp = &lowRank{}

// Do computes the frozen product, then adds each pair's term to its columns.
func (o *lowRank) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	x, y := v[0], o.data
	w, rows := o.w.W, o.per.count(l)
	distinct, err := o.copied.rows(in, rows)
	if err != nil {
		return nil, err
	}
	frozen := o.clock.Start(o.machine)
	w.Forward(y, w.Out, x, w.In, distinct, o.w.Bias)
	o.clock.Stop("linear", frozen)
	spread(o.machine, y, distinct, rows, w.Out)
	if o.l, o.rows, o.distinct = l, rows, distinct; o.body == nil {
		o.body = o.add
	}
	for i, t := range o.terms.terms {
		t.run = t.used(v[2], o.width, o.per, l, 0, rows).with(t.used(v[3], o.width, o.per, l, 0, rows))
		if o.moments != nil { // of all ranks
			t.run = rankRange{0, t.rank}
		}
		if t.run.count() == 0 {
			continue
		}
		first, end := 0, distinct
		if o.work != nil { // nothing is kept for gradients
			t.h, t.gated, t.bt = o.work.take(o.spec.rows()*t.rank, t.rank*t.Out)
			if o.moments == nil && distinct == rows {
				first, end = t.span(v[2], o.width, o.per, l)
			}
		}
		o.machine.Transpose(t.bt, t.Out, v[5+2*i], t.rank, t.Out, t.rank)
		o.at, o.first = i, first
		o.machine.Parallel(end-first, 16, o.body)
		o.moments.add(o.machine, t.Module, t.h, rows)
	}
	return o.out, nil
}

// add adds the term at hand to the rows [lo, hi) of each copy, counted from the first that is computed.
func (o *lowRank) add(lo, hi int) {
	lo, hi = o.first+lo, o.first+hi
	t, w := o.terms.terms[o.at], o.w.W
	r, a := t.rank, o.v[4+2*o.at]
	o.machine.MulNT(t.h[lo*r+t.run.from:], r, o.v[0][lo*w.In:], w.In, a[t.run.from*w.In:], w.In, hi-lo, t.run.count(), w.In, 1, false)
	for first := 0; first < o.rows; first += o.distinct { // each copy's own gate
		copy(t.h[(first+lo)*r:(first+hi)*r], t.h[lo*r:hi*r])
		lo, hi := first+lo, first+hi
		u := t.gate(t.gated, t.h, o.v[2], o.width, o.per, o.l, lo, hi)
		t.multiply(o.machine, o.data[lo*w.Out+t.Column:], w.Out, lo, hi, t.bt, t.Out, u)
	}
}

// multiply adds gated (hi-lo, R) · m (R, cols) to y, whose rows begin at lo, over the ranks u.
func (t *term) multiply(mc *kernel.Machine, y []float32, ldy, lo, hi int, m []float32, cols int, u rankRange) {
	if u.count() > 0 {
		mc.MulNN(y, ldy, t.gated[lo*t.rank+u.from:], t.rank, m[u.from*cols:], cols, hi-lo, cols, u.count(), 1, true)
	}
}
