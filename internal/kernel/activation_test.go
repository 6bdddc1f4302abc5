package kernel

import (
	"math"
	"slices"
	"testing"
)

// published are the functions as activations.py of Transformers writes them.
var published = map[string]func(x float64) float64{
	"gelu":              func(x float64) float64 { return x * phi64(x) },
	"gelu_python":       func(x float64) float64 { return x * phi64(x) },
	"gelu_10":           func(x float64) float64 { return min(max(x*phi64(x), -10), 10) },
	"gelu_new":          geluNew,
	"gelu_accurate":     geluNew,
	"gelu_pytorch_tanh": geluNew,
	"gelu_python_tanh":  geluNew,
	"gelu_fast":         func(x float64) float64 { return 0.5 * x * (1 + math.Tanh(x*0.7978845608*(1+0.044715*x*x))) },
	"quick_gelu":        func(x float64) float64 { return x / (1 + math.Exp(-1.702*x)) },
	"silu":              func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	"swish":             func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	"relu":              func(x float64) float64 { return max(x, 0) },
	"relu6":             func(x float64) float64 { return min(max(x, 0), 6) },
	"relu2":             func(x float64) float64 { return max(x, 0) * max(x, 0) },
	"leaky_relu":        func(x float64) float64 { return max(x, 0.01*x) },
	"hardswish":         func(x float64) float64 { return x * min(max(x+3, 0), 6) / 6 },
	"linear":            func(x float64) float64 { return x },
	"sigmoid":           func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	"tanh":              math.Tanh,
	"mish":              func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) },
	"laplace": func(x float64) float64 {
		return 0.5 * (1 + math.Erf((x-0.707107)/(0.282095*math.Sqrt(2))))
	},
	"sqrtsoftplus": func(x float64) float64 { return math.Sqrt(math.Log1p(math.Exp(x))) },
}

func geluNew(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
}

// TestActivations: on every level each function is the published one within the rounding of
// float32, and its gradient is the slope of the published one.
func TestActivations(t *testing.T) {
	t.Parallel()
	var x []float32
	for v := float32(-12); v <= 12; v += 0.00391 {
		x = append(x, v)
	}
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		for _, name := range Activations() {
			f, ok := ParseActivation(name)
			want := published[name]
			if !ok || want == nil {
				t.Fatalf("%s: known %t, published %t", name, ok, want != nil)
			}
			y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
			for i := range dy {
				dy[i] = -2
			}
			mc.Activate(f, y, x)
			mc.ActivateBackward(f, dx, dy, x)
			for i, v := range x {
				z := float64(v)
				if d := math.Abs(float64(y[i]) - want(z)); !(d <= 2e-7*max(1, math.Abs(want(z)))) {
					t.Fatalf("%s(%v) is off by %g", name, v, d)
				}
				const h = 1e-4
				if slices.ContainsFunc([]float64{-3, 0, 3, 6, 10}, func(corner float64) bool { return math.Abs(z-corner) < 2*h }) {
					continue // the differences of some function have no meaning there
				}
				slope := (want(z+h) - want(z-h)) / (2 * h)
				if d := math.Abs(float64(dx[i])/-2 - slope); !(d <= 1e-6*max(1, math.Abs(slope))) {
					t.Fatalf("%s'(%v) is off by %g", name, v, d)
				}
			}
		}
	})
}

// TestActivationEnds: large arguments, NaN, every length of the tail, and the result in the
// place of the argument.
func TestActivationEnds(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		for _, name := range Activations() {
			f, _ := ParseActivation(name)
			far := []float32{-1e4, -90, 1e4, 90, float32(math.NaN())}
			y, dx := make([]float32, len(far)), make([]float32, len(far))
			mc.Activate(f, y, far)
			mc.ActivateBackward(f, dx, []float32{1, 1, 1, 1, 1}, far)
			for i, v := range far[:4] {
				want := published[name](float64(v))
				if math.IsNaN(want) || math.IsInf(want, 0) { // eˣ overflows where it is written like this
					want = float64(v)
					if name == "sqrtsoftplus" {
						want = math.Sqrt(want)
					}
				}
				if d := math.Abs(float64(y[i]) - want); !(d <= 1e-6*max(1, math.Abs(want))) || dx[i] != dx[i] {
					t.Errorf("%s(%v) is %v with slope %v, want %v", name, v, y[i], dx[i], want)
				}
			}
			if last := y[4]; last == last {
				t.Errorf("%s(NaN) is %v", name, last)
			}
			whole := ramp(70)
			mc.Activate(f, whole, whole)
			for n := range 70 {
				x := ramp(70)
				before := x[n]
				mc.Activate(f, x[:n], x[:n])
				if !slices.Equal(x[:n], whole[:n]) || x[n] != before {
					t.Fatalf("%s: %d elements differ from those of a longer slice, or more was written", name, n)
				}
			}
		}
	})
}

// ramp is n numbers around 0.
func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((i*37)%23)/4 - 3
	}
	return v
}

// TestParseActivation: what has weights of its own, and what is not of ACT2FN, is unknown.
func TestParseActivation(t *testing.T) {
	for _, name := range []string{"prelu", "xielu", "", "GELU", "erf"} {
		if f, ok := ParseActivation(name); ok {
			t.Errorf("%q is %s", name, f)
		}
	}
	for _, name := range Activations() {
		f, ok := ParseActivation(name)
		if again, _ := ParseActivation(f.String()); !ok || again != f {
			t.Errorf("%q is %s, which is %s", name, f, again)
		}
	}
}

// BenchmarkActivation is nanoseconds per thousand elements, forwards and backwards.
func BenchmarkActivation(b *testing.B) {
	x := ramp(1000)
	y, dy := make([]float32, len(x)), ramp(len(x))
	for _, level := range Levels() {
		mc := At(level, 1)
		for _, name := range []string{"gelu", "gelu_new", "silu", "relu", "tanh"} {
			f, _ := ParseActivation(name)
			b.Run(level.String()+"/"+name+"/forward", func(b *testing.B) {
				for b.Loop() {
					mc.Activate(f, y, x)
				}
			})
			b.Run(level.String()+"/"+name+"/backward", func(b *testing.B) {
				for b.Loop() {
					mc.ActivateBackward(f, y, dy, x)
				}
			})
		}
	}
}
