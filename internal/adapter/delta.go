package adapter

import "math"

// Merge returns w + g·B[:, :b]·A[:b, :], the weight (Out, In) of site s merged at rank r
// in [0, R], with b the site's rank or r, whichever is lower, and g as Scale gives it; w is
// left as it is. Sums run in float64 and are rounded once.
func (a *Adapter) Merge(s *Site, w []float32, r int) []float32 {
	merged := make([]float32, len(w))
	row := make([]float64, s.In)
	own, scale := a.Scale(s, r)
	for o := range s.Out {
		clear(row)
		for i := range own {
			g := scale * float64(s.B[o*a.Rank+i])
			for j, x := range s.A[i*s.In:][:s.In] {
				row[j] += g * float64(x)
			}
		}
		for j, d := range row {
			merged[o*s.In+j] = float32(float64(w[o*s.In+j]) + d)
		}
	}
	return merged
}

// DeltaNorm is ‖g·B[:, :b]·A[:b, :]‖ of Merge, Frobenius, without forming the product: with
// the Gram matrices G = A·Aᵀ and H = Bᵀ·B of (r, r), ‖B·A‖² = tr(Bᵀ·B·A·Aᵀ) = Σ GᵢⱼHᵢⱼ.
func (a *Adapter) DeltaNorm(s *Site, r int) float64 {
	sum := 0.0
	own, scale := a.Scale(s, r)
	for i := range own {
		for j := range i + 1 {
			g := dot(s.A[i*s.In:], s.A[j*s.In:], s.In, 1)
			h := dot(s.B[i:], s.B[j:], s.Out, a.Rank)
			if i != j {
				g *= 2
			}
			sum += g * h
		}
	}
	return scale * math.Sqrt(max(sum, 0)) // rounding may leave a zero below zero
}

// dot multiplies n elements of x and y that lie stride apart.
func dot(x, y []float32, n, stride int) (sum float64) {
	for k := range n {
		sum += float64(x[k*stride]) * float64(y[k*stride])
	}
	return sum
}
