package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Layer is a dense layer: W (Out, In) and Bias (Out).
type Layer struct{ W, Bias *G.Node }

// DenseOf is [Dense] with one of several layers for each sequence, which may have different numbers of outputs: with k_i
// the number in which, from 1, of sequence i,
//
//	y_i = W[k_i] x_i + b[k_i]
//
// y is as wide as the largest layer, and has 0 behind the outputs of a smaller one. A row has the bits that Dense gives for
// its layer. It has no gradient: several adapters are never trained together.
func DenseOf(b *Inputs, name string, x *G.Node, layers []Layer, which *G.Node) (*G.Node, error) {
	if err := want("dense of "+name, x, 0); err != nil {
		return nil, err
	}
	if which == nil || which.Shape()[0] < x.Shape()[0] || len(layers) == 0 {
		return nil, fmt.Errorf("dense of %s: %d layers, and no number of one for each of %d rows", name, len(layers), x.Shape()[0])
	}
	o := &denseOf{inputs: x.Shape()[1]}
	nodes, outputs := G.Nodes{x, b.Layout, which}, 0
	for _, l := range layers {
		s := l.W.Shape()
		if s.Dims() != 2 || s[1] != o.inputs || l.Bias.Shape().Dims() != 1 || l.Bias.Shape()[0] != s[0] {
			return nil, fmt.Errorf("dense of %s: weight %v and bias %v for %d columns", name, s, l.Bias.Shape(), o.inputs)
		}
		nodes, o.outputs, outputs = append(nodes, l.W, l.Bias), append(o.outputs, s[0]), max(outputs, s[0])
	}
	o.spec = newSpec(b.place(), "denseof", name, x.Shape()[0], outputs, matrix, offsets, offsets)
	for range layers {
		o.in = append(o.in, matrix, vector)
	}
	o.more = fmt.Sprintf("in=%d out=%v", o.inputs, o.outputs)
	return apply(o, nodes...)
}

type denseOf struct {
	spec
	notDifferentiable
	inputs  int
	outputs []int   // of each layer
	which   []int32 // of the run at hand, per sequence
}

var _ G.SDOp = &denseOf{}

// Do splits the sequences over the threads.
func (o *denseOf) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[1])
	if err != nil {
		return nil, err
	}
	n := l.Sequences()
	if o.which, err = numbers(in[2], n, len(o.outputs)); err != nil {
		return nil, fmt.Errorf("%s: %w", o.kind, err)
	}
	clear(o.data)
	if o.body == nil {
		o.body = func(lo, hi int) { sameRank(o.which, lo, hi, o.forward) }
	}
	o.machine.Parallel(n, 16, o.body)
	return o.out, nil
}

// numbers checks the numbers of so many sequences, from 1 to most.
func numbers(v G.Value, sequences, most int) ([]int32, error) {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dtype() != tensor.Int32 || d.Size() < sequences {
		return nil, fmt.Errorf("numbers are %v %v for %d sequences", v.Dtype(), v.Shape(), sequences)
	}
	list := d.Int32s()
	for i, k := range list[:sequences] {
		if k < 1 || int(k) > most {
			return nil, fmt.Errorf("number %d of sequence %d is not in 1 to %d", k, i, most)
		}
	}
	return list, nil
}

// forward computes the rows [lo, hi), all of one layer.
func (o *denseOf) forward(layer, lo, hi int) {
	n, out, k, x, w, bias := o.cols(), o.outputs[layer], o.inputs, o.v[0], o.v[3+2*layer], o.v[4+2*layer]
	for i := lo; i < hi; i++ {
		copy(o.data[i*n:], bias)
	}
	o.machine.MulNT(o.data[lo*n:], n, x[lo*k:], k, w, k, hi-lo, out, k, 1, true)
}
