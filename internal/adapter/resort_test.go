package adapter_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// product is B[:, :r]·A[:r, :] of a module, (Out, In).
func product(a *adapter.Adapter, m *adapter.Module, r int) *mat.Dense {
	p := mat.NewDense(m.Out, m.In, nil)
	for o := range m.Out {
		for j := range m.In {
			for i := range r {
				p.Set(o, j, p.At(o, j)+float64(m.B[o*a.Rank+i])*float64(m.A[i*m.In+j]))
			}
		}
	}
	return p
}

// distance is ‖(x − y)·half‖, Frobenius; half nil is the identity.
func distance(x, y, half *mat.Dense) float64 {
	var d mat.Dense
	d.Sub(x, y)
	if half != nil {
		d.Mul(mat.DenseCopyOf(&d), half)
	}
	return mat.Norm(&d, 2)
}

// tail gives the error of the best approximation of x of rank r: the root of the sum of the squares
// of the singular values beyond r (Eckart, Young).
func tail(x mat.Matrix, r int) float64 {
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDNone) {
		panic("no SVD")
	}
	sum := 0.0
	for _, s := range svd.Values(nil)[min(r, len(svd.Values(nil))):] {
		sum += s * s
	}
	return math.Sqrt(sum)
}

// covariance is C and C^½ of random inputs of the given dimension, some directions a hundred times as large as others.
func covariance(r *rand.Rand, in int) (c, half *mat.Dense) {
	half = mat.NewDense(in, in, nil)
	for i := range in {
		scale := math.Pow(10, -2*r.Float64())
		for j := range in {
			half.Set(j, i, scale*r.NormFloat64())
		}
	}
	c = mat.NewDense(in, in, nil)
	c.Mul(half, half.T())
	return c, half // half·halfᵀ is C, so ‖X·half‖ is ‖X·C^½‖
}

// momentsOf is A·C·Aᵀ of a module, with as many rows as A has.
func momentsOf(a *adapter.Adapter, m *adapter.Module, c *mat.Dense) []float64 {
	x := mat.NewDense(a.Rank, m.In, nil)
	for i, v := range m.A {
		x.Set(i/m.In, i%m.In, float64(v))
	}
	var h mat.Dense
	h.Product(x, c, x.T())
	return h.RawMatrix().Data
}

// TestResort: the product stays, and every prefix is as near to it as one of its rank can be, in the norm that
// is asked for, as the singular values of the whole product say.
func TestResort(t *testing.T) {
	t.Parallel()
	for _, weighted := range []bool{false, true} {
		t.Run(fmt.Sprintf("weighted %t", weighted), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				a := drawModule(t)
				m := &a.Modules[0]
				own := rapid.IntRange(1, a.Rank).Draw(t, "own rank")
				if own < a.Rank { // rows beyond it are zeros
					m.Rank = own
					clear(m.A[own*m.In:])
					for o := range m.Out {
						clear(m.B[o*a.Rank+own:][:a.Rank-own])
					}
				}
				c, half := covariance(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), m.In)
				var moments map[string][]float64
				if weighted {
					moments = map[string][]float64{m.Name: momentsOf(a, m, c)}
				} else {
					half = nil
				}
				before := product(a, m, a.Rank)
				size := norm(m.A) * norm(m.B)
				if err := a.Resort(moments); err != nil {
					t.Fatal(err)
				}
				if d := distance(before, product(a, m, a.Rank), nil); d > 1e-6*size {
					t.Fatalf("the product moved by %g, of ‖A‖·‖B‖ = %g", d, size)
				}
				target, scale := mat.Matrix(before), size
				if weighted {
					var x mat.Dense
					x.Mul(before, half)
					target, scale = &x, size*mat.Norm(half, 2)
				}
				for r := range own + 1 {
					got, best := distance(before, product(a, m, r), half), tail(target, r)
					if got > best*(1+1e-4)+1e-4*scale*1e-2 {
						t.Fatalf("rank %d is %g from the product, the best possible is %g", r, got, best)
					}
				}
			})
		})
	}
}

// TestResortBalance: column and row of a rank have the same norm, the largest product comes first, columns of B are
// at right angles, and doing it twice changes nothing but rounding.
func TestResortBalance(t *testing.T) {
	t.Parallel()
	a := trained(t)
	if err := a.Resort(nil); err != nil {
		t.Fatal(err)
	}
	once := a.Clone()
	for i := range a.Modules {
		m := &a.Modules[i]
		last := math.Inf(1)
		for r := range a.Rank {
			row, column := norm(m.A[r*m.In:][:m.In]), make([]float32, m.Out)
			for o := range m.Out {
				column[o] = m.B[o*a.Rank+r]
			}
			if math.Abs(row-norm(column)) > 1e-6*row {
				t.Errorf("%s, rank %d: norms %g and %g", m.Name, r+1, row, norm(column))
			}
			if row > last {
				t.Errorf("%s: rank %d contributes more than the one before", m.Name, r+1)
			}
			last = row
			if largest := slices.MaxFunc(column, func(x, y float32) int { return int(math.Copysign(1, math.Abs(float64(x))-math.Abs(float64(y)))) }); largest < 0 {
				t.Errorf("%s, rank %d: the largest value of the column is %g, below zero", m.Name, r+1, largest)
			}
			for s := range r {
				sum := 0.0
				for o := range m.Out {
					sum += float64(m.B[o*a.Rank+s]) * float64(column[o])
				}
				if math.Abs(sum) > 1e-6*row*row {
					t.Errorf("%s: columns %d and %d are not at right angles: %g", m.Name, s+1, r+1, sum)
				}
			}
		}
	}
	if err := a.Resort(nil); err != nil {
		t.Fatal(err)
	}
	for i := range a.Modules {
		for k, x := range a.Modules[i].A {
			if y := once.Modules[i].A[k]; math.Abs(float64(x-y)) > 1e-5 {
				t.Fatalf("%s: the second time moves A[%d] from %g to %g", a.Modules[i].Name, k, y, x)
			}
		}
	}
}

// TestResortSpare: what B·A does not need stays free to learn: zeros in B, and in A rows that are at right angles to all
// others. An adapter that is not trained stays as it is, to the bit.
func TestResortSpare(t *testing.T) {
	t.Parallel()
	a := trained(t)
	for i := range a.Modules {
		m := &a.Modules[i]
		for o := range m.Out { // the third column repeats the first, the fourth is zero
			m.B[o*a.Rank+2], m.B[o*a.Rank+3] = m.B[o*a.Rank], 0
		}
	}
	before := product(a, &a.Modules[1], 4)
	mean := norm(a.Modules[1].A) / 2
	if err := a.Resort(nil); err != nil {
		t.Fatal(err)
	}
	m := &a.Modules[1]
	if d := distance(before, product(a, m, 2), nil); d > 1e-5 {
		t.Errorf("two ranks are %g from the product of rank 2", d)
	}
	for r := 2; r < 4; r++ {
		for o := range m.Out {
			if m.B[o*a.Rank+r] != 0 {
				t.Errorf("B[%d, %d] = %g", o, r, m.B[o*a.Rank+r])
			}
		}
		row := m.A[r*m.In:][:m.In]
		if math.Abs(norm(row)-mean) > 1e-5 {
			t.Errorf("row %d has norm %g, want %g", r, norm(row), mean)
		}
		for s := range r {
			sum := 0.0
			for j, x := range m.A[s*m.In:][:m.In] {
				sum += float64(x) * float64(row[j])
			}
			if math.Abs(sum) > 1e-5 {
				t.Errorf("rows %d and %d are not at right angles: %g", s, r, sum)
			}
		}
	}
	for i := range a.Modules {
		clear(a.Modules[i].B)
	}
	untrained := a.Clone()
	if err := a.Resort(map[string][]float64{m.Name: make([]float64, 16)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(untrained, a); diff != "" {
		t.Errorf("an untrained adapter changed (-was +is):\n%s", diff)
	}
}

// TestResortUnexcited: directions in which no input goes are kept, behind those that matter, in their plain order.
func TestResortUnexcited(t *testing.T) {
	t.Parallel()
	a := &adapter.Adapter{Rank: 3, Alpha: 3, Modules: []adapter.Module{{Name: "m", In: 3, Out: 3,
		A: []float32{1, 0, 0, 0, 1, 0, 0, 0, 1}, B: []float32{1, 0, 0, 0, 2, 0, 0, 0, 5}}}}
	m := &a.Modules[0]
	before := product(a, m, 3)
	if err := a.Resort(map[string][]float64{"m": {0.5, 0, 0, 0, 0, 0, 0, 0, 0}}); err != nil { // inputs along the first axis
		t.Fatal(err)
	}
	if d := distance(before, product(a, m, 3), nil); d > 1e-6 {
		t.Errorf("the product moved by %g", d)
	}
	for r, want := range []float32{1, 5, 2} {
		if got := m.A[r*3:][:3][[]int{0, 2, 1}[r]]; math.Abs(float64(got*got-want)) > 1e-5 {
			t.Errorf("rank %d: A %v, want %g², of B·A = diag(1, 2, 5)", r+1, m.A[r*3:][:3], want)
		}
	}
}

func TestResortRefuses(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	name := trained(t).Modules[1].Name
	tests := map[string]struct {
		change  func(m *adapter.Module)
		moments map[string][]float64
		want    string
	}{
		"NaN in A":             {change: func(m *adapter.Module) { m.A[3] = nan }, want: "finite"},
		"infinite B":           {change: func(m *adapter.Module) { m.B[3] = inf }, want: "finite"},
		"moments of no module": {moments: map[string][]float64{"other": make([]float64, 16)}, want: "1 modules"},
		"too few moments":      {moments: map[string][]float64{name: make([]float64, 15)}, want: "15 moments"},
		"NaN in moments":       {moments: map[string][]float64{name: slices.Repeat([]float64{math.NaN()}, 16)}, want: "moments"},
	}
	for name, tt := range tests {
		a := trained(t)
		if tt.change != nil {
			tt.change(&a.Modules[1])
		}
		before := a.Clone().Fingerprint()
		if err := a.Resort(tt.moments); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v does not say %q", name, err, tt.want)
		}
		if a.Fingerprint() != before {
			t.Errorf("%s: the adapter changed", name)
		}
	}
}
