package kernel

import "unsafe"

// The product C = A·B (+ bias or C) with packed B is cut in blocks of k, so that a slice
// of a panel of B fits in the L1 cache beside a few rows of A, and a block of A in the L2
// cache; and each block in tiles of one micro-kernel. An element's sum runs over k in
// order, block by block, whatever rows, threads or tiles there are: it has the same bits
// in any batch.
const (
	blockK  = 256         // depth of a block, a multiple of every panel's width
	aStride = blockK + 16 // between rows of copied A, in floats
	blockM  = 240         // rows of A that go through one slice of B
	// A task is at most this part of a thread's share, and at least so many panels.
	tasksPerThread = 4
	leastPanels    = 2
)

// tile is a micro-kernel's call: c = src + a·b over k, for its own number of rows and
// one panel of columns; a has stride lda. src has its own stride: 0 repeats one row.
type tile func(k int, a *float32, lda int, b, c *float32, ldc int, src *float32, ldsrc int)

// workspace is what one thread needs besides its operands.
type workspace struct {
	a    [blockM * aStride]float32 // rows of A, where theirs would fall into one cache set
	b    [blockK * 32]float32      // slice of a panel that is made on the fly
	c    [14 * 32]float32          // tile of a panel that is not full
	bias [32]float32
}

// gemm is one product: rows rows of A, with stride lda, times b.
type gemm struct {
	tiles      []tile // tiles[r-1] computes r rows
	b          operand
	c, a, bias []float32
	ldc, lda   int
	rows       int
	accumulate bool

	height int   // rows of a block
	ends   []int // where each task ends among the blocks' panels
	work   func(lo, hi int)

	scratch *scratch // that it belongs to
}

func newGemm(s *scratch) *gemm {
	g := &gemm{scratch: s}
	g.work = g.tasks
	return g
}

// product is C (rows, b.n) = A (rows, b.k) · B, over all threads.
func (mc *Machine) product(b operand, c []float32, ldc int, a []float32, lda, rows int, bias []float32, accumulate bool) {
	if rows == 0 {
		return
	}
	g := mc.scratch.gemms.Get().(*gemm)
	g.tiles, g.b, g.c, g.ldc, g.a, g.lda, g.rows, g.bias, g.accumulate = mc.tiles(), b, c, ldc, a, lda, rows, bias, accumulate
	blocks, per := (rows+blockM-1)/blockM, len(g.tiles)
	g.height = ((rows+blocks-1)/blocks + per - 1) / per * per
	blocks = (rows + g.height - 1) / g.height
	g.ends = appendTasks(g.ends[:0], blocks, b.count(), mc.Threads())
	mc.parallel(len(g.ends), len(g.ends), g.work)
	g.b, g.c, g.a, g.bias = operand{}, nil, nil, nil
	mc.scratch.gemms.Put(g)
}

// appendTasks cuts the panels of all blocks, one block after the other, into tasks within
// a block: equal ones, and towards the end ever smaller ones, so that threads end together
// though each may be held up for a while. It appends where they end.
func appendTasks(ends []int, blocks, count, threads int) []int {
	all := blocks * count
	for at := 0; at < all; {
		n := count - at%count // of the block
		if threads > 1 {
			n = min(n, max(min(all/tasksPerThread, (all-at)/2)/threads, leastPanels))
		}
		at += n
		ends = append(ends, at)
	}
	return ends
}

// tasks computes the tasks [lo, hi).
func (g *gemm) tasks(lo, hi int) {
	w := g.scratch.workspaces.Get().(*workspace)
	count := g.b.count()
	for t := lo; t < hi; t++ {
		from, to := 0, g.ends[t]
		if t > 0 {
			from = g.ends[t-1]
		}
		block := from / count
		m0 := block * g.height
		g.run(w, m0, min(g.height, g.rows-m0), from-block*count, to-block*count)
	}
	g.scratch.workspaces.Put(w)
}

// run computes m rows from m0 on of the panels [from, to).
func (g *gemm) run(w *workspace, m0, m, from, to int) {
	for k0 := 0; k0 < g.b.k; k0 += blockK {
		k := min(blockK, g.b.k-k0)
		a, lda := g.a[m0*g.lda+k0:], g.lda
		if lda%1024 == 0 {
			for i := range m {
				copy(w.a[i*aStride:i*aStride+k], a[i*lda:])
			}
			a, lda = w.a[:], aStride
		}
		for p := from; p < to; p++ {
			next := ahead{p: p + 1, k0: k0}
			if p+1 == to {
				next = ahead{p: from, k0: k0 + blockK}
			}
			g.panel(w, p, m0, m, k0, k, a, lda, next)
		}
	}
}

// ahead is the slice that comes after the one at hand.
type ahead struct{ p, k0 int }

// panel computes m rows of panel p over one block of k. The rows are dealt evenly over as
// few tiles as there can be. While a tile is computed, a part of the next slice of B and
// the next tile of C are on their way into the cache.
func (g *gemm) panel(w *workspace, p, m0, m, k0, k int, a []float32, lda int, next ahead) {
	b := g.b.slice(w.b[:], p, k0, k)
	col, width := p*g.b.width, g.b.width
	partial := g.b.n-col < width
	pieces := g.b.pieces(next)
	n := (m + len(g.tiles) - 1) / len(g.tiles)
	for t := range n {
		r0, r1 := t*m/n, (t+1)*m/n
		rows := r1 - r0
		for i := t * pieces / n; i < (t+1)*pieces/n; i++ {
			g.b.prefetch(next, i)
		}
		if partial {
			g.partial(w, b, m0, r0, rows, col, k0, k, a, lda)
			continue
		}
		c := &g.c[(m0+r0)*g.ldc+col]
		src, ldsrc := c, g.ldc
		if k0 == 0 && !g.accumulate {
			src, ldsrc = &w.start(g.bias, col, width)[0], 0
		}
		if r1 < m {
			prefetch(&g.c[(m0+r1)*g.ldc+col], g.ldc, rows)
		}
		g.tiles[rows-1](k, &a[r0*lda], lda, b, c, g.ldc, src, ldsrc)
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
func (g *gemm) partial(w *workspace, b *float32, m0, r0, rows, col, k0, k int, a []float32, lda int) {
	width, used := g.b.width, g.b.n-col
	src, ldsrc := w.start(g.bias, col, width), 0
	if k0 > 0 || g.accumulate {
		for i := range rows {
			copy(w.c[i*width:i*width+used], g.c[(m0+r0+i)*g.ldc+col:])
		}
		src, ldsrc = w.c[:], width
	}
	g.tiles[rows-1](k, &a[r0*lda], lda, b, &w.c[0], width, &src[0], ldsrc)
	for i := range rows {
		copy(g.c[(m0+r0+i)*g.ldc+col:(m0+r0+i)*g.ldc+col+used], w.c[i*width:])
	}
}

// portableTile is the micro-kernel in Go: 1 row, 8 columns, with sums of type T.
func portableTile[T float32 | float64](k int, a *float32, _ int, b, c *float32, _ int, src *float32, _ int) {
	var s [8]T
	for j, v := range unsafe.Slice(src, 8) {
		s[j] = T(v)
	}
	from, panel := unsafe.Slice(a, k), unsafe.Slice(b, 8*k)
	for p := range k {
		x, y := T(from[p]), panel[p*8:p*8+8]
		for j := range s {
			s[j] += x * T(y[j])
		}
	}
	to := unsafe.Slice(c, 8)
	for j := range s {
		to[j] = float32(s[j])
	}
}

// tilesPrecise are those of a Precise machine without vector kernels.
var tilesPrecise = []tile{portableTile[float64]}

// tiles are the micro-kernels of the products of projections, by rows.
func (mc *Machine) tiles() []tile {
	if mc.precise && mc.level == Portable {
		return tilesPrecise
	}
	return mc.level.tiles()
}
