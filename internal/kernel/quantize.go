package kernel

import (
	"math"
	"slices"
	"sync"
)

// quantized is rows of 16-bit integers and the scale of each row. A block of k is a matrix
// of its own, so that the rows that a micro-kernel reads lie together.
type quantized struct {
	rows  int
	data  []int32 // (blocks of k, rows, wordBlock)
	scale []float32
}

var quantizedRows = sync.Pool{New: func() any { return new(quantized) }}

// resize makes room for rows of depth words, and for the rows that a tile reads beyond the
// last. Results of such rows are not used.
func (q *quantized) resize(rows, depth int) {
	blocks := (depth + wordBlock - 1) / wordBlock
	q.rows = rows
	q.data = slices.Grow(q.data[:0], (blocks*rows+maxTile)*wordBlock)[:(blocks*rows+maxTile)*wordBlock]
	q.scale = slices.Grow(q.scale[:0], rows)[:rows]
}

// at is where row i begins in the block of k that begins at word k0.
func (q *quantized) at(i, k0 int) *int32 { return &q.data[k0/wordBlock*q.rows*wordBlock+i*wordBlock] }

// quantize fills in the rows [lo, hi) of a (rows, k), each multiplied by fold (k), if there
// is one. The scale of a row with NaN or an infinity is NaN, so that its results are.
func (q *quantized) quantize(a []float32, lda, k int, fold []float32, lo, hi int) {
	for i := lo; i < hi; i++ {
		row := a[i*lda : i*lda+k]
		var by float32
		by, q.scale[i] = scaleFor(absoluteMaximum(row, fold), inputMax)
		for k0 := 0; k0 < k; k0 += 2 * wordBlock {
			n := min(2*wordBlock, k-k0)
			to := q.data[k0/2*q.rows+i*wordBlock:][:(n+7)/8*4]
			if by == 0 {
				clear(to)
				continue
			}
			var f []float32
			if fold != nil {
				f = fold[k0 : k0+n]
			}
			quantizeI16(to, row[k0:k0+n], f, by)
		}
	}
}

// absoluteMaximum is the bits of the largest magnitude of x, times fold if there is one;
// those of NaN are above all others.
func absoluteMaximum(x, fold []float32) uint32 {
	if top, ok := vectorAbsoluteMaximum(x, fold); ok {
		return top
	}
	var top uint32
	for i, v := range x {
		if fold != nil {
			v *= fold[i]
		}
		top = max(top, math.Float32bits(v)&^(1<<31))
	}
	return top
}

// quantizeI16 is q = round(x·fold·by) in pairs of 16 bits; what fills up q is zero.
func quantizeI16(q []int32, x, fold []float32, by float32) {
	if vectorQuantizeI16(q, x, fold, by) {
		return
	}
	clear(q)
	for i, v := range x {
		if fold != nil {
			v *= fold[i]
		}
		q[i/2] |= int32(uint32(uint16(int16(round(v*by)))) << (i % 2 * 16))
	}
}
