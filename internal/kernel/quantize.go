package kernel

import (
	"math"
	"slices"
)

// quantized is rows of 16-bit integers and the scale of each row. A block of k is a matrix
// of its own, so that the rows that a micro-kernel reads lie together.
type quantized struct {
	rows  int
	depth int     // words of a row
	data  []int32 // (blocks of k, rows, wordBlock)
	scale []float32
}

// resize makes room for rows of depth words, and for the rows that a tile reads beyond the
// last. Results of such rows are not used.
func (q *quantized) resize(rows, depth int) {
	blocks := (depth + wordBlock - 1) / wordBlock
	q.rows, q.depth = rows, depth
	q.data = slices.Grow(q.data[:0], (blocks*rows+maxTile)*wordBlock)[:(blocks*rows+maxTile)*wordBlock]
	q.scale = slices.Grow(q.scale[:0], rows)[:rows]
}

// at is where row i begins in the block of k that begins at word k0.
func (q *quantized) at(i, k0 int) *int32 { return &q.data[k0/wordBlock*q.rows*wordBlock+i*wordBlock] }

// round fills in the rows [lo, hi) of a (rows, k), each multiplied by fold (k), if there is
// one. The scale of a row of integers with NaN or an infinity is NaN, so that its results
// are.
func (q *quantized) round(c *coding, a []float32, lda, k int, fold []float32, lo, hi int) {
	for i := lo; i < hi; i++ {
		row := a[i*lda : i*lda+k]
		by := float32(1)
		q.scale[i] = 1
		if c.inputMax > 0 {
			by, q.scale[i] = scaleFor(c.level.absoluteMaximum(row, fold), c.inputMax)
		}
		for k0 := 0; k0 < k; k0 += c.perWord * wordBlock {
			n, word := min(c.perWord*wordBlock, k-k0), k0/c.perWord
			to := q.data[word*q.rows+i*wordBlock:][:min(wordBlock, q.depth-word)]
			if by == 0 {
				clear(to)
				continue
			}
			var f []float32
			if fold != nil {
				f = fold[k0 : k0+n]
			}
			n = (n + 7) / 8 * 8 / c.perWord
			c.pack(to[:n], row[k0:min(k0+c.perWord*wordBlock, k)], f, by)
			clear(to[n:])
		}
	}
}

// pack rounds x, times fold and by, into words, eight values at a time.
func (c *coding) pack(to []int32, x, fold []float32, by float32) {
	switch {
	case c.weightMax == 0:
		c.level.roundBF16(to, x, fold)
	case c.offset:
		c.level.quantizeInt8(to, x, fold, by)
	default:
		c.level.quantizeI16(to, x, fold, by)
	}
}

// absoluteMaximum is the bits of the largest magnitude of x, times fold if there is one;
// those of NaN are above all others.
func (l Level) absoluteMaximum(x, fold []float32) uint32 {
	if top, ok := l.vectorAbsoluteMaximum(x, fold); ok {
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
func (l Level) quantizeI16(q []int32, x, fold []float32, by float32) {
	if l.vectorQuantizeI16(q, x, fold, by) {
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

// quantizeInt8 is q = round(x·fold·by) + 128 in unsigned bytes; what fills up q is not used.
func (l Level) quantizeInt8(q []int32, x, fold []float32, by float32) {
	if l.vectorQuantizeInt8(q, x, fold, by) {
		return
	}
	clear(q)
	for i, v := range x {
		if fold != nil {
			v *= fold[i]
		}
		q[i/4] |= (round(v*by) + 128) << (i % 4 * 8)
	}
}

// roundBF16 is x, times fold if there is one, in bfloat16; what fills up q is zero.
func (l Level) roundBF16(q []int32, x, fold []float32) {
	if fold == nil && l.vectorRoundBF16(q, x) {
		return
	}
	clear(q)
	for i, v := range x {
		if fold != nil {
			v *= fold[i]
		}
		q[i/2] |= int32(bfloat16(v) << (i % 2 * 16))
	}
}
