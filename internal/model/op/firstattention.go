package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// FirstAttention is attention of one query per sequence: q (sequences, H) is the first
// token's, kv (capacity, 2H) holds keys and values of all tokens side by side. The last
// layer needs no more, since only its first tokens are read: exact, and a fifth of the
// work of a model of four layers. trained is for q and kv; need for key and value.
func FirstAttention(b *Inputs, name string, q, kv *G.Node, h Heads, queries bool, need [2]bool) (*G.Node, error) {
	if err := want("attention "+name, q, h.width()); err != nil {
		return nil, err
	}
	if err := want("attention "+name, kv, 2*h.width()); err != nil {
		return nil, err
	}
	o := &firstAttention{spec: newSpec(b.place(), "firstattention", name, q.Shape()[0], h.width(), matrix, matrix, offsets), core: core{Heads: h, machine: b.Machine}, need: need}
	o.more = fmt.Sprintf("%s queries=%t need=%v", h.what(), queries, need)
	o.diff = []bool{queries, need != [2]bool{}, false}
	nodes := G.Nodes{q, kv, b.Layout}
	if h.Drop.P > 0 {
		o.in, o.diff, nodes = append(o.in, counter), append(o.diff, false), append(nodes, b.Random)
	}
	return apply(o, nodes...)
}

type firstAttention struct {
	spec
	core
	need [2]bool
}

var _ G.SDOp = &firstAttention{}

// halves are the views of key and value in a (rows, 2H) matrix.
func (c *core) halves(kv []float32) (k, v view) {
	h := c.width()
	return view{kv, 2 * h, 0}, view{kv, 2 * h, h}
}

// Do computes every head of every sequence's first token.
func (o *firstAttention) Do(in ...G.Value) (G.Value, error) {
	v, l, err := o.bind(&o.spec, in, 2)
	if err != nil {
		return nil, err
	}
	k, val := o.halves(v[1])
	o.forward(l, Sequences, view{o.data, o.width(), 0}, view{v[0], o.width(), 0}, k, val)
	return o.out, nil
}

// SymDiff: dq and dkv are two operations; each makes the probabilities, one row a
// sequence, anew.
func (o *firstAttention) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	nodes := append(G.Nodes{dy, in[0], in[1]}, in[2:]...)
	for i, part := range []struct {
		name       string
		rows, cols int
	}{{"q", o.rows(), o.width()}, {"kv", in[1].Shape()[0], 2 * o.width()}} {
		if !o.diff[i] {
			continue
		}
		b := &firstAttentionBackward{spec: newSpec(o.gradient(), "firstattention.backward."+part.name, o.name, part.rows, part.cols, matrix, matrix, matrix, offsets),
			core: o.core, queries: i == 0, need: o.need}
		b.more = o.more
		b.in = append(b.in, o.in[3:]...)
		var err error
		if grads[i], err = apply(b, nodes...); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

type firstAttentionBackward struct {
	spec
	notDifferentiable
	core
	queries bool // the output is dq, else dk and dv side by side
	need    [2]bool
}

func (o *firstAttentionBackward) Do(in ...G.Value) (G.Value, error) {
	v, l, err := o.bind(&o.spec, in, 3)
	if err != nil {
		return nil, err
	}
	dy, q := view{v[0], o.width(), 0}, view{v[1], o.width(), 0}
	k, val := o.halves(v[2])
	if o.queries {
		o.backward(l, Sequences, dy, q, k, val, view{o.data, o.width(), 0}, view{}, view{})
		return o.out, nil
	}
	if o.need != [2]bool{true, true} {
		clear(o.data[:l.Tokens()*o.cols()])
	}
	dk, dv := o.halves(o.data)
	o.backward(l, Sequences, dy, q, k, val, view{}, dk.if_(o.need[0]), dv.if_(o.need[1]))
	return o.out, nil
}
