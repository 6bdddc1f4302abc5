package kernel

import "math"

// AdamW is the rule of one step of Loshchilov and Hutter's optimizer with decoupled decay.
// The corrections are 1 - βᵗ for the t-th update, t from 1.
type AdamW struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Correction1, Correction2           float64
}

// AdamW updates w and the moments m and v by the gradient g, in PyTorch's order:
//
//	w ← w·(1 - lr·decay)    m ← m + (1 - β₁)(g - m)    v ← β₂·v + (1 - β₂)·g²
//	w ← w - lr/c₁ · m / (√v/√c₂ + eps)
func (mc *Machine) AdamW(o AdamW, w, g, m, v []float32) {
	decay, b1 := float32(1-o.LR*o.WeightDecay), float32(1-o.Beta1)
	b2, c2 := float32(o.Beta2), float32(1-o.Beta2)
	root, eps, step := float32(math.Sqrt(o.Correction2)), float32(o.Eps), float32(o.LR/o.Correction1)
	if mc.level.vectorAdamW(w, g, m, v, decay, b1, b2, c2, root, eps, step) {
		return
	}
	for i, gi := range g {
		m[i] += b1 * (gi - m[i])
		v[i] = b2*v[i] + c2*gi*gi
		w[i] = w[i]*decay - step*m[i]/(float32(math.Sqrt(float64(v[i])))/root+eps)
	}
}
