package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// Heads is the shape of multi-head attention: Count heads of Size columns each.
type Heads struct {
	Count, Size int
	Drop        Drop          // on the attention probabilities
	Bias        *RelativeBias // of the scores; nil: none
}

func (h Heads) width() int { return h.Count * h.Size }

// what is every field that changes the result; operations differ in more by their names.
func (h Heads) what() string {
	return fmt.Sprintf("heads=%d p=%v site=%d bias=%t", h.Count, h.Drop.P, h.Drop.Site, h.Bias != nil)
}

// Attention is softmax(QKᵀ/√d + bias)·V inside each sequence, head by head. qkv (capacity, 3H)
// holds query, key and value side by side; the result is (capacity, H). need says which
// of the three a gradient is wanted for; where only the query is adapted in the lowest
// trained layer, the other two are not computed.
func Attention(b *Inputs, name string, qkv *G.Node, h Heads, need [3]bool) (*G.Node, error) {
	if err := want("attention "+name, qkv, 3*h.width()); err != nil {
		return nil, err
	}
	o := &attention{spec: newSpec(b.place(), "attention", name, qkv.Shape()[0], h.width(), matrix, offsets), core: core{Heads: h, machine: b.Machine}, need: need}
	o.more = fmt.Sprintf("%s need=%v", h.what(), need)
	o.diff = []bool{need != [3]bool{}, false}
	nodes := G.Nodes{qkv, b.Layout}
	if h.Drop.P > 0 {
		o.in, o.diff, nodes = append(o.in, counter), append(o.diff, false), append(nodes, b.Random)
	}
	return apply(o, nodes...)
}

type attention struct {
	spec
	core
	need [3]bool
}

var _ G.SDOp = &attention{}

// bind reads the inputs of a run: (matrices, layout), and the dropout of this run.
func (c *core) bind(s *spec, in []G.Value, layout int) (v [][]float32, l Layout, err error) {
	if v, err = s.floats(in); err != nil {
		return nil, nil, err
	}
	if l, err = layoutOf(in[layout]); err != nil {
		return nil, nil, err
	}
	if c.Drop.P > 0 {
		r, err := randomOf(in[layout+1])
		if err != nil {
			return nil, nil, err
		}
		c.mask = c.Drop.at(r)
	}
	return v, l, nil
}

// thirds are the views of query, key and value in a (rows, 3H) matrix.
func (c *core) thirds(qkv []float32) (q, k, v view) {
	h := c.width()
	return view{qkv, 3 * h, 0}, view{qkv, 3 * h, h}, view{qkv, 3 * h, 2 * h}
}

// Do computes every head of every sequence.
func (o *attention) Do(in ...G.Value) (G.Value, error) {
	v, l, err := o.bind(&o.spec, in, 1)
	if err != nil {
		return nil, err
	}
	q, k, val := o.thirds(v[0])
	o.forward(l, Tokens, view{o.data, o.width(), 0}, q, k, val)
	return o.out, nil
}

// SymDiff: one operation gives dq, dk and dv side by side.
func (o *attention) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	if !o.diff[0] {
		return grads, nil
	}
	b := &attentionBackward{spec: newSpec(o.gradient(), "attention.backward", o.name, o.rows(), 3*o.width(), matrix, matrix, offsets), core: o.core, need: o.need}
	b.more = o.more
	b.in = append(b.in, o.in[2:]...)
	var err error
	grads[0], err = apply(b, append(G.Nodes{dy, in[0]}, in[1:]...)...)
	return grads, err
}

type attentionBackward struct {
	spec
	notDifferentiable
	core
	need [3]bool
}

// Do computes dq, dk, dv; what is not needed is zero.
func (o *attentionBackward) Do(in ...G.Value) (G.Value, error) {
	v, l, err := o.bind(&o.spec, in, 2)
	if err != nil {
		return nil, err
	}
	q, k, val := o.thirds(v[1])
	dq, dk, dv := o.thirds(o.data)
	if o.need != [3]bool{true, true, true} {
		clear(o.data[:l.Tokens()*o.cols()])
	}
	o.backward(l, Tokens, view{v[0], o.width(), 0}, q, k, val, dq.if_(o.need[0]), dk.if_(o.need[1]), dv.if_(o.need[2]))
	return o.out, nil
}
