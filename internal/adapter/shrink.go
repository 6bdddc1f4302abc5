package adapter

import "cmp"

// Levelled is a copy of a, over weights of its own, that computes the same at its rank R and has that scale at every
// rank: Constant. So a prefix of B·A is scaled as it is in the whole product, which it is nearest to after Resort. With
// Paper the same prefix of rank b would be R/b times as large. Of heads by rank it has that of R for all, as
// its lower ranks are to answer as R does.
func (a *Adapter) Levelled() *Adapter {
	c := a.Clone()
	c.Alpha, c.Scaling, c.ScalingRank, c.Heads = 0, Constant, 0, nil
	alphas := make([]float64, len(a.Modules))
	for i := range a.Modules {
		_, scale := a.Scale(&a.Modules[i], a.Rank)
		alphas[i] = scale * float64(a.Rank)
		if c.Alpha == 0 && a.rankOf(&a.Modules[i]) == a.Rank { // R is the largest of the modules' ranks
			c.Alpha = alphas[i]
		}
	}
	c.Alpha = cmp.Or(c.Alpha, alphas[0])
	for i := range c.Modules {
		if c.Modules[i].Alpha = alphas[i]; alphas[i] == c.Alpha {
			c.Modules[i].Alpha = 0
		}
	}
	return c
}

// Shrink makes an adapter of rank r whose update is the best approximation, of that rank in each module, of a's: Resort with the
// moments, and Slice of the Levelled. It shares no memory with a.
func (a *Adapter) Shrink(r int, moments map[string][]float64) (*Adapter, error) {
	c := a.Levelled()
	if err := c.Resort(moments); err != nil {
		return nil, err
	}
	return c.Slice(r)
}

// Kept says how much of the whole update is in that of each rank r from 1 to R: 1 − ‖ΔW − ΔW(r)‖²/‖ΔW‖², Frobenius, over all
// modules together. It is below 0 where the update of a rank is farther from the whole than none is, and 1 where
// the whole is zero.
func (a *Adapter) Kept() []float64 {
	kept, whole := make([]float64, a.Rank), 0.0
	for i := range a.Modules {
		m := &a.Modules[i]
		gram := a.gram(m)
		rest := make([]float64, a.rankOf(m)) // what of the scale of each row is missing
		for r := a.Rank; r >= 0; r-- {
			_, full := a.Scale(m, a.Rank)
			own, scale := a.Scale(m, r)
			for i := range rest {
				rest[i] = full
				if i < own {
					rest[i] -= scale
				}
			}
			if missing := quadratic(gram, rest); r == 0 {
				whole += missing
			} else {
				kept[r-1] -= missing
			}
		}
	}
	for i := range kept {
		if whole > 0 {
			kept[i] /= whole
		}
		kept[i]++
	}
	return kept
}

// gram are the products (aᵢ·aⱼ)(bᵢ·bⱼ) of the rows of A and the columns of B, which are those of the terms bᵢ·aᵢ
// of B·A; (r, r), r the module's rank.
func (a *Adapter) gram(m *Module) []float64 {
	r := a.rankOf(m)
	g := make([]float64, r*r)
	for i := range r {
		for j := range i + 1 {
			g[i*r+j] = dot(m.A[i*m.In:], m.A[j*m.In:], m.In, 1) * dot(m.B[i:], m.B[j:], m.Out, a.Rank)
			g[j*r+i] = g[i*r+j]
		}
	}
	return g
}

// quadratic is xᵀ·g·x.
func quadratic(g, x []float64) (sum float64) {
	for i := range x {
		for j := range x {
			sum += x[i] * g[i*len(x)+j] * x[j]
		}
	}
	return sum
}
