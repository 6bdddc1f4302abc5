package kernel

import (
	"math"
	"slices"
)

// Activation is a function that is applied element by element between the linear maps of a
// feed-forward layer or a head. The zero value is GELU.
type Activation int

// The functions with loops of their own; ParseActivation knows more.
const (
	GELU Activation = iota // x·Φ(x)
	ReLU                   // max(x, 0)
)

// function is an activation: names in ACT2FN of Transformers' activations.py, and either the
// gate of x·σ(x·(a + b·x²)), or the function and its derivative.
type function struct {
	names    []string
	a, b     float32
	f, slope func(x float64) float64
}

// functions are those without weights of their own, by Activation. The forms of GELU by tanh
// are gates, since (1 + tanh u)/2 = σ(2u); they differ in the order of operations alone.
var functions = [...]function{
	GELU: {names: []string{"gelu", "gelu_python"}},
	ReLU: {names: []string{"relu"}},
	2: {names: []string{"gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate", "gelu_fast"},
		a: 2 * 0.7978845608028654, b: 2 * 0.7978845608028654 * 0.044715},
	3: {names: []string{"silu", "swish"}, a: 1},
	4: {names: []string{"quick_gelu"}, a: 1.702},
	5: {names: []string{"gelu_10"}, f: func(x float64) float64 { return min(x*distribution(x), 10) }, slope: func(x float64) float64 {
		return inside(x*distribution(x), -10, 10) * (distribution(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi))
	}},
	6: {names: []string{"relu6"}, f: func(x float64) float64 { return min(max(x, 0), 6) }, slope: func(x float64) float64 { return inside(x, 0, 6) }},
	7: {names: []string{"relu2"}, f: func(x float64) float64 { return max(x, 0) * max(x, 0) }, slope: func(x float64) float64 { return 2 * max(x, 0) }},
	8: {names: []string{"leaky_relu"}, f: func(x float64) float64 { return max(x, 0) + 0.01*min(x, 0) }, slope: func(x float64) float64 {
		return 0.01 + 0.99*inside(x, 0, math.Inf(1))
	}},
	9: {names: []string{"hardswish"}, f: func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 }, slope: func(x float64) float64 {
		return inside(x, -3, 3)*(x/3+0.5) + inside(x, 3, math.Inf(1))
	}},
	10: {names: []string{"linear"}, f: func(x float64) float64 { return x }, slope: func(float64) float64 { return 1 }},
	11: {names: []string{"sigmoid"}, f: logistic, slope: func(x float64) float64 { return logistic(x) * logistic(-x) }},
	12: {names: []string{"tanh"}, f: math.Tanh, slope: func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }},
	13: {names: []string{"mish"}, f: func(x float64) float64 { return x * math.Tanh(softplus(x)) }, slope: func(x float64) float64 {
		t := math.Tanh(softplus(x))
		return t + x*logistic(x)*(1-t*t)
	}},
	14: {names: []string{"laplace"}, f: func(x float64) float64 { return (1 + math.Erf(standard(x))) / 2 }, slope: func(x float64) float64 {
		return math.Exp(-standard(x)*standard(x)) / math.Sqrt(math.Pi) / (laplaceSigma * math.Sqrt2)
	}},
	15: {names: []string{"sqrtsoftplus"}, f: func(x float64) float64 { return math.Sqrt(softplus(x)) }, slope: func(x float64) float64 {
		if softplus(x) == 0 { // both underflow
			return 0
		}
		return logistic(x) / (2 * math.Sqrt(softplus(x)))
	}},
}

// Mean and deviation of LaplaceActivation.
const laplaceMu, laplaceSigma = 0.707107, 0.282095

func standard(x float64) float64     { return (x - laplaceMu) / (laplaceSigma * math.Sqrt2) }
func logistic(x float64) float64     { return 1 / (1 + math.Exp(-x)) }
func distribution(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// softplus is log(1 + eˣ), and x where both are the same number in float32.
func softplus(x float64) float64 {
	if x > 20 {
		return x
	}
	return math.Log1p(math.Exp(x))
}

// inside is 1 for x between low and high, and 0 elsewhere.
func inside(x, low, high float64) float64 {
	if x > low && x < high {
		return 1
	}
	return 0
}

// ParseActivation finds a function by its name in ACT2FN; ok is false for one that is unknown,
// or that has weights of its own (prelu, xielu).
func ParseActivation(name string) (f Activation, ok bool) {
	i := slices.IndexFunc(functions[:], func(f function) bool { return slices.Contains(f.names, name) })
	return Activation(max(i, 0)), i >= 0
}

// Activations are the names that ParseActivation knows, those of one function side by side.
func Activations() (names []string) {
	for _, f := range functions {
		names = append(names, f.names...)
	}
	return names
}

// String is the function's first name.
func (f Activation) String() string { return functions[f].names[0] }

// Activate is y = f(x). y may be x.
func (mc *Machine) Activate(f Activation, y, x []float32) {
	fn := &functions[f]
	switch {
	case f == GELU:
		mc.GELU(y, x)
	case f == ReLU:
		for i, v := range x {
			y[i] = max(v, 0)
		}
	case fn.f == nil:
		mc.gated(y, x, fn.a, fn.b)
	default:
		for i, v := range x {
			y[i] = float32(fn.f(float64(v)))
		}
	}
}

// ActivateBackward is dx = dy·f'(x).
func (mc *Machine) ActivateBackward(f Activation, dx, dy, x []float32) {
	fn := &functions[f]
	switch {
	case f == GELU:
		mc.GELUBackward(dx, dy, x)
	case f == ReLU:
		for i, v := range x {
			d := dy[i]
			if v <= 0 {
				d = 0
			}
			dx[i] = d
		}
	case fn.f == nil:
		mc.gatedBackward(dx, dy, x, fn.a, fn.b)
	default:
		for i, v := range x {
			dx[i] = dy[i] * float32(fn.slope(float64(v)))
		}
	}
}
