package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// onEveryForm runs f on a machine of each name that New takes here.
func onEveryForm(t *testing.T, f func(t *testing.T, mc *Machine)) {
	for _, name := range Names() {
		mc, err := New(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { f(t, mc) })
	}
}

// rounded is w as the integers hold it, a row at a time.
func rounded(mc *Machine, w []float32, rows, cols int, limit float32) []float32 {
	out := make([]float32, len(w))
	for i := range rows {
		row := w[i*cols : (i+1)*cols]
		by, scale := scaleFor(mc.level.absoluteMaximum(row, nil), limit)
		for j, v := range row {
			out[i*cols+j] = float32(round(v*by)) * scale
		}
	}
	return out
}

func transposed(w []float32, rows, cols int) []float32 {
	t := make([]float32, len(w))
	for i := range rows {
		for j := range cols {
			t[j*rows+i] = w[i*cols+j]
		}
	}
	return t
}

var integerSizes = append([]struct{ rows, out, in int }{
	{2, 16, 16}, {13, 17, 1}, {6, 15, 130}, {31, 48, 255}, {600, 40, 48}, {130, 530, 18}, {5, 100, 700}, {20, 300, 513},
}, sizes...)

// The products are exact up to the rounding of the operands: against float64 products of
// the rounded operands they are as close as float32's own.
func TestIntegerProducts(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, s := range integerSizes {
			w, x, bias := normals(rng, s.out*s.in), normals(rng, s.rows*s.in), normals(rng, s.out)
			f := mc.Pack(I16, w, s.out, s.in)
			if f.Unpack() != nil || f.Precision() != I16 {
				t.Fatal("rounded weights pass for the original ones")
			}
			wq := rounded(mc, w, s.out, s.in, 1<<11-1)
			y := make([]float32, s.rows*s.out)
			f.Forward(y, s.out, x, s.in, s.rows, bias)
			closeTo(t, fmt.Sprintf("forward %+v", s), y, product64(rounded(mc, x, s.rows, s.in, 1<<14-1), wq, s.rows, s.out, s.in, bias), 1e-6)

			dy, dx := normals(rng, s.rows*s.out), make([]float32, s.rows*s.in)
			folded := make([]float32, len(dy)) // dy with the scales of the channels, and w without
			wi := make([]float32, len(w))
			for j := range s.out {
				by, scale := scaleFor(mc.level.absoluteMaximum(w[j*s.in:(j+1)*s.in], nil), 1<<11-1)
				for i := range s.rows {
					folded[i*s.out+j] = dy[i*s.out+j] * scale
				}
				for p := range s.in {
					wi[j*s.in+p] = float32(round(w[j*s.in+p] * by))
				}
			}
			f.Backward(dx, s.in, dy, s.out, s.rows, false)
			want := product64(rounded(mc, folded, s.rows, s.out, 1<<14-1), transposed(wi, s.out, s.in), s.rows, s.in, s.out, nil)
			closeTo(t, fmt.Sprintf("backward %+v", s), dx, want, 1e-6)
			f.Backward(dx, s.in, dy, s.out, s.rows, true)
			for i := range want {
				want[i] *= 2
			}
			closeTo(t, fmt.Sprintf("backward added %+v", s), dx, want, 1e-6)
		}
	})
}

// The same bits on every level, for any number of threads, and for a row alone as inside
// a batch.
func TestIntegerBits(t *testing.T) {
	t.Parallel()
	const rows, out, in = 550, 70, 300
	var forward, backward []float32
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(5, 6))
		f := mc.Pack(I16, normals(rng, out*in), out, in)
		x, dy, bias := normals(rng, rows*in), normals(rng, rows*out), normals(rng, out)
		for _, threads := range []int{1, 2, 3, 8} {
			y, dx, f := make([]float32, rows*out), make([]float32, rows*in), f.On(mc.WithThreads(threads))
			f.Forward(y, out, x, in, rows, bias)
			f.Backward(dx, in, dy, out, rows, false)
			if forward == nil {
				forward, backward = y, dx
			}
			if !slices.Equal(y, forward) || !slices.Equal(dx, backward) {
				t.Errorf("%d threads: other bits", threads)
			}
		}
		for lo := 0; lo < rows; lo += 137 {
			for n := 1; n <= 15 && lo+n <= rows; n++ {
				y, dx := make([]float32, n*out), make([]float32, n*in)
				f.Forward(y, out, x[lo*in:], in, n, bias)
				f.Backward(dx, in, dy[lo*out:], out, n, false)
				if !slices.Equal(y, forward[lo*out:(lo+n)*out]) || !slices.Equal(dx, backward[lo*in:(lo+n)*in]) {
					t.Errorf("rows %d to %d alone: other bits than in the batch", lo, lo+n)
				}
			}
		}
	})
}

// Sums of 64 products of the largest integers stay exact, of either sign.
func TestIntegerExtremes(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		const out, in = 20, 192
		for _, sign := range []float32{1, -1} {
			w, x := make([]float32, out*in), make([]float32, 7*in)
			for i := range w {
				w[i] = 3
			}
			for i := range x {
				x[i] = sign * 5
			}
			y := make([]float32, 7*out)
			mc.Pack(I16, w, out, in).Forward(y, out, x, in, 7, nil)
			for _, v := range y {
				if math.Abs(float64(v-sign*15*in)) > 1e-3 {
					t.Fatalf("%v, want %v", v, sign*15*in)
				}
			}
		}
	})
}

// Rows that cannot be scaled: zeros give the bias, tiny ones zero or what they are, and
// NaN or an infinity anywhere makes the whole row NaN and no other.
func TestIntegerOddRows(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(7, 8))
		const out, in = 33, 40
		w, bias := normals(rng, out*in), normals(rng, out)
		f := mc.Pack(I16, w, out, in)
		x := normals(rng, 6*in)
		clear(x[0:in])
		for i := in; i < 2*in; i++ {
			x[i] = 1e-44
		}
		x[2*in+39] = float32(math.NaN())
		x[3*in+1] = float32(math.Inf(-1))
		for i := 4 * in; i < 5*in; i++ {
			x[i] *= 1e30
		}
		y := make([]float32, 6*out)
		f.Forward(y, out, x, in, 6, bias)
		for i, v := range y {
			switch row := i / out; {
			case row < 2 && v != bias[i%out]:
				t.Errorf("row %d: %v, want the bias %v", row, v, bias[i%out])
			case (row == 2 || row == 3) != (v != v):
				t.Errorf("row %d: %v", row, v)
			}
		}
		w[5*in+3] = float32(math.NaN())
		mc.Pack(I16, w, out, in).Forward(y, out, x[5*in:], in, 1, bias)
		for j, v := range y[:out] {
			if (j == 5) != (v != v) {
				t.Errorf("NaN weight in channel 5: channel %d is %v", j, v)
			}
		}
	})
}

// A stride wider than the matrix: what lies between the columns stays untouched.
func TestIntegerStrides(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(3, 4))
		const rows, out, in, ldy, ldx = 17, 37, 40, 50, 43
		f, x := mc.Pack(I16, normals(rng, out*in), out, in), normals(rng, rows*ldx)
		y, dense, want := make([]float32, rows*ldy), make([]float32, 0, rows*in), make([]float32, rows*out)
		for i := range y {
			y[i] = 7
		}
		f.Forward(y, ldy, x, ldx, rows, nil)
		for i := range rows {
			dense = append(dense, x[i*ldx:i*ldx+in]...)
		}
		f.Forward(want, out, dense, in, rows, nil)
		for i := range rows {
			if !slices.Equal(y[i*ldy:i*ldy+out], want[i*out:(i+1)*out]) {
				t.Errorf("row %d: other bits than without a stride", i)
			}
			for _, v := range y[i*ldy+out : (i+1)*ldy] {
				if v != 7 {
					t.Fatal("wrote between the rows")
				}
			}
		}
	})
}

func TestQuantize(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		rng := rand.New(rand.NewPCG(9, 10))
		for n := 1; n < 40; n++ {
			x, fold := normals(rng, n), normals(rng, n)
			for _, f := range [][]float32{nil, fold} {
				v := slices.Clone(x)
				for i := range f {
					v[i] *= f[i]
				}
				top := float32(0)
				for _, u := range v {
					top = max(top, max(u, -u))
				}
				if got := mc.level.absoluteMaximum(x, f); got != math.Float32bits(top) {
					t.Fatalf("%d: largest magnitude %v, want %v", n, math.Float32frombits(got), top)
				}
				q := make([]int32, (n+7)/8*4)
				for i := range q {
					q[i] = -1
				}
				mc.level.quantizeI16(q, x, f, 1000)
				for i := range 2 * len(q) {
					want := int32(0)
					if i < n {
						want = round(v[i] * 1000)
					}
					if got := int32(int16(q[i/2] >> (i % 2 * 16))); got != want {
						t.Fatalf("%d: value %d is %d, want %d", n, i, got, want)
					}
				}
			}
		}
	})
}
