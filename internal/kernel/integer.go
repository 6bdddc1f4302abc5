package kernel

import (
	"math"
	"sync"
)

// The product of integers works on words of 32 bits that hold two values of 16. It is
// blocked as gemm's is, but the rows are quantised first, and a panel of columns keeps its
// sums in the workspace over all of k: whole numbers in float32, to which the micro-kernel
// adds exact sums of 64 products in the order of k. So an element has the same bits on
// every level, with any threads and in any batch.
const (
	wordBlock    = 128 // words of a row in one block of k; the generator has the same number
	wordStep     = 4   // the depth of a panel in words is a multiple of this; there, too
	wordFlush    = 32  // words of an exact sum: 64 products; there, too
	rowsForward  = 112 // rows whose sums are kept at a time: they and their inputs stay in L2
	rowsBackward = 240 // more, since each block of a panel is transposed for so many rows
	rowsAtOnce   = 512 // rows that are quantised at a time
	maxWidth     = 32  // columns of the widest panel
	maxTile      = 14  // rows of the tallest tile
)

// integers is a frozen weight W (out, in) as integers of 12 bits times a scale per output
// channel. A panel holds width output channels, word-major: a word is two inputs of one
// channel. Rows and channels that fill up the last word or panel are zero.
type integers struct {
	out, in int
	form    *form
	depth   int       // words of a channel
	scale   []float32 // (out), filled up with zeros
	data    []int32
}

const (
	weightMax = 1<<11 - 1 // 12 bits
	inputMax  = 1<<14 - 1 // 15 bits: 64 products of both stay below 2³¹
)

// packIntegers rounds w, (out, in) row-major. A channel that holds NaN or an infinity has a
// scale of NaN, so that what it computes is NaN.
func packIntegers(w []float32, out, in int) *integers {
	m := &integers{out: out, in: in, form: activeForm(), depth: (in + 15) / 16 * 8}
	width := m.form.width
	count := (out + width - 1) / width
	m.scale, m.data = make([]float32, count*width), make([]int32, count*width*m.depth)
	Parallel(out, 16, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			row := w[j*in : (j+1)*in]
			by, scale := scaleFor(absoluteMaximum(row, nil), weightMax)
			m.scale[j] = scale
			if by == 0 {
				continue
			}
			dst := m.data[j/width*width*m.depth+j%width:]
			for p, v := range row {
				q := uint32(uint16(int16(round(v * by))))
				dst[p/2*width] |= int32(q << (p % 2 * 16))
			}
		}
	})
	return m
}

// round is x to the nearest whole number, ties to even.
func round(x float32) int32 { return int32(math.RoundToEven(float64(x))) }

// scaleFor gives for the bits of a largest magnitude the factor that maps it to limit, and
// the scale that maps back. Magnitudes below 2⁻¹⁰⁰ count as that; NaN and infinity give a
// factor of 0 and a scale of NaN.
func scaleFor(bits uint32, limit float32) (by, scale float32) {
	if bits >= 0x7f800000 {
		return 0, float32(math.NaN())
	}
	top := max(math.Float32frombits(bits), 0x1p-100)
	return limit / top, top / limit
}

// forward is y = x·Wᵀ + bias.
func (m *integers) forward(y []float32, ldy int, x []float32, ldx, rows int, bias []float32) {
	g := &integerProduct{m: m, k: m.in, n: m.out, depth: m.depth, scale: m.scale, bias: bias, c: y, ldc: ldy}
	g.product(x, ldx, rows, nil)
}

// backward is dx = dy·W, or is added to dx. The scale of each channel goes into dy before
// dy is quantised, so both directions use the same integers.
func (m *integers) backward(dx []float32, ldx int, dy []float32, ldy, rows int, accumulate bool) {
	depth := (m.out + 2*wordStep - 1) / (2 * wordStep) * wordStep
	g := &integerProduct{m: m, k: m.out, n: m.in, depth: depth, transposed: true, accumulate: accumulate, c: dx, ldc: ldx}
	g.product(dy, ldy, rows, m.scale)
}

// integerProduct is C (rows, n) = A (rows, k) · B.
type integerProduct struct {
	m          *integers
	k, n       int
	depth      int // words of k
	transposed bool
	q          *quantized
	scale      []float32 // of each column; nil: 1
	bias       []float32
	c          []float32
	ldc        int
	accumulate bool
}

// integerWorkspace is what one thread needs besides its operands.
type integerWorkspace struct {
	sum  [(rowsBackward + maxTile) * maxWidth]float32
	b    [wordBlock * maxWidth]int32 // a block of a panel, transposed
	ones [maxWidth]float32
	bias [maxWidth]float32
}

var integerWorkspaces = sync.Pool{New: func() any {
	w := new(integerWorkspace)
	for i := range w.ones {
		w.ones[i] = 1
	}
	return w
}}

// product computes all rows, so many at a time that their integers stay in the cache.
func (g *integerProduct) product(a []float32, lda, rows int, fold []float32) {
	n := (rows + rowsAtOnce - 1) / rowsAtOnce
	for i := range n {
		lo, hi := i*rows/n, (i+1)*rows/n
		part := *g
		part.c = g.c[lo*g.ldc:]
		part.rows(a[lo*lda:], lda, hi-lo, fold)
	}
}

func (g *integerProduct) rows(a []float32, lda, rows int, fold []float32) {
	g.q = quantizedRows.Get().(*quantized)
	defer quantizedRows.Put(g.q)
	g.q.resize(rows, g.depth)
	Parallel(rows, 8, func(lo, hi int) { g.q.quantize(a, lda, g.k, fold, lo, hi) })
	width, per := g.m.form.width, len(g.m.form.tiles)
	count := (g.n + width - 1) / width
	if rows >= 64*Threads() && !g.transposed || count == 1 {
		Parallel((rows+per-1)/per, 4, func(lo, hi int) { g.run(lo*per, min(hi*per, rows), 0, count) })
		return
	}
	Parallel(count, 1, func(lo, hi int) { g.run(0, rows, lo, hi) })
}

// run computes the rows [lo, hi) of the panels [from, to).
func (g *integerProduct) run(lo, hi, from, to int) {
	w := integerWorkspaces.Get().(*integerWorkspace)
	defer integerWorkspaces.Put(w)
	most := rowsForward
	if g.transposed {
		most = rowsBackward
	}
	n := (hi - lo + most - 1) / most
	for i := range n {
		m0, m1 := lo+i*(hi-lo)/n, lo+(i+1)*(hi-lo)/n
		for p := from; p < to; p++ {
			g.panel(w, p, m0, m1-m0)
			g.descale(w, p, m0, m1-m0)
		}
	}
}

// panel leaves the sums of m rows and the columns of panel p in the workspace.
func (g *integerProduct) panel(w *integerWorkspace, p, m0, m int) {
	f := g.m.form
	clear(w.sum[:m*f.width])
	for k0 := 0; k0 < g.depth; k0 += wordBlock {
		words := min(wordBlock, g.depth-k0)
		var b *int32
		if g.transposed {
			g.m.transpose(w.b[:], p, k0, words)
			b = &w.b[0]
		} else {
			b = &g.m.data[(p*g.depth+k0)*f.width]
		}
		for r := 0; r < m; r += len(f.tiles) {
			f.tiles[min(len(f.tiles), m-r)-1](words, g.q.at(m0+r, k0), b, &w.sum[r*f.width])
		}
	}
}

// descale multiplies the sums by the scales of row and column and writes them to C.
func (g *integerProduct) descale(w *integerWorkspace, p, m0, m int) {
	width := g.m.form.width
	col := p * width
	n := min(width, g.n-col)
	scale := w.ones[:]
	if g.scale != nil {
		scale = g.scale[col:]
	}
	clear(w.bias[:])
	if g.bias != nil {
		copy(w.bias[:], g.bias[col:col+n])
	}
	c := g.c[m0*g.ldc+col:]
	if g.m.form.descale != nil && n == width {
		for j := 0; j < n; j += 16 {
			g.m.form.descale(g.accumulate, m, w.sum[j:], width, g.q.scale[m0:], scale[j:], w.bias[j:], c[j:], g.ldc)
		}
		return
	}
	for i := range m {
		row := c[i*g.ldc : i*g.ldc+n]
		for j, v := range w.sum[i*width : i*width+n] {
			v = float32(float32(v*g.q.scale[m0+i])*scale[j]) + w.bias[j]
			if g.accumulate {
				v += row[j]
			}
			row[j] = v
		}
	}
}
