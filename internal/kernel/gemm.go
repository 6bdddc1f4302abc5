package kernel

import "sync"

// The product C = A·B (+ bias or C) with packed B is cut in blocks of k, so that a panel
// of B and one of A fit in the L1 and L2 caches together, and each block in tiles of one
// micro-kernel. An element's sum runs over k in order, block by block, whatever rows,
// threads or tiles there are: it has the same bits in any batch.
const (
	blockK   = 256         // depth of a block; the generator has the same number
	aStride  = blockK + 16 // between rows of packed A, in floats; the generator too
	blockM   = 112         // rows of A that are packed at a time: 8 panels of 14, in L2
	rowsWide = 64          // below this many rows a thread takes columns instead of rows
)

// tile is a micro-kernel's call: c = src + a·b over k, for its own number of rows and
// one panel of columns; a has stride aStride. src has its own stride: 0 repeats one row.
type tile func(k int, a, b, c *float32, ldc int, src *float32, ldsrc int)

// workspace is what one thread needs besides its operands.
type workspace struct {
	a    [blockM * aStride]float32
	c    [14 * 32]float32 // tile of a panel that is not full
	bias [32]float32
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// product is C (rows, b.n) = A (rows, b.k) · B, over all threads.
func (l Level) product(b *panels, c []float32, ldc int, a []float32, lda, rows int, bias []float32, accumulate bool) {
	if rows == 0 {
		return
	}
	g := &gemm{tiles: l.tiles(), b: b, c: c, ldc: ldc, a: a, lda: lda, bias: bias, accumulate: accumulate}
	count := (b.n + b.width - 1) / b.width
	if rows >= rowsWide*Threads() || count == 1 {
		per := len(g.tiles)
		Parallel((rows+per-1)/per, 4, func(lo, hi int) { g.run(lo*per, min(hi*per, rows), 0, count) })
		return
	}
	Parallel(count, 1, func(lo, hi int) { g.run(0, rows, lo, hi) })
}

type gemm struct {
	tiles      []tile // tiles[r-1] computes r rows
	b          *panels
	c, a, bias []float32
	ldc, lda   int
	accumulate bool
}

// run computes the rows [lo, hi) of the panels [from, to).
func (g *gemm) run(lo, hi, from, to int) {
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	for m0 := lo; m0 < hi; m0 += blockM {
		m := min(blockM, hi-m0)
		for k0 := 0; k0 < g.b.k; k0 += blockK {
			k := min(blockK, g.b.k-k0)
			for i := range m {
				copy(w.a[i*aStride:i*aStride+k], g.a[(m0+i)*g.lda+k0:])
			}
			for p := from; p < to; p++ {
				g.panel(w, p, m0, m, k0, k)
			}
		}
	}
}

// panel computes m rows of panel p over one block of k. The rows are dealt evenly over as
// few tiles as there can be.
func (g *gemm) panel(w *workspace, p, m0, m, k0, k int) {
	b := &g.b.data[(p*g.b.k+k0)*g.b.width]
	col := p * g.b.width
	partial := g.b.n-col < g.b.width
	n := (m + len(g.tiles) - 1) / len(g.tiles)
	for t := range n {
		r0, r1 := t*m/n, (t+1)*m/n
		rows := r1 - r0
		if partial {
			g.partial(w, b, m0, r0, rows, col, k0, k)
			continue
		}
		c := &g.c[(m0+r0)*g.ldc+col]
		src, ldsrc := c, g.ldc
		if k0 == 0 && !g.accumulate {
			src, ldsrc = &w.start(g.bias, col, g.b.width)[0], 0
		}
		g.tiles[rows-1](k, &w.a[r0*aStride], b, c, g.ldc, src, ldsrc)
	}
}

// start is what a sum begins with: the panel's bias, or zeros.
func (w *workspace) start(bias []float32, col, width int) []float32 {
	if len(bias) >= col+width {
		return bias[col:]
	}
	clear(w.bias[:])
	if bias != nil {
		copy(w.bias[:], bias[col:])
	}
	return w.bias[:]
}

// partial computes a tile of a panel that is not full by way of the workspace.
func (g *gemm) partial(w *workspace, b *float32, m0, r0, rows, col, k0, k int) {
	width, used := g.b.width, g.b.n-col
	src, ldsrc := w.start(g.bias, col, width), 0
	if k0 > 0 || g.accumulate {
		for i := range rows {
			copy(w.c[i*width:i*width+used], g.c[(m0+r0+i)*g.ldc+col:])
		}
		src, ldsrc = w.c[:], width
	}
	g.tiles[rows-1](k, &w.a[r0*aStride], b, &w.c[0], width, &src[0], ldsrc)
	for i := range rows {
		copy(g.c[(m0+r0+i)*g.ldc+col:(m0+r0+i)*g.ldc+col+used], w.c[i*width:])
	}
}

// portableTile is the micro-kernel in Go: 1 row, 8 columns.
func portableTile(k int, a, b, c []float32, src []float32) {
	var s [8]float32
	copy(s[:], src)
	for p := range k {
		x, y := a[p], b[p*8:p*8+8]
		for j := range s {
			s[j] += x * y[j]
		}
	}
	copy(c, s[:])
}
