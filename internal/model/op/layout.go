package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Layout is where the sequences of a packed batch lie: the number of sequences n, then
// n + 1 offsets into the rows. It is a graph input, so one program serves every batch.
type Layout []int32

// Set writes n sequences with these n + 1 offsets. The first offset is 0, each sequence
// has at least one token, and both capacities hold.
func (l Layout) Set(offsets []int32, maxRows int) error {
	n := len(offsets) - 1
	if n < 1 || n > len(l)-2 {
		return fmt.Errorf("layout: %d sequences, capacity %d", n, len(l)-2)
	}
	for i, o := range offsets {
		if i == 0 && o != 0 || i > 0 && o <= offsets[i-1] || int(o) > maxRows {
			return fmt.Errorf("layout: offset %d of sequence %d (capacity %d rows)", o, i, maxRows)
		}
	}
	l[0] = int32(n)
	copy(l[1:], offsets)
	return nil
}

// Sequences is the number of sequences.
func (l Layout) Sequences() int { return int(l[0]) }

// Tokens is the number of rows in use.
func (l Layout) Tokens() int { return int(l[1+l[0]]) }

// Span is the half-open range of rows of sequence i.
func (l Layout) Span(i int) (lo, hi int) { return int(l[1+i]), int(l[2+i]) }

// Rows says what a row of a matrix is.
type Rows int

// A row is a token, or a sequence (its first token, after [Pool]).
const (
	Tokens Rows = iota
	Sequences
)

func (r Rows) count(l Layout) int {
	if r == Sequences {
		return l.Sequences()
	}
	return l.Tokens()
}

// each calls f for every maximal run of rows of [lo, hi) that belongs to one sequence.
func (r Rows) each(l Layout, lo, hi int, f func(seq, lo, hi int)) {
	if r == Sequences {
		for i := lo; i < hi; i++ {
			f(i, i, i+1)
		}
		return
	}
	for seq := 0; seq < l.Sequences(); seq++ {
		a, b := l.Span(seq)
		if a, b = max(a, lo), min(b, hi); a < b {
			f(seq, a, b)
		}
	}
}

func layoutOf(v G.Value) (Layout, error) {
	d, ok := v.(*tensor.Dense)
	if !ok || d.Dtype() != tensor.Int32 || d.Size() < 3 {
		return nil, fmt.Errorf("layout: got %v %v, want int32", v.Dtype(), v.Shape())
	}
	return Layout(d.Int32s()), nil
}
