package op

import (
	"math"
	"sync"

	"github.com/dylora/dylora/internal/kernel"
)

// view is a block of columns of a row-major matrix: element (row, j) is at row·ld + col + j.
type view struct {
	data []float32
	ld   int
	col  int
}

// at is the data from (row, column j of the view) on.
func (v view) at(row, j int) []float32 { return v.data[row*v.ld+v.col+j:] }

// if_ is v, or no view at all.
func (v view) if_(wanted bool) view {
	if wanted {
		return v
	}
	return view{}
}

// core is attention over packed sequences, one (sequence, head) at a time, in blocks of
// query rows so that a tile of scores stays in cache.
type core struct {
	Heads
	machine *kernel.Machine
	mask    kernel.Dropout // of this run

	run  run
	body func(lo, hi int) // computes run; made once
}

// run is what a run computes on: the forward pass where it has a ctx, else the backward.
type run struct {
	l                  Layout
	per                Rows
	ctx, dctx, q, k, v view
	dq, dk, dv         view
}

const blockRows = 64

// scratch holds what one worker needs: a tile of probabilities, one of their gradients,
// and the transposes of a head's keys and values.
type scratch struct{ p, d, k, v []float32 }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// fit makes room for tiles of m rows of n keys, in padded rows of ld.
func (s *scratch) fit(m, ld, size int) {
	if n := m * ld; cap(s.p) < n {
		s.p, s.d = make([]float32, n), make([]float32, n)
	}
	if n := size * ld; cap(s.k) < n {
		s.k, s.v = make([]float32, n), make([]float32, n)
	}
	s.p, s.d, s.k, s.v = s.p[:m*ld], s.d[:m*ld], s.k[:size*ld], s.v[:size*ld]
}

func (h Heads) scale() float32 { return float32(1 / math.Sqrt(float64(h.Size))) }

// start computes r for each (sequence, head), in parallel.
func (c *core) start(r run) {
	if c.run = r; c.body == nil {
		c.body = c.pairs
	}
	c.machine.ParallelTasks(r.l.Sequences()*c.Count, c.body)
}

// pairs computes the (sequence, head) from a to b: first key row, keys, first query row,
// queries, head.
func (c *core) pairs(a, b int) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for i := a; i < b; i++ {
		lo, hi := c.run.l.Span(i / c.Count)
		q0, nq := lo, hi-lo
		if c.run.per == Sequences {
			q0, nq = i/c.Count, 1
		}
		s.fit(min(blockRows, nq), kernel.Padded(hi-lo), c.Size)
		if c.run.ctx.data != nil {
			c.forwardPair(s, lo, hi-lo, q0, nq, i%c.Count)
		} else {
			c.backwardPair(s, lo, hi-lo, q0, nq, i%c.Count)
		}
	}
}

// times computes tile (m, n) = a·bᵀ for m rows of a from row on, with acc in addition to what
// the tile has. bt is scratch for bᵀ, which is made for the first of several blocks of rows;
// a single row is not worth it.
func (c *core) times(tile []float32, a view, row, m int, b view, lo, n, col int, bt []float32, first, acc bool) {
	ld := kernel.Padded(n)
	if c.run.per == Sequences {
		c.machine.MulNT(tile, ld, a.at(row, col), a.ld, b.at(lo, col), b.ld, m, n, c.Size, 1, acc)
		return
	}
	if first {
		c.machine.Transpose(bt, ld, b.at(lo, col), b.ld, n, c.Size)
	}
	c.machine.MulNN(tile, ld, a.at(row, col), a.ld, bt, ld, m, ld, c.Size, 1, acc)
}

// probabilities writes softmax(scale·QKᵀ + bias) for m queries, the block that begins b rows
// after the pair's first, to s.p. The product is added to the bias, which costs less than a
// sum afterwards: the tile is read while its block of products is in registers.
func (c *core) probabilities(s *scratch, b, q0, m, lo, n, head int) {
	ld := kernel.Padded(n)
	if c.Bias != nil {
		c.Bias.write(s.p, ld, head, b, m, n)
	}
	c.times(s.p, c.run.q, q0+b, m, c.run.k, lo, n, head*c.Size, s.k, b == 0, c.Bias != nil)
	c.machine.Softmax(s.p, m, n, ld, c.scale())
}

// dropRows writes the rows of p, (m, n), through the mask to d. An element's index is that
// of its query token, head and key, the same in the forward and the backward pass.
func (c *core) dropRows(d, p []float32, token, m, n, head int) {
	ld := kernel.Padded(n)
	for i := range m {
		c.machine.Dropout(c.mask, d[i*ld:(i+1)*ld], p[i*ld:(i+1)*ld], uint64((token+i)*c.Count+head)<<16)
	}
}

// forward writes ctx = dropout(softmax(scale·QKᵀ + bias))·V.
func (c *core) forward(l Layout, per Rows, ctx, q, k, v view) {
	c.start(run{l: l, per: per, ctx: ctx, q: q, k: k, v: v})
}

func (c *core) forwardPair(s *scratch, lo, n, q0, nq, head int) {
	ctx, v := c.run.ctx, c.run.v
	col, ld := head*c.Size, kernel.Padded(n)
	for b := 0; b < nq; b += blockRows {
		m := min(blockRows, nq-b)
		c.probabilities(s, b, q0, m, lo, n, head)
		if c.Drop.P > 0 {
			c.dropRows(s.p, s.p, lo+b, m, n, head)
		}
		c.machine.MulNN(ctx.at(q0+b, col), ctx.ld, s.p, ld, v.at(lo, col), v.ld, m, c.Size, n, 1, false)
	}
}

// backward writes the gradients that have a view, from dctx. With P the probabilities and
// D the mask:
//
//	dV = (D⊙P)ᵀ·dctx    dP = D ⊙ (dctx·Vᵀ)    dS = scale · P ⊙ (dP - rowsum(dP ⊙ P))
//	dQ = dS·K    dK = dSᵀ·Q
//
// The bias is frozen; it counts in P alone.
func (c *core) backward(l Layout, per Rows, dctx, q, k, v, dq, dk, dv view) {
	c.start(run{l: l, per: per, dctx: dctx, q: q, k: k, v: v, dq: dq, dk: dk, dv: dv})
}

func (c *core) backwardPair(s *scratch, lo, n, q0, nq, head int) {
	dctx, q, k, v := c.run.dctx, c.run.q, c.run.k, c.run.v
	dq, dk, dv := c.run.dq, c.run.dk, c.run.dv
	col, ld := head*c.Size, kernel.Padded(n)
	for b := 0; b < nq; b += blockRows {
		m, more := min(blockRows, nq-b), b > 0
		c.probabilities(s, b, q0, m, lo, n, head)
		dy := dctx.at(q0+b, col)
		if dv.data != nil {
			pd := s.p
			if c.Drop.P > 0 {
				pd = s.d
				c.dropRows(pd, s.p, lo+b, m, n, head)
			}
			c.machine.MulTN(dv.at(lo, col), dv.ld, pd, ld, dy, dctx.ld, n, c.Size, m, 1, more)
		}
		if dq.data == nil && dk.data == nil {
			continue
		}
		c.times(s.d, dctx, q0+b, m, v, lo, n, col, s.v, !more, false)
		if c.Drop.P > 0 {
			c.dropRows(s.d, s.d, lo+b, m, n, head)
		}
		c.machine.SoftmaxBackward(s.d, s.p, m, n, ld, c.scale())
		if dq.data != nil {
			c.machine.MulNN(dq.at(q0+b, col), dq.ld, s.d, ld, k.at(lo, col), k.ld, m, c.Size, n, 1, false)
		}
		if dk.data != nil {
			c.machine.MulTN(dk.at(lo, col), dk.ld, s.d, ld, q.at(q0+b, col), q.ld, n, c.Size, m, 1, more)
		}
	}
}
