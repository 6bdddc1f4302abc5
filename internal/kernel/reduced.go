package kernel

import (
	"math"
	"sync"
	"unsafe"
)

// The product in reduced precision works on words of 32 bits that hold two values of 16
// bits or four of 8. It is blocked as gemm's is, but the rows are rounded first, and a panel
// of columns keeps its sums in the workspace over all of k: in Int8 as integers, in I16 as
// whole numbers in float32, to which the micro-kernel adds exact sums in the order of k. So
// an element has the same bits with any threads and in any batch, and of integers on every
// level.
const (
	wordBlock    = 128 // words of a row in one block of k; the generator has the same number
	wordStep     = 4   // the depth of a panel in words is a multiple of this; there, too
	wordFlush    = 32  // words of an exact sum of 16-bit values: 64 products; there, too
	rowsForward  = 112 // rows whose sums are kept at a time: they and their inputs stay in L2
	rowsBackward = 240 // more, since each block of a panel is transposed for so many rows
	rowsAtOnce   = 512 // rows that are rounded at a time
	maxWidth     = 32  // columns of the widest panel
	maxTile      = 14  // rows of the tallest tile
)

// reduced is a frozen weight W (out, in) in a reduced precision: integers times a scale
// per output channel, or bfloat16. A panel holds width output channels, word-major: a word
// is two or four inputs of one channel. What fills up the last word or panel is zero.
type reduced struct {
	coding
	out, in int
	depth   int       // words of a channel
	scale   []float32 // (out), filled up with zeros; 1 in BF16
	fold    []float32 // (in), what inputs are multiplied by before they are rounded; nil: 1
	start   []int32   // (out), filled up: what sums of integers start from; nil: float32 zeros
	data    []int32
}

// reduce rounds w, (out, in) row-major. With spread (in), each input channel of w is
// multiplied by its value, and inputs divided by it: the product is the same, but the range
// moves from the inputs to the weights. A channel that holds NaN or an infinity has a scale
// of NaN, so that what it computes is NaN.
func reduce(p Precision, w []float32, out, in int, spread []float32) *reduced {
	m := &reduced{coding: p.coding(), out: out, in: in}
	m.depth = (in + 15) / 16 * 16 / m.perWord
	if spread != nil {
		m.fold = make([]float32, in)
		for i, v := range spread {
			m.fold[i] = 1 / v
		}
	}
	width := m.form.width
	count := (out + width - 1) / width
	m.scale, m.data = make([]float32, count*width), make([]int32, count*m.panel())
	if m.whole {
		m.start = make([]int32, count*width)
	}
	Parallel(count, 1, func(lo, hi int) {
		row := make([]float32, in)
		for j := lo * width; j < min(hi*width, out); j++ {
			copy(row, w[j*in:(j+1)*in])
			for i, v := range spread {
				row[i] *= v
			}
			m.channel(j, row)
		}
	})
	return m
}

// panel is the words of a panel.
func (m *reduced) panel() int { return m.depth * m.form.width }

// block is where in panel p the words from k0 on begin.
func (m *reduced) block(p, k0 int) []int32 { return m.data[p*m.panel()+k0*m.form.width:] }

// channel rounds output channel j. Where inputs have an offset, the channel's sums start
// from what it makes of them, negated.
func (m *reduced) channel(j int, row []float32) {
	by, scale := float32(1), float32(1)
	if m.weightMax > 0 {
		by, scale = scaleFor(absoluteMaximum(row, nil), m.weightMax)
	}
	m.scale[j] = scale
	if by == 0 {
		return
	}
	width, bits := m.form.width, 32/m.perWord
	dst, sum := m.block(j/width, 0)[j%width:], int32(0)
	for i, v := range row {
		q := m.code(v * by)
		sum += q
		dst[i/m.perWord*width] |= q & (1<<bits - 1) << (i % m.perWord * bits)
	}
	if m.offset {
		m.start[j] = -128 * sum
	}
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
func (m *reduced) forward(y []float32, ldy int, x []float32, ldx, rows int, bias []float32) {
	g := &reducedProduct{m: m, k: m.in, n: m.out, depth: m.depth, scale: m.scale, bias: bias, c: y, ldc: ldy}
	g.product(x, ldx, rows, m.fold)
}

// backward is dx = dy·W, or is added to dx. The scale of each channel goes into dy before
// dy is quantised, so both directions use the same integers.
func (m *reduced) backward(dx []float32, ldx int, dy []float32, ldy, rows int, accumulate bool) {
	per := m.perWord * wordStep
	depth := (m.out + per - 1) / per * wordStep
	g := &reducedProduct{m: m, k: m.out, n: m.in, depth: depth, transposed: true, accumulate: accumulate, c: dx, ldc: ldx}
	g.product(dy, ldy, rows, m.scale)
}

// reducedProduct is C (rows, n) = A (rows, k) · B.
type reducedProduct struct {
	m          *reduced
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

// reducedWorkspace is what one thread needs besides its operands.
type reducedWorkspace struct {
	sum  [(rowsBackward + maxTile) * maxWidth]float32
	b    [wordBlock * maxWidth]int32 // a block of a panel, transposed
	ones [maxWidth]float32
	bias [maxWidth]float32
}

// integers is sum as integers.
func (w *reducedWorkspace) integers() []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(&w.sum)), len(w.sum))
}

var reducedWorkspaces = sync.Pool{New: func() any {
	w := new(reducedWorkspace)
	for i := range w.ones {
		w.ones[i] = 1
	}
	return w
}}

// product computes all rows, so many at a time that their integers stay in the cache.
func (g *reducedProduct) product(a []float32, lda, rows int, fold []float32) {
	n := (rows + rowsAtOnce - 1) / rowsAtOnce
	for i := range n {
		lo, hi := i*rows/n, (i+1)*rows/n
		part := *g
		part.c = g.c[lo*g.ldc:]
		part.rows(a[lo*lda:], lda, hi-lo, fold)
	}
}

func (g *reducedProduct) rows(a []float32, lda, rows int, fold []float32) {
	g.q = quantizedRows.Get().(*quantized)
	defer quantizedRows.Put(g.q)
	g.q.resize(rows, g.depth)
	Parallel(rows, 8, func(lo, hi int) { g.q.round(&g.m.coding, a, lda, g.k, fold, lo, hi) })
	width, per := g.m.form.width, len(g.m.tiles)
	count := (g.n + width - 1) / width
	if rows >= 64*Threads() && !g.transposed || count == 1 {
		Parallel((rows+per-1)/per, 4, func(lo, hi int) { g.run(lo*per, min(hi*per, rows), 0, count) })
		return
	}
	Parallel(count, 1, func(lo, hi int) { g.run(0, rows, lo, hi) })
}

// run computes the rows [lo, hi) of the panels [from, to).
func (g *reducedProduct) run(lo, hi, from, to int) {
	w := reducedWorkspaces.Get().(*reducedWorkspace)
	defer reducedWorkspaces.Put(w)
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
func (g *reducedProduct) panel(w *reducedWorkspace, p, m0, m int) {
	f, tiles := g.m.form, g.m.tiles
	if g.m.whole {
		integers := w.integers()
		for i := range m {
			copy(integers[i*f.width:(i+1)*f.width], g.m.start[p*f.width:])
		}
	} else {
		clear(w.sum[:m*f.width])
	}
	for k0 := 0; k0 < g.depth; k0 += wordBlock {
		words := min(wordBlock, g.depth-k0)
		var b *int32
		if g.transposed {
			g.m.transpose(w.b[:], p, k0, words)
			b = &w.b[0]
		} else {
			b = &g.m.block(p, k0)[0]
		}
		for r := 0; r < m; r += len(tiles) {
			tiles[min(len(tiles), m-r)-1](words, g.q.at(m0+r, k0), b, &w.sum[r*f.width])
		}
	}
}

// descale multiplies the sums by the scales of row and column and writes them to C.
func (g *reducedProduct) descale(w *reducedWorkspace, p, m0, m int) {
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
			g.m.form.descale(g.m.whole, g.accumulate, m, w.sum[j:], width, g.q.scale[m0:], scale[j:], w.bias[j:], c[j:], g.ldc)
		}
		return
	}
	if g.m.whole {
		for i, v := range w.integers()[:m*width] {
			w.sum[i] = float32(v)
		}
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
