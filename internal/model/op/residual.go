package op

import (
	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
)

// Residual joins the two ways in which a gradient reaches a sublayer's input: past the
// sublayer, by the sum in [AddLayerNorm], and through its first projection. Gorgonia would
// add the two in memory of its own; here the projection's gradient begins with the other.
// Both operations find themselves by Of, the input that they share.
type Residual struct {
	Of *G.Node
	ds *G.Node // the gradient past the sublayer, from the time when it is built
}

// joins says whether x is the shared input.
func (r *Residual) joins(x *G.Node) bool { return r != nil && r.Of == x }

// gradient is the nodes to append to the inputs of the gradient of x: one, or none.
func (r *Residual) gradient() G.Nodes {
	if r == nil || r.ds == nil {
		return nil
	}
	return G.Nodes{r.ds}
}

// past is the gradient past a sublayer, for the operation that its own is added to.
type past struct {
	from, to []float32
	cols     int
	rows     func(lo, hi int)
}

// begin copies rows rows of the gradient past the sublayer to dx, if there is one, and
// says whether the product is to be added to it.
func (p *past) begin(mc *kernel.Machine, dx []float32, past [][]float32, rows, cols int) (accumulate bool) {
	if len(past) == 0 {
		return false
	}
	if p.from, p.to, p.cols = past[0], dx, cols; p.rows == nil {
		p.rows = func(lo, hi int) { copy(p.to[lo*p.cols:hi*p.cols], p.from[lo*p.cols:hi*p.cols]) }
	}
	mc.Parallel(rows, 64, p.rows)
	return true
}
