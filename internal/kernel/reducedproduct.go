package kernel

import "unsafe"

// forward is y = x·Wᵀ + bias.
func (m *reduced) forward(mc *Machine, y []float32, ldy int, x []float32, ldx, rows int, bias []float32) {
	g := mc.scratch.reducedProducts.Get().(*reducedProduct)
	g.m, g.k, g.n, g.depth, g.transposed = m, m.in, m.out, m.depth, false
	g.scale, g.bias, g.accumulate = m.scale, bias, false
	g.product(mc, y, ldy, x, ldx, rows, m.fold)
}

// backward is dx = dy·W, or is added to dx. The scale of each channel goes into dy before
// dy is quantised, so both directions use the same integers.
func (m *reduced) backward(mc *Machine, dx []float32, ldx int, dy []float32, ldy, rows int, accumulate bool) {
	per := m.perWord * wordStep
	g := mc.scratch.reducedProducts.Get().(*reducedProduct)
	g.m, g.k, g.n, g.depth, g.transposed = m, m.out, m.in, (m.out+per-1)/per*wordStep, true
	g.scale, g.bias, g.accumulate = nil, nil, accumulate
	g.product(mc, dx, ldx, dy, ldy, rows, m.scale)
}

// reducedProduct is C (rows, n) = A (rows, k) · B.
type reducedProduct struct {
	m          *reduced
	k, n       int
	depth      int // words of k
	transposed bool
	scale      []float32 // of each column; nil: 1
	bias       []float32
	accumulate bool

	// Of the rows that are rounded at a time.
	a, c, fold    []float32
	lda, ldc      int
	q             quantized
	rows, height  int   // height: of a block
	ends          []int // of the tasks, as in gemm
	inputs, tasks func(lo, hi int)

	scratch *scratch // that it belongs to
}

func newReducedProduct(s *scratch) *reducedProduct {
	g := &reducedProduct{scratch: s}
	g.inputs = func(lo, hi int) { g.q.round(&g.m.coding, g.a, g.lda, g.k, g.fold, lo, hi) }
	g.tasks = g.run
	return g
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

func newReducedWorkspace() *reducedWorkspace {
	w := new(reducedWorkspace)
	for i := range w.ones {
		w.ones[i] = 1
	}
	return w
}

// product computes all rows, so many at a time that their integers stay in the cache, and
// gives g back.
func (g *reducedProduct) product(mc *Machine, c []float32, ldc int, a []float32, lda, rows int, fold []float32) {
	g.lda, g.ldc, g.fold = lda, ldc, fold
	n := (rows + rowsAtOnce - 1) / rowsAtOnce
	for i := range n {
		lo, hi := i*rows/n, (i+1)*rows/n
		g.a, g.c, g.rows = a[lo*lda:], c[lo*ldc:], hi-lo
		g.part(mc)
	}
	g.m, g.a, g.c, g.fold, g.scale, g.bias = nil, nil, nil, nil, nil, nil
	g.scratch.reducedProducts.Put(g)
}

// part computes the rows at hand: blocks of rows times groups of panels.
func (g *reducedProduct) part(mc *Machine) {
	g.q.resize(g.rows, g.depth)
	mc.Parallel(g.rows, 8, g.inputs)
	most, per := rowsForward, len(g.m.tiles)
	if g.transposed {
		most = rowsBackward
	}
	blocks := (g.rows + most - 1) / most
	g.height = ((g.rows+blocks-1)/blocks + per - 1) / per * per
	blocks = (g.rows + g.height - 1) / g.height
	g.ends = appendTasks(g.ends[:0], blocks, g.count(), mc.Threads())
	mc.parallel(len(g.ends), len(g.ends), g.tasks)
}

// count is the number of panels.
func (g *reducedProduct) count() int { return (g.n + g.m.form.width - 1) / g.m.form.width }

// run computes the tasks [lo, hi).
func (g *reducedProduct) run(lo, hi int) {
	w := g.scratch.reducedWorkspaces.Get().(*reducedWorkspace)
	defer g.scratch.reducedWorkspaces.Put(w)
	count := g.count()
	for t := lo; t < hi; t++ {
		from, to := 0, g.ends[t]
		if t > 0 {
			from = g.ends[t-1]
		}
		block := from / count
		m0 := block * g.height
		m := min(g.height, g.rows-m0)
		for p := from - block*count; p < to-block*count; p++ {
			g.panel(w, p, m0, m)
			g.descale(w, p, m0, m)
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
			rows := min(len(tiles), m-r)
			g.prefetch(p, k0+wordBlock, m0, r, rows, m)
			tiles[rows-1](words, g.q.at(m0+r, k0), b, &w.sum[r*f.width])
		}
	}
}

// prefetch asks for the part of the next slice of B that falls to rows rows from r on of m,
// and in the last slice of a panel for their tile of C.
func (g *reducedProduct) prefetch(p, k0, m0, r, rows, m int) {
	f := g.m.form
	if k0 >= g.depth {
		prefetch(&g.c[(m0+r)*g.ldc+p*f.width], g.ldc, rows)
		p, k0 = p+1, 0
	}
	if !g.transposed {
		lines := wordBlock * f.width / 16
		lo, hi := lines*r/m, lines*(r+rows)/m
		if at := (p*g.depth+k0)*f.width + 16*lo; lo < hi && at < len(g.m.data) {
			prefetch((*float32)(unsafe.Pointer(&g.m.data[at])), 16, hi-lo)
		}
		return
	}
	outputs := 2 * wordBlock / f.width // panels that a slice comes from
	for i := outputs * r / m; i < outputs*(r+rows)/m; i++ {
		if at := (2*k0/f.width+i)*g.m.panel() + p*f.width/2*f.width; at < len(g.m.data) {
			prefetch((*float32)(unsafe.Pointer(&g.m.data[at])), 16, f.width*f.width/32)
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
