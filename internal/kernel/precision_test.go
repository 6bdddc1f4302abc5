package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Products of bytes are exact up to the rounding of the operands, with a factor for each
// input channel and without.
func TestInt8Products(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, s := range integerSizes {
			w, x, bias := normals(rng, s.out*s.in), normals(rng, s.rows*s.in), normals(rng, s.out)
			spread := make([]float32, s.in)
			for i := range spread {
				spread[i] = float32(math.Exp2(rng.NormFloat64()))
			}
			for _, by := range [][]float32{nil, spread} {
				ws, xs := make([]float32, len(w)), make([]float32, len(x))
				for i, v := range w {
					ws[i] = v
					if by != nil {
						ws[i] *= by[i%s.in]
					}
				}
				for i, v := range x {
					xs[i] = v
					if by != nil {
						xs[i] *= 1 / by[i%s.in]
					}
				}
				y := make([]float32, s.rows*s.out)
				f := mc.PackSpread(Int8, w, s.out, s.in, by)
				f.Forward(y, s.out, x, s.in, s.rows, bias)
				want := product64(rounded(mc, xs, s.rows, s.in, 127), rounded(mc, ws, s.out, s.in, 127), s.rows, s.out, s.in, bias)
				closeTo(t, fmt.Sprintf("%+v, factors %t", s, by != nil), y, want, 1e-6)
			}
		}
	})
}

// Sums are exact however large: the same bits on every level, with any threads, and for a
// row alone.
func TestInt8Bits(t *testing.T) {
	t.Parallel()
	const rows, out, in = 300, 70, 3100
	var want []float32
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(17, 18))
		w, x, bias := normals(rng, out*in), normals(rng, rows*in), normals(rng, out)
		for i := range in { // one channel and one row of the largest integers
			w[i], x[i] = 1, -1
		}
		f := mc.Pack(Int8, w, out, in)
		for _, threads := range []int{1, 2, 3} {
			y := make([]float32, rows*out)
			f.On(mc.WithThreads(threads)).Forward(y, out, x, in, rows, bias)
			if want == nil {
				want = y
			}
			if !slices.Equal(y, want) {
				t.Errorf("%d threads: other bits", threads)
			}
		}
		for n := 1; n <= 15; n++ {
			y := make([]float32, n*out)
			f.Forward(y, out, x, in, n, bias)
			if !slices.Equal(y, want[:n*out]) {
				t.Errorf("%d rows alone: other bits than in the batch", n)
			}
		}
		if got := float64(want[0] - bias[0]); math.Abs(got+in) > 1e-2 {
			t.Errorf("the largest integers sum to %v, want %v", got, -in)
		}
	})
}

// Products of bfloat16 against the rounded operands' in float64.
func TestBF16Products(t *testing.T) {
	t.Parallel()
	bf16 := func(v []float32) []float32 {
		r := make([]float32, len(v))
		for i, u := range v {
			r[i] = math.Float32frombits(bfloat16(u) << 16)
		}
		return r
	}
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, s := range integerSizes {
			w, x, bias := normals(rng, s.out*s.in), normals(rng, s.rows*s.in), normals(rng, s.out)
			f, y := mc.Pack(BF16, w, s.out, s.in), make([]float32, s.rows*s.out)
			f.Forward(y, s.out, x, s.in, s.rows, bias)
			closeTo(t, fmt.Sprintf("forward %+v", s), y, product64(bf16(x), bf16(w), s.rows, s.out, s.in, bias), 2e-6)
		}
	})
}

func TestBF16Rounding(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		nan, inf := math.Float32frombits(0x7f800001), float32(math.Inf(1))
		x := []float32{1, 1.00390625, 1.01171875, -1.003907, 0, nan, inf, -inf, math.MaxFloat32, 1.5, float32(math.NaN())}
		want := []uint32{0x3f80, 0x3f80, 0x3f82, 0xbf81, 0, 0x7fc0, 0x7f80, 0xff80, 0x7f80, 0x3fc0, 0x7fc0}
		q := make([]int32, 8)
		mc.level.roundBF16(q, x, nil)
		for i, w := range want {
			if got := uint32(q[i/2]) >> (i % 2 * 16) & 0xffff; got != w {
				t.Errorf("%v is %#x, want %#x", x[i], got, w)
			}
		}
	})
}

func TestQuantizeInt8(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(15, 16))
		for n := 1; n < 40; n++ {
			x, fold := normals(rng, n), normals(rng, n)
			for _, f := range [][]float32{nil, fold} {
				q := make([]int32, (n+7)/8*2)
				mc.level.quantizeInt8(q, x, f, 20)
				for i, v := range x {
					if f != nil {
						v *= f[i]
					}
					if got := q[i/4] >> (i % 4 * 8) & 255; got != round(v*20)+128 {
						t.Fatalf("%d: value %d is %d, want %d", n, i, got, round(v*20)+128)
					}
				}
			}
		}
	})
}

func TestPrecisionNames(t *testing.T) {
	t.Parallel()
	for _, p := range Precisions() {
		if got, err := ParsePrecision(p.String()); got != p || err != nil {
			t.Errorf("%s: %v, %v", p, got, err)
		}
	}
	if _, err := ParsePrecision("float8"); err == nil {
		t.Error("float8 is a precision")
	}
	for name, want := range map[string]bool{"": true, "avx2": true, "avx2+vnni": true, "avx512+vnni+bf16": true, "avx2+vnni+bf16": false, "avx2+": false, "portable+vnni": false, "+vnni": false} {
		if Known(name) != want {
			t.Errorf("Known(%q) is %t", name, !want)
		}
	}
	for _, name := range Names() {
		if !Known(name) {
			t.Errorf("%s is here, but not known", name)
		}
	}
}

// The kernels with all extensions lack nothing, and the portable one everything.
func TestPrecisionLacks(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		name := mc.Name()
		for p, has := range map[Precision]bool{
			Float32: true, I16: name != "portable", Int8: strings.Contains(name, "+vnni"), BF16: strings.Contains(name, "+bf16"),
		} {
			if why := mc.Lacks(p); has != (why == "") {
				t.Errorf("%s lacks %q", p, why)
			}
		}
	})
}
