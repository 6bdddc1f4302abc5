package op

// Work is memory that the pairs of all projections of a graph compute in, one after the other: for graphs without a
// backward pass, of which nothing is kept. Of many adapters side by side it is as much as that of the largest one.
type Work struct{ h, gated, bt []float32 }

// take gives so many floats for A x and for the gated A x, and for the transpose of B. They hold what the pair before left in
// them. Of a nil Work they are new.
func (w *Work) take(rows, transpose int) (h, gated, bt []float32) {
	if w == nil {
		w = new(Work)
	}
	w.h, w.gated, w.bt = atLeast(w.h, rows), atLeast(w.gated, rows), atLeast(w.bt, transpose)
	return w.h, w.gated, w.bt
}

// atLeast is v, or a new one where that is shorter.
func atLeast(v []float32, n int) []float32 {
	if len(v) < n {
		return make([]float32, n)
	}
	return v
}
