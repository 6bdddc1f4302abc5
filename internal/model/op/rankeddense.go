package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// RankedDense is [Dense] with weights of its own for each rank: for sequence i, whose rank is
// r_i in Inputs.Ranks,
//
//	y_i = W[r_i] x_i + b[r_i]
//
// w is (R·Out, In), the Out rows of rank r from (r-1)·Out on, and bias (R, Out), its row r-1.
// A row has the bits that Dense gives for its rank's weights. The weights of a rank that no
// sequence has get a gradient of zero.
func RankedDense(b *Inputs, name string, x, w, bias *G.Node, trained bool) (*G.Node, error) {
	if err := want("ranked dense "+name, x, 0); err != nil {
		return nil, err
	}
	s, c, in := w.Shape(), bias.Shape(), x.Shape()[1]
	if s.Dims() != 2 || s[1] != in || c.Dims() != 2 || s[0] != c[0]*c[1] {
		return nil, fmt.Errorf("ranked dense %s: weight %v and bias %v for %d columns", name, s, c, in)
	}
	if b.Ranks == nil || b.Ranks.Shape()[0] < x.Shape()[0] {
		return nil, fmt.Errorf("ranked dense %s: no rank for each of %d rows", name, x.Shape()[0])
	}
	o := &rankedDense{spec: newSpec(b.place(), "rankeddense", name, x.Shape()[0], c[1], matrix, matrix, matrix, offsets, offsets), inputs: in, ranks: c[0]}
	o.more = fmt.Sprintf("in=%d ranks=%d", in, c[0])
	o.diff = []bool{trained, true, true, false, false}
	return apply(o, x, w, bias, b.Layout, b.Ranks)
}

type rankedDense struct {
	spec
	inputs, ranks int
	rank          []int32 // of the run at hand, per sequence
}

var _ G.SDOp = &rankedDense{}

// ranksOf checks the ranks of the batch's sequences.
func (o *rankedDense) ranksOf(v G.Value, sequences int) ([]int32, error) {
	ranks, err := numbers(v, sequences, o.ranks)
	if err != nil {
		return nil, fmt.Errorf("%s: ranks: %w", o, err)
	}
	return ranks, nil
}

// sameRank calls f for every maximal run of sequences of [lo, hi) with the same rank, from 0.
func sameRank(ranks []int32, lo, hi int, f func(rank, lo, hi int)) {
	for lo < hi {
		end := lo + 1
		for end < hi && ranks[end] == ranks[lo] {
			end++
		}
		f(int(ranks[lo])-1, lo, end)
		lo = end
	}
}

// Do splits the sequences over the threads.
func (o *rankedDense) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[3])
	if err != nil {
		return nil, err
	}
	if o.rank, err = o.ranksOf(in[4], l.Sequences()); err != nil {
		return nil, err
	}
	clear(o.data[l.Sequences()*o.cols():])
	if o.body == nil {
		o.body = func(lo, hi int) { sameRank(o.rank, lo, hi, o.forward) }
	}
	o.machine.Parallel(l.Sequences(), 16, o.body)
	return o.out, nil
}

// forward computes the rows [lo, hi), all of one rank.
func (o *rankedDense) forward(rank, lo, hi int) {
	n, k, x, w, bias := o.cols(), o.inputs, o.v[0], o.v[1], o.v[2]
	for i := lo; i < hi; i++ {
		copy(o.data[i*n:(i+1)*n], bias[rank*n:(rank+1)*n])
	}
	o.machine.MulNT(o.data[lo*n:], n, x[lo*k:], k, w[rank*n*k:], k, hi-lo, n, k, 1, true)
}

// SymDiff: dx_i = W[r_i]ᵀ dy_i, dW[r] = Σ dy_i x_iᵀ and db[r] = Σ dy_i over the sequences of
// rank r, each in memory of its own as those of Dense.
func (o *rankedDense) SymDiff(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
	grads := make(G.Nodes, len(in))
	outputs := o.cols()
	for i, g := range []struct {
		kind       string
		rows, cols int
		other      *G.Node
	}{{"x", o.rows(), o.inputs, in[1]}, {"weight", o.ranks * outputs, o.inputs, in[0]}, {"bias", o.ranks, outputs, in[0]}} {
		if !o.diff[i] {
			continue
		}
		b := &rankedDenseBackward{spec: newSpec(o.leaf(), "rankeddense.backward."+g.kind, o.name, g.rows, g.cols, matrix, matrix, offsets, offsets), of: o, input: i}
		b.more = o.more
		b.each = [...]func(rank, lo, hi int){b.x, b.weight, b.bias}[i]
		var err error
		if grads[i], err = apply(b, dy, g.other, in[3], in[4]); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// rankedDenseBackward is the gradient of one input: x, weight or bias.
type rankedDenseBackward struct {
	spec
	notDifferentiable
	of    *rankedDense
	input int
	rank  []int32
	each  func(rank, lo, hi int) // of a run of sequences of one rank
}

// Do splits the sequences over the threads for x; the sums of a weight and of a bias stay
// whole, and are small.
func (o *rankedDenseBackward) Do(in ...G.Value) (G.Value, error) {
	if _, err := o.floats(in); err != nil {
		return nil, err
	}
	l, err := layoutOf(in[2])
	if err != nil {
		return nil, err
	}
	if o.rank, err = o.of.ranksOf(in[3], l.Sequences()); err != nil {
		return nil, err
	}
	clear(o.data)
	if o.input > 0 {
		sameRank(o.rank, 0, l.Sequences(), o.each)
		return o.out, nil
	}
	if o.body == nil {
		o.body = func(lo, hi int) { sameRank(o.rank, lo, hi, o.each) }
	}
	o.machine.Parallel(l.Sequences(), 16, o.body)
	return o.out, nil
}

func (o *rankedDenseBackward) x(rank, lo, hi int) {
	n, k := o.of.cols(), o.of.inputs
	o.machine.MulNN(o.data[lo*k:], k, o.v[0][lo*n:], n, o.v[1][rank*n*k:], k, hi-lo, k, n, 1, false)
}

func (o *rankedDenseBackward) weight(rank, lo, hi int) {
	n, k := o.of.cols(), o.of.inputs
	o.machine.MulTN(o.data[rank*n*k:], k, o.v[0][lo*n:], n, o.v[1][lo*k:], k, n, k, hi-lo, 1, true)
}

func (o *rankedDenseBackward) bias(rank, lo, hi int) {
	n := o.of.cols()
	for i := lo; i < hi; i++ {
		o.machine.AddScaled(o.data[rank*n:(rank+1)*n], o.v[0][i*n:(i+1)*n], 1)
	}
}
