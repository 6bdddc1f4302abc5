package kernel

// SumSquares is Σ x², summed in order in float64. It stays scalar: it reads only the
// gradients of what is trained, once a step.
func (mc *Machine) SumSquares(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// Scale multiplies x by s.
func (mc *Machine) Scale(x []float32, s float32) {
	if mc.level.vectorScale(x, s) {
		return
	}
	for i := range x {
		x[i] *= s
	}
}

// AddScaled is y += s·x.
func (mc *Machine) AddScaled(y, x []float32, s float32) {
	if mc.level.vectorAddScaled(y, x, s) {
		return
	}
	for i, v := range x {
		y[i] += s * v
	}
}
