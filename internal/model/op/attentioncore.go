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
	mask kernel.Dropout // of this run
}

const blockRows = 64

// scratch holds the tiles of one worker: probabilities, and their gradients.
type scratch struct{ p, d []float32 }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// take gives two tiles of n elements.
func (s *scratch) take(n int) (p, d []float32) {
	if cap(s.p) < n {
		s.p, s.d = make([]float32, n), make([]float32, n)
	}
	return s.p[:n], s.d[:n]
}

func (c *core) scale() float32 { return float32(1 / math.Sqrt(float64(c.Size))) }

// pairs calls f for each (sequence, head), in parallel: f(first key row, keys, first
// query row, queries, head).
func (c *core) pairs(l Layout, per Rows, f func(s *scratch, lo, n, q0, nq, head int)) {
	kernel.Parallel(l.Sequences()*c.Count, 1, func(a, b int) {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		for i := a; i < b; i++ {
			lo, hi := l.Span(i / c.Count)
			q0, nq := lo, hi-lo
			if per == Sequences {
				q0, nq = i/c.Count, 1
			}
			f(s, lo, hi-lo, q0, nq, i%c.Count)
		}
	})
}

// probabilities fills p (m, n) with softmax(scale·q·kᵀ) for m query rows from q0 on.
func (c *core) probabilities(p []float32, q, k view, q0, m, lo, n, col int) {
	kernel.MulNT(p, n, q.at(q0, col), q.ld, k.at(lo, col), k.ld, m, n, c.Size, c.scale(), false)
	kernel.Softmax(p, m, n, n)
}

// dropRows applies the mask to the rows of p, (m, n). An element's index is that of its
// query token, head and key, the same in the forward and the backward pass.
func (c *core) dropRows(p []float32, token, m, n, head int) {
	for i := range m {
		row := p[i*n : (i+1)*n]
		c.mask.Apply(row, row, uint64((token+i)*c.Count+head)<<16)
	}
}

// forward writes ctx = dropout(softmax(scale·QKᵀ))·V.
func (c *core) forward(l Layout, per Rows, ctx, q, k, v view) {
	c.pairs(l, per, func(s *scratch, lo, n, q0, nq, head int) {
		col := head * c.Size
		for b := 0; b < nq; b += blockRows {
			m := min(blockRows, nq-b)
			p, _ := s.take(m * n)
			c.probabilities(p, q, k, q0+b, m, lo, n, col)
			if c.Drop.P > 0 {
				c.dropRows(p, lo+b, m, n, head)
			}
			kernel.MulNN(ctx.at(q0+b, col), ctx.ld, p, n, v.at(lo, col), v.ld, m, c.Size, n, 1, false)
		}
	})
}

// backward writes the gradients that have a view, from dctx. With P the probabilities and
// D the mask:
//
//	dV = (D⊙P)ᵀ·dctx    dP = D ⊙ (dctx·Vᵀ)    dS = P ⊙ (dP - rowsum(dP ⊙ P))
//	dQ = scale · dS·K    dK = scale · dSᵀ·Q
func (c *core) backward(l Layout, per Rows, dctx, q, k, v, dq, dk, dv view) {
	c.pairs(l, per, func(s *scratch, lo, n, q0, nq, head int) {
		col := head * c.Size
		for b := 0; b < nq; b += blockRows {
			m, more := min(blockRows, nq-b), b > 0
			p, d := s.take(m * n)
			c.probabilities(p, q, k, q0+b, m, lo, n, col)
			dy := dctx.at(q0+b, col)
			if dv.data != nil {
				pd := p
				if c.Drop.P > 0 {
					pd = d
					copy(pd, p)
					c.dropRows(pd, lo+b, m, n, head)
				}
				kernel.MulTN(dv.at(lo, col), dv.ld, pd, n, dy, dctx.ld, n, c.Size, m, 1, more)
			}
			if dq.data == nil && dk.data == nil {
				continue
			}
			kernel.MulNT(d, n, dy, dctx.ld, v.at(lo, col), v.ld, m, n, c.Size, 1, false)
			if c.Drop.P > 0 {
				c.dropRows(d, lo+b, m, n, head)
			}
			softmaxBackward(d, p, m, n)
			if dq.data != nil {
				kernel.MulNN(dq.at(q0+b, col), dq.ld, d, n, k.at(lo, col), k.ld, m, c.Size, n, c.scale(), false)
			}
			if dk.data != nil {
				kernel.MulTN(dk.at(lo, col), dk.ld, d, n, q.at(q0+b, col), q.ld, n, c.Size, m, c.scale(), more)
			}
		}
	})
}

// softmaxBackward turns d = dP into dS = P ⊙ (dP - rowsum(dP ⊙ P)), rows of n.
func softmaxBackward(d, p []float32, m, n int) {
	for i := range m {
		di, pi := d[i*n:(i+1)*n], p[i*n:(i+1)*n]
		var sum float32
		for j, x := range di {
			sum += x * pi[j]
		}
		for j, x := range di {
			di[j] = pi[j] * (x - sum)
		}
	}
}
