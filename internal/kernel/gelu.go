package kernel

import "math"

// The polynomials of the generator, for the portable forms: eˣ - 1 - x from x² on over
// |x| ≤ ln 2 / 2, and Φ(-x)·e^{x²/2} in t = 1/(1 + tailP·x) from t on. Errors 4e-9, 2e-8.
var (
	expCoefficients  = [5]float32{0.49999988079071045, 0.16666512191295624, 0.04166964441537857, 0.008369628340005875, 0.0013748822966590524}
	tailCoefficients = [9]float32{0.08370976895093918, 0.08509919792413712, 0.06897590309381485, 0.12572571635246277, -0.09596225619316101,
		0.3524196445941925, -0.3329671025276184, 0.2849435806274414, -0.0719444677233696}
)

const tailP = 0.21

// exp is eˣ for x ≤ 0; 1.6e-38 below -87, NaN for NaN.
func exp(x float32) float32 {
	if x != x {
		return x
	}
	x = max(x, -87)
	n := float32(math.RoundToEven(float64(x * math.Log2E)))
	x = x - n*0.693359375
	x = x - n*-2.12194440e-4
	p := expCoefficients[4]
	for i := 3; i >= 0; i-- {
		p = p*x + expCoefficients[i]
	}
	p = (p*x+1)*x + 1
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}

// normal is Φ(x), the distribution function of the standard normal, and e^{-x²/2}.
func normal(x float32) (phi, e float32) {
	e = exp(x * x * -0.5)
	t := 1 / (1 + tailP*float32(math.Abs(float64(x))))
	for i := len(tailCoefficients) - 1; i >= 0; i-- {
		phi = phi*t + tailCoefficients[i]
	}
	phi = phi * t * e
	if !(x < 0) {
		phi = 1 - phi
	}
	return phi, e
}

// GELU is y = x·Φ(x), the exact form by the error function. y may be x.
func (mc *Machine) GELU(y, x []float32) {
	if mc.level.vectorGELU(y, x) {
		return
	}
	for i, v := range x {
		phi, _ := normal(v)
		y[i] = v * phi
	}
}

// GELUBackward is dx = dy·(Φ(x) + x·φ(x)).
func (mc *Machine) GELUBackward(dx, dy, x []float32) {
	if mc.level.vectorGELUBackward(dx, dy, x) {
		return
	}
	for i, v := range x {
		phi, e := normal(v)
		dx[i] = dy[i] * (phi + v*e*0.3989422804014327)
	}
}
