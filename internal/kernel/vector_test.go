package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func phi64(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func TestGELU(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		var x []float32
		for v := float32(-12); v <= 12; v += 0.00391 {
			x = append(x, v)
		}
		y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range dy {
			dy[i] = 1
		}
		mc.GELU(y, x)
		mc.GELUBackward(dx, dy, x)
		for i, v := range x {
			z := float64(v)
			if d := math.Abs(float64(y[i]) - z*phi64(z)); d > 2e-7*max(1, math.Abs(z)) {
				t.Fatalf("gelu(%v) is off by %g", v, d)
			}
			want := phi64(z) + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
			if d := math.Abs(float64(dx[i]) - want); d > 3e-7 {
				t.Fatalf("gelu'(%v) is off by %g", v, d)
			}
		}
	})
}

// Every length up to four vectors: the tail is computed, and nothing beyond it touched.
func TestTails(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(1, 1))
		for n := range 70 {
			x := normals(rng, n+1)
			y := slices.Clone(x)
			mc.GELU(y[:n], x[:n])
			for i := range n {
				if d := math.Abs(float64(y[i]) - float64(x[i])*phi64(float64(x[i]))); d > 1e-6 {
					t.Fatalf("n = %d: element %d is off by %g", n, i, d)
				}
			}
			z := slices.Clone(x)
			mc.Scale(z[:n], 3)
			mc.AddScaled(z[:n], x[:n], -2)
			for i := range n {
				if math.Abs(float64(z[i]-x[i])) > 1e-5 {
					t.Fatalf("n = %d: 3x - 2x is %v, not %v", n, z[i], x[i])
				}
			}
			if y[n] != x[n] || z[n] != x[n] {
				t.Fatalf("n = %d: wrote beyond the end", n)
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(2, 1))
		for _, cols := range []int{1, 2, 7, 8, 9, 16, 31, 64, 100, 512} {
			const rows = 3
			scale := float32(0.05) // flat: where one element is all, its gradient cancels
			ld := Padded(cols) + 5
			x, dy := normals(rng, rows*ld), normals(rng, rows*ld)
			for i := range x {
				x[i] *= 10
			}
			before, d := slices.Clone(x), slices.Clone(dy)
			mc.Softmax(x, rows, cols, ld, scale)
			mc.SoftmaxBackward(d, x, rows, cols, ld, scale)
			for i := range rows {
				want, sum, dot := make([]float64, cols), 0.0, 0.0
				for j := range cols {
					want[j] = math.Exp(float64(scale * before[i*ld+j]))
					sum += want[j]
				}
				for j := range want {
					want[j] /= sum
					dot += want[j] * float64(dy[i*ld+j])
				}
				closeTo(t, "softmax", x[i*ld:i*ld+cols], want, 1e-6)
				for j := range want {
					want[j] *= float64(scale) * (float64(dy[i*ld+j]) - dot)
				}
				if cols > 1 {
					closeTo(t, "its gradient", d[i*ld:i*ld+cols], want, 2e-6)
				}
				for j := cols; j < Padded(cols); j++ {
					if x[i*ld+j] != 0 || d[i*ld+j] != 0 {
						t.Fatalf("%d columns: column %d is %v and its gradient %v, want zeros", cols, j, x[i*ld+j], d[i*ld+j])
					}
				}
				if end := i*ld + Padded(cols); !slices.Equal(x[end:end+5], before[end:end+5]) || !slices.Equal(d[end:end+5], dy[end:end+5]) {
					t.Fatal("wrote between the rows")
				}
			}
		}
	})
}

// Scores of any size: nothing overflows.
func TestSoftmaxOfLargeScores(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(9, 1))
		for _, cols := range []int{1, 7, 8, 31, 64, 100, 512} {
			x := normals(rng, Padded(cols))
			for i := range x {
				x[i] *= 1000
			}
			want, sum := make([]float64, cols), 0.0
			top := slices.Max(x[:cols])
			for j := range want {
				want[j] = math.Exp(float64(x[j]-top) / 100)
				sum += want[j]
			}
			for j := range want {
				want[j] /= sum
			}
			mc.Softmax(x, 1, cols, len(x), 0.01)
			closeTo(t, "softmax", x[:cols], want, 2e-6)
		}
	})
}

func TestTranspose(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(8, 1))
		for _, s := range [][3]int{{1, 1, 1}, {8, 8, 8}, {15, 64, 16}, {5, 19, 5}, {7, 32, 16}, {768, 8, 768}, {8, 100, 8}, {30, 20, 32}} {
			rows, cols, ldd := s[0], s[1], s[2]
			lds := cols + 3
			src, dst := normals(rng, rows*lds), make([]float32, cols*ldd)
			mc.Transpose(dst, ldd, src, lds, rows, cols)
			for i := range rows {
				for j := range cols {
					if dst[j*ldd+i] != src[i*lds+j] {
						t.Fatalf("%v: element (%d, %d) is %v, want %v", s, i, j, dst[j*ldd+i], src[i*lds+j])
					}
				}
			}
		}
	})
}

func TestNaNShows(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		x := make([]float32, 20)
		x[3], x[17] = nan, inf
		y := make([]float32, 20)
		mc.GELU(y, x)
		if y[3] == y[3] || y[17] != inf {
			t.Errorf("gelu of NaN and Inf: %v, %v", y[3], y[17])
		}
		row := slices.Clone(x[:16])
		mc.Softmax(row, 1, 16, 16, 1)
		if row[0] == row[0] {
			t.Errorf("softmax swallowed a NaN: %v", row)
		}
		gamma := make([]float32, 20)
		mc.AddLayerNorm(y, x, nil, gamma, gamma, 1, 20, 1e-5)
		if y[0] == y[0] {
			t.Errorf("layer norm swallowed a NaN: %v", y)
		}
	})
}

func norm64(s, gamma, beta []float64, eps float64) []float64 {
	mean, v := 0.0, 0.0
	for _, x := range s {
		mean += x / float64(len(s))
	}
	for _, x := range s {
		v += (x - mean) * (x - mean) / float64(len(s))
	}
	y := make([]float64, len(s))
	for i, x := range s {
		y[i] = (x-mean)/math.Sqrt(v+eps)*gamma[i] + beta[i]
	}
	return y
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func TestLayerNorm(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(3, 1))
		for _, cols := range []int{3, 7, 16, 32, 33, 100, 768} { // two columns always normalise to ±1: no gradient to check
			const rows, eps = 2, 1e-5
			a, b, gamma, beta, dy := normals(rng, rows*cols), normals(rng, rows*cols), normals(rng, cols), normals(rng, cols), normals(rng, rows*cols)
			y, ds := make([]float32, rows*cols), make([]float32, rows*cols)
			for _, second := range [][]float32{b, nil} {
				mc.AddLayerNorm(y, a, second, gamma, beta, rows, cols, eps)
				mc.AddLayerNormBackward(ds, dy, a, second, gamma, rows, cols, eps)
				for i := range rows {
					lo, hi := i*cols, (i+1)*cols
					s := widen(a[lo:hi])
					if second != nil {
						for j := range s {
							s[j] += float64(b[lo+j])
						}
					}
					closeTo(t, "layer norm", y[lo:hi], norm64(s, widen(gamma), widen(beta), eps), 2e-6)
					closeTo(t, "its gradient", ds[lo:hi], difference(s, dy[lo:hi], gamma, beta, eps), 1e-4)
				}
			}
		}
	})
}

// difference is the gradient of Σ dy·LN(s) by central differences in float64.
func difference(s []float64, dy, gamma, beta []float32, eps float64) []float64 {
	f := func() (sum float64) {
		for i, y := range norm64(s, widen(gamma), widen(beta), eps) {
			sum += y * float64(dy[i])
		}
		return sum
	}
	g := make([]float64, len(s))
	for i := range s {
		const h = 1e-5
		x := s[i]
		s[i] = x + h
		up := f()
		s[i] = x - h
		g[i] = (up - f()) / (2 * h)
		s[i] = x
	}
	return g
}

func TestAdamW(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(4, 1))
		const n, lr, b1, b2, eps, decay = 37, 0.01, 0.9, 0.999, 1e-8, 0.1
		w := normals(rng, n)
		m, v := make([]float32, n), make([]float32, n)
		w64, m64, v64 := widen(w), make([]float64, n), make([]float64, n)
		for step := 1; step <= 100; step++ {
			g := normals(rng, n)
			o := AdamW{lr, b1, b2, eps, decay, 1 - math.Pow(b1, float64(step)), 1 - math.Pow(b2, float64(step))}
			mc.AdamW(o, w, g, m, v)
			for i := range w64 {
				x := float64(g[i])
				w64[i] *= 1 - lr*decay
				m64[i] = b1*m64[i] + (1-b1)*x
				v64[i] = b2*v64[i] + (1-b2)*x*x
				w64[i] -= lr * (m64[i] / o.Correction1) / (math.Sqrt(v64[i]/o.Correction2) + eps)
			}
		}
		closeTo(t, "weights after 100 steps", w, w64, 1e-5)
	})
}

func TestDropout(t *testing.T) {
	t.Parallel()
	mc := best(t, 0)
	const n, p = 1 << 18, 0.1
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	masks := map[string][]float32{}
	for name, d := range map[string]Dropout{
		"base": {P: p, Seed: 1, Step: 5, Site: 2}, "other seed": {P: p, Seed: 2, Step: 5, Site: 2},
		"other step": {P: p, Seed: 1, Step: 6, Site: 2}, "other site": {P: p, Seed: 1, Step: 5, Site: 3},
	} {
		y := make([]float32, n)
		mc.Dropout(d, y, x, 0)
		var dropped, sum float64
		for _, v := range y {
			if v == 0 {
				dropped++
			}
			sum += float64(v)
		}
		sd := math.Sqrt(p * (1 - p) / n)
		if math.Abs(dropped/n-p) > 5*sd || math.Abs(sum/n-1) > 6*sd {
			t.Errorf("%s: %v dropped, mean %v", name, dropped/n, sum/n)
		}
		masks[name] = y
	}
	for name, y := range masks {
		both := 0.0
		for i := range y {
			if y[i] == 0 && masks["base"][i] == 0 {
				both++
			}
		}
		if want := p * p; name != "base" && math.Abs(both/n-want) > 5*math.Sqrt(want/n) {
			t.Errorf("%s: masks are not independent, %v dropped in both", name, both/n)
		}
	}
}

// Every level makes the mask of the portable form, also where the lower half of the
// index wraps.
func TestDropoutBits(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 1))
	x := normals(rng, 1000)
	for _, base := range []uint64{0, 5, 1<<32 - 300, 7 << 40} {
		masks := map[Level][]float32{}
		for _, l := range Levels() {
			masks[l] = make([]float32, len(x))
			At(l, 0).Dropout(Dropout{P: 0.3, Seed: 1, Step: 2, Site: 3}, masks[l], x, base)
		}
		for l, y := range masks {
			if !slices.Equal(y, masks[Portable]) {
				t.Errorf("base %d: %s makes another mask than the portable form", base, l)
			}
		}
	}
}

// In pieces, at any alignment, as at once.
func TestDropoutPieces(t *testing.T) {
	t.Parallel()
	mc := best(t, 0)
	rng := rand.New(rand.NewPCG(5, 1))
	x := normals(rng, 200)
	d := Dropout{P: 0.3, Seed: 9, Step: 1, Site: 4}
	whole := make([]float32, len(x))
	mc.Dropout(d, whole, x, 11)
	for cut := range len(x) {
		y := slices.Clone(x)
		mc.Dropout(d, y[:cut], y[:cut], 11)
		mc.Dropout(d, y[cut:], y[cut:], 11+uint64(cut))
		if !slices.Equal(y, whole) {
			t.Fatalf("cut at %d: other bits than at once", cut)
		}
	}
	copied := make([]float32, len(x))
	mc.Dropout(Dropout{}, copied, x, 0)
	if !slices.Equal(copied, x) {
		t.Error("without P the elements are not copied")
	}
}
