package op

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
)

// BinaryLoss is the binary cross-entropy of each of the logits x (capacity, labels) with its
// target t, which is 1 where the label holds and 0 where it does not:
//
//	y = max(x, 0) − x·t + log(1 + e^−|x|)    dx = dy (σ(x) − t)
//
// as torch.nn.BCEWithLogitsLoss(reduction="none") computes it, without overflow at any x.
// Rows beyond the batch's sequences are zero. No gradient reaches the targets. There are a few
// hundred logits in a batch, so each is computed in float64 and rounded once.
func BinaryLoss(b *Inputs, name string, x, targets *G.Node) (*G.Node, error) {
	if err := want("binary loss "+name, x, 0); err != nil {
		return nil, err
	}
	if !x.Shape().Eq(targets.Shape()) {
		return nil, fmt.Errorf("binary loss %s: targets %v for logits %v", name, targets.Shape(), x.Shape())
	}
	o := &binaryLoss{spec: newSpec(b.place(), "binaryloss", name, x.Shape()[0], x.Shape()[1], matrix, matrix, offsets)}
	o.diff = []bool{true, false, false}
	return apply(o, x, targets, b.Layout)
}

type binaryLoss struct{ spec }

var _ G.SDOp = &binaryLoss{}

// Do computes the losses.
func (o *binaryLoss) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	n := l.Sequences() * o.cols()
	for i, x := range v[0][:n] {
		x, t := float64(x), float64(v[1][i])
		o.data[i] = float32(max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x))))
	}
	clear(o.data[n:])
	return o.out, nil
}

// SymDiff: dx = dy (σ(x) − t), in memory of its own as all gradients of the head.
func (o *binaryLoss) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	b := &binaryLossBackward{spec: newSpec(o.leaf(), "binaryloss.backward", o.name, o.rows(), o.cols(), matrix, matrix, matrix, offsets)}
	dx, err := apply(b, dy, in[0], in[1], in[2])
	return G.Nodes{dx, nil, nil}, err
}

type binaryLossBackward struct {
	spec
	notDifferentiable
}

func (o *binaryLossBackward) Do(in ...G.Value) (G.Value, error) {
	v, err := o.floats(in)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(in[3])
	if err != nil {
		return nil, err
	}
	n := l.Sequences() * o.cols()
	for i, dy := range v[0][:n] {
		o.data[i] = float32(float64(dy) * (1/(1+math.Exp(-float64(v[1][i]))) - float64(v[2][i])))
	}
	clear(o.data[n:])
	return o.out, nil
}
