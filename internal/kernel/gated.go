package kernel

// gate is s = σ(z), and its derivative σ(z)·(1 - σ(z)); both keep their relative accuracy
// where z is far below 0.
func gate(z float32) (s, slope float32) {
	e := exp(-max(z, -z))
	d := 1 / (1 + e)
	if s = d; z < 0 {
		s = e * d
	}
	return s, e * d * d
}

// gated is y = x·σ(x·(a + b·x²)): SiLU, and GELU by tanh or by a logistic function. y may be x.
func (mc *Machine) gated(y, x []float32, a, b float32) {
	if mc.level.vectorGated(y, x, a, b) {
		return
	}
	for i, v := range x {
		s, _ := gate(v * (a + b*v*v))
		y[i] = v * s
	}
}

// gatedBackward is dx = dy·(σ(z) + x·σ'(z)·(a + 3·b·x²)), z = x·(a + b·x²).
func (mc *Machine) gatedBackward(dx, dy, x []float32, a, b float32) {
	if mc.level.vectorGatedBackward(dx, dy, x, a, b) {
		return
	}
	for i, v := range x {
		s, slope := gate(v * (a + b*v*v))
		dx[i] = dy[i] * (s + v*slope*(a+3*b*v*v))
	}
}
