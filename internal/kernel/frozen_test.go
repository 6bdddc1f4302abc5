package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

func normals(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// best is a machine with the best instruction set, on that many threads.
func best(t testing.TB, threads int) *Machine {
	t.Helper()
	mc, err := New("", threads)
	if err != nil {
		t.Fatal(err)
	}
	return mc
}

// onEveryLevel runs f on a machine of each level that this processor has.
func onEveryLevel(t *testing.T, f func(t *testing.T, mc *Machine)) {
	for _, l := range Levels() {
		t.Run(l.String(), func(t *testing.T) { f(t, At(l, 0)) })
	}
}

// closeTo compares with a float64 reference: the largest difference against the largest
// magnitude, the measure that the reference outputs use too.
func closeTo(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	var diff, size float64
	at := 0
	for i, w := range want {
		size = max(size, math.Abs(w))
		if d := math.Abs(float64(got[i]) - w); d > diff || math.IsNaN(d) {
			diff, at = d, i
			if math.IsNaN(d) {
				t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], w)
			}
		}
	}
	if diff > tol*size {
		t.Errorf("%s: off by %.3g of %.3g at %d, tolerance %.0g", what, diff, size, at, tol)
	}
}

func product64(x, w []float32, rows, out, in int, bias []float32) []float64 {
	y := make([]float64, rows*out)
	for i := range rows {
		for j := range out {
			s := 0.0
			if bias != nil {
				s = float64(bias[j])
			}
			for p := range in {
				s += float64(x[i*in+p]) * float64(w[j*in+p])
			}
			y[i*out+j] = s
		}
	}
	return y
}

var sizes = []struct{ rows, out, in int }{
	{1, 1, 1}, {3, 2, 32}, {14, 32, 16}, {15, 33, 17}, {29, 64, 300}, {113, 40, 257}, {7, 31, 512}, {32, 96, 256}, {225, 65, 33},
}

func TestFrozenProducts(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, s := range sizes {
			w, x, bias := normals(rng, s.out*s.in), normals(rng, s.rows*s.in), normals(rng, s.out)
			f := mc.Pack(Float32, w, s.out, s.in)
			if !slices.Equal(f.Unpack(), w) {
				t.Fatalf("%+v: Unpack is not what was packed", s)
			}
			y := make([]float32, s.rows*s.out)
			f.Forward(y, s.out, x, s.in, s.rows, bias)
			closeTo(t, fmt.Sprintf("forward %+v", s), y, product64(x, w, s.rows, s.out, s.in, bias), 1e-6)
			f.Forward(y, s.out, x, s.in, s.rows, nil)
			closeTo(t, fmt.Sprintf("forward without bias %+v", s), y, product64(x, w, s.rows, s.out, s.in, nil), 1e-6)

			dy, wt := normals(rng, s.rows*s.out), make([]float32, len(w))
			for j := range s.out {
				for p := range s.in {
					wt[p*s.out+j] = w[j*s.in+p]
				}
			}
			dx := make([]float32, s.rows*s.in)
			f.Backward(dx, s.in, dy, s.out, s.rows, false)
			want := product64(dy, wt, s.rows, s.in, s.out, nil)
			closeTo(t, fmt.Sprintf("backward %+v", s), dx, want, 1e-6)
			f.Backward(dx, s.in, dy, s.out, s.rows, true)
			for i := range want {
				want[i] *= 2
			}
			closeTo(t, fmt.Sprintf("backward added %+v", s), dx, want, 1e-6)
		}
	})
}

// A stride wider than the matrix: what lies between the columns stays untouched.
func TestFrozenStrides(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(3, 4))
		const rows, out, in, ldy, ldx = 17, 37, 40, 50, 43
		w, x := normals(rng, out*in), normals(rng, rows*ldx)
		y := make([]float32, rows*ldy)
		for i := range y {
			y[i] = 7
		}
		mc.Pack(Float32, w, out, in).Forward(y, ldy, x, ldx, rows, nil)
		dense := make([]float32, 0, rows*in)
		for i := range rows {
			dense = append(dense, x[i*ldx:i*ldx+in]...)
		}
		want := product64(dense, w, rows, out, in, nil)
		for i := range rows {
			closeTo(t, "row", y[i*ldy:i*ldy+out], want[i*out:(i+1)*out], 1e-6)
			for _, v := range y[i*ldy+out : (i+1)*ldy] {
				if v != 7 {
					t.Fatal("wrote between the rows")
				}
			}
		}
	})
}

// The same bits for any number of threads, and for a row alone as inside a batch.
func TestFrozenBits(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(5, 6))
		const rows, out, in = 150, 70, 300
		f := mc.Pack(Float32, normals(rng, out*in), out, in)
		x, bias := normals(rng, rows*in), normals(rng, out)
		want := make([]float32, rows*out)
		f.On(mc.WithThreads(1)).Forward(want, out, x, in, rows, bias)
		for _, threads := range []int{2, 3, 8} {
			got := make([]float32, rows*out)
			f.On(mc.WithThreads(threads)).Forward(got, out, x, in, rows, bias)
			if !slices.Equal(got, want) {
				t.Errorf("%d threads: other bits than with one", threads)
			}
		}
		for lo := 0; lo < rows; lo += 37 {
			for n := 1; n <= 15 && lo+n <= rows; n++ {
				got := make([]float32, n*out)
				f.Forward(got, out, x[lo*in:], in, n, bias)
				if !slices.Equal(got, want[lo*out:(lo+n)*out]) {
					t.Errorf("rows %d to %d alone: other bits than in the batch", lo, lo+n)
				}
			}
		}
	})
}

func TestFrozenAllocatesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("short tests run under the race detector, with which pools drop at random what they hold")
	}
	f := best(t, 2).Pack(Float32, make([]float32, 64*64), 64, 64)
	x, y := make([]float32, 30*64), make([]float32, 30*64)
	step := func() {
		f.Forward(y, 64, x, 64, 30, nil)
		f.Backward(x, 64, y, 64, 30, true)
	}
	step()
	if n := testing.AllocsPerRun(100, step); n > 0 {
		t.Errorf("%v allocations in a product and its gradient", n)
	}
}

// What the gradient's panels are made from: squares of a panel, transposed.
func TestTransposedSlices(t *testing.T) {
	t.Parallel()
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, s := range []struct{ out, in int }{{1, 1}, {16, 16}, {40, 70}, {33, 300}, {300, 64}} {
			w := normals(rng, s.out*s.in)
			f := mc.Pack(Float32, w, s.out, s.in)
			o := f.panels.operand(mc.level, true)
			buf := make([]float32, blockK*32)
			for p := range o.count() {
				for k0 := 0; k0 < o.k; k0 += blockK {
					k := min(blockK, o.k-k0)
					b := unsafe.Slice(o.slice(buf, p, k0, k), k*o.width)
					for i, v := range b {
						row, col := k0+i/o.width, p*o.width+i%o.width
						want := float32(0)
						if col < s.in {
							want = w[row*s.in+col]
						}
						if v != want {
							t.Fatalf("%+v: panel %d, row %d, column %d is %v, want %v", s, p, row, col, v, want)
						}
					}
				}
			}
		}
	})
}

func BenchmarkFrozen(b *testing.B) {
	for _, s := range []struct{ rows, out, in int }{{512, 3072, 768}, {512, 768, 3072}, {480, 2304, 768}, {512, 1024, 256}, {32, 768, 768}} {
		rng := rand.New(rand.NewPCG(1, 2))
		w, x := normals(rng, s.out*s.in), normals(rng, s.rows*s.in)
		y := make([]float32, s.rows*s.out)
		for _, l := range Levels()[1:] {
			f := At(l, 0).Pack(Float32, w, s.out, s.in)
			f.Backward(x, s.in, y, s.out, 1, true)
			flops := 2 * float64(s.rows) * float64(s.out) * float64(s.in)
			name := fmt.Sprintf("%dx%dx%d/%s", s.rows, s.out, s.in, l)
			b.Run("forward/"+name, func(b *testing.B) {
				for b.Loop() {
					f.Forward(y, s.out, x, s.in, s.rows, nil)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
			b.Run("backward/"+name, func(b *testing.B) {
				for b.Loop() {
					f.Backward(x, s.in, y, s.out, s.rows, false)
				}
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// BenchmarkPeak is the micro-kernel alone, its operands in the L1 cache: what the
// products above are measured against.
func BenchmarkPeak(b *testing.B) {
	const k = 64
	for _, l := range Levels()[1:] {
		tiles := l.tiles()
		rows, width := len(tiles), l.width()
		w := new(workspace)
		panel, c := make([]float32, k*width), make([]float32, rows*width)
		b.Run(l.String(), func(b *testing.B) {
			for b.Loop() {
				for range 1000 {
					tiles[rows-1](k, &w.a[0], aStride, &panel[0], &c[0], width, &c[0], width)
				}
			}
			b.ReportMetric(2*1000*float64(rows*width*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
