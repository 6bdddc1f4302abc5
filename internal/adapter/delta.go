package adapter

import "math"

// Merge returns w + g·B[:, :b]·A[:b, :], the weight (Out, In) of module m merged at rank r
// in [0, R], with b the module's rank or r, whichever is lower, and g as Scale gives it; w is
// left as it is. Sums run in float64 and are rounded once.
func (a *Adapter) Merge(m *Module, w []float32, r int) []float32 {
	merged := make([]float32, len(w))
	row := make([]float64, m.In)
	own, scale := a.Scale(m, r)
	for o := range m.Out {
		clear(row)
		for i := range own {
			g := scale * float64(m.B[o*a.Rank+i])
			for j, x := range m.A[i*m.In:][:m.In] {
				row[j] += g * float64(x)
			}
		}
		for j, d := range row {
			merged[o*m.In+j] = float32(float64(w[o*m.In+j]) + d)
		}
	}
	return merged
}

// DeltaNorm is ‖g·B[:, :b]·A[:b, :]‖ of Merge, Frobenius, without forming the product: with
// the Gram matrices G = A·Aᵀ and H = Bᵀ·B of (r, r), ‖B·A‖² = tr(Bᵀ·B·A·Aᵀ) = Σ GᵢⱼHᵢⱼ.
func (a *Adapter) DeltaNorm(m *Module, r int) float64 {
	sum := 0.0
	own, scale := a.Scale(m, r)
	for i := range own {
		for j := range i + 1 {
			g := dot(m.A[i*m.In:], m.A[j*m.In:], m.In, 1)
			h := dot(m.B[i:], m.B[j:], m.Out, a.Rank)
			if i != j {
				g *= 2
			}
			sum += g * h
		}
	}
	return scale * math.Sqrt(max(sum, 0)) // rounding may leave a zero below zero
}

// ChangesNothing says whether base model and adapter compute the same at every rank but for the
// head, because B·A is zero in every module rank by rank, and nothing of the base model is
// replaced. So is an adapter that was never trained: its B are all zero.
func (a *Adapter) ChangesNothing() bool {
	if len(a.Biases)+len(a.Saved) > 0 {
		return false
	}
	for i := range a.Modules {
		m := &a.Modules[i]
		for r := range a.rankOf(m) {
			if !isZero(m.A[r*m.In:], m.In, 1) && !isZero(m.B[r:], m.Out, a.Rank) {
				return false
			}
		}
	}
	return true
}

// isZero says whether n elements of x that lie stride apart are all zero.
func isZero(x []float32, n, stride int) bool {
	for k := range n {
		if x[k*stride] != 0 {
			return false
		}
	}
	return true
}

// dot multiplies n elements of x and y that lie stride apart.
func dot(x, y []float32, n, stride int) (sum float64) {
	for k := range n {
		sum += float64(x[k*stride]) * float64(y[k*stride])
	}
	return sum
}
