package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
)

// Random is what dropout depends on beside the element's place: a graph input of two
// numbers, the seed and the step. The same numbers give the same masks, so a resumed
// run needs no generator state, and the backward pass makes the mask anew.
type Random []int64

// Drop is dropout at one place of the model: probability and site. A zero P is none.
type Drop struct {
	P    float64
	Site uint32
}

func (d Drop) at(r Random) kernel.Dropout {
	return kernel.Dropout{P: float32(d.P), Seed: uint64(r[0]), Step: uint64(r[1]), Site: d.Site}
}

func randomOf(v G.Value) (Random, error) {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dtype() != tensor.Int64 || d.Size() != 2 {
		return nil, fmt.Errorf("dropout: want seed and step, got %v", v)
	}
	return Random(d.Int64s()), nil
}

// Dropout keeps each element of x with probability 1 - P, scaled by 1 / (1 - P). The
// mask is a function of (seed, step, site, index of the element).
func Dropout(b *Inputs, name string, x *G.Node, per Rows, d Drop, trained bool) (*G.Node, error) {
	if err := want("dropout "+name, x, 0); err != nil {
		return nil, err
	}
	o := &dropout{spec: newSpec(b.place(), "dropout", name, x.Shape()[0], x.Shape()[1], matrix, offsets, counter), per: per, d: d}
	o.more = fmt.Sprintf("per=%d p=%v site=%d", per, d.P, d.Site)
	o.diff = []bool{trained, false, false}
	return apply(o, x, b.Layout, b.Random)
}

type dropout struct {
	spec
	per  Rows
	d    Drop
	mask kernel.Dropout // of the run at hand
}

var _ G.SDOp = &dropout{}

// Do applies the mask of this run.
func (o *dropout) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	r, err := randomOf(in[2])
	if err != nil {
		return nil, err
	}
	o.mask = o.d.at(r)
	if o.body == nil {
		o.body = o.apply
	}
	o.machine.Parallel(o.per.count(l), 32, o.body)
	return o.out, nil
}

// apply applies the mask to the rows [lo, hi); elements are counted from the first row.
func (o *dropout) apply(lo, hi int) {
	cols := o.cols()
	o.machine.Dropout(o.mask, o.data[lo*cols:hi*cols], o.v[0][lo*cols:hi*cols], uint64(lo*cols))
}

// SymDiff: the mask is its own derivative, so the same operation is applied to dy.
func (o *dropout) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	if !o.diff[0] {
		return make(G.Nodes, 3), nil
	}
	dx, err := Dropout(o.inputs(in[1], in[2]), o.name+".backward", dy, o.per, o.d, false)
	return G.Nodes{dx, nil, nil}, err
}
