package adapter_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

// drawModule makes an adapter of one small module.
func drawModule(t *rapid.T) *adapter.Adapter {
	rank, in, out := rapid.IntRange(1, 5).Draw(t, "rank"), rapid.IntRange(1, 6).Draw(t, "in"), rapid.IntRange(1, 6).Draw(t, "out")
	values := func(n int) []float32 {
		return rapid.SliceOfN(rapid.Float32Range(-4, 4), n, n).Draw(t, "values")
	}
	return &adapter.Adapter{Rank: rank, Alpha: rapid.Float64Range(0.5, 32).Draw(t, "alpha"),
		Modules: []adapter.Module{{Name: "s", In: in, Out: out, A: values(rank * in), B: values(out * rank)}}}
}

// delta is (α/r)·Σ B[o,i]·A[i,j], written out.
func delta(a *adapter.Adapter, r, o, j int) (d float64) {
	s := a.Modules[0]
	for i := range r {
		d += a.Alpha / float64(r) * float64(s.B[o*a.Rank+i]) * float64(s.A[i*s.In+j])
	}
	return d
}

func TestMergeAndNorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawModule(t)
		s := &a.Modules[0]
		r := rapid.IntRange(0, a.Rank).Draw(t, "r")
		w := rapid.SliceOfN(rapid.Float32Range(-1, 1), s.In*s.Out, s.In*s.Out).Draw(t, "w")
		before := slices.Clone(w)
		merged, squares := a.Merge(s, w, r), 0.0
		for o := range s.Out {
			for j := range s.In {
				d := delta(a, r, o, j)
				squares += d * d
				want := float64(w[o*s.In+j]) + d
				if got := float64(merged[o*s.In+j]); math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
					t.Fatalf("merged[%d,%d] = %v, want %v", o, j, got, want)
				}
			}
		}
		if !slices.Equal(w, before) {
			t.Fatal("Merge changed the weight it was given")
		}
		// The Gram form loses half the digits where terms cancel, so the scale is that of
		// the terms, not of the sum.
		scale := a.Alpha / float64(max(r, 1)) * norm(s.A) * norm(s.B)
		if got, want := a.DeltaNorm(s, r), math.Sqrt(squares); math.Abs(got-want) > 1e-7*scale+1e-12 {
			t.Fatalf("DeltaNorm = %v, want %v", got, want)
		}
	})
}

func norm(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// TestMergeSlice: a slice merges as the whole does at the slice's rank.
func TestMergeSlice(t *testing.T) {
	a := trained(t)
	w := make([]float32, 5*6)
	for r := 1; r <= a.Rank; r++ {
		cut, err := a.Slice(r)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Modules {
			if !slices.Equal(a.Merge(&a.Modules[i], w, r), cut.Merge(&cut.Modules[i], w, r)) {
				t.Errorf("rank %d, %s: the slice merges differently", r, a.Modules[i].Name)
			}
			if a.DeltaNorm(&a.Modules[i], r) != cut.DeltaNorm(&cut.Modules[i], r) {
				t.Errorf("rank %d, %s: the slice's norm differs", r, a.Modules[i].Name)
			}
		}
	}
}

// An update is zero where no rank has both a row of A and a column of B that are not.
func TestChangesNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		a, b []float32 // (2, 2), (2, 2)
		own  int
		bias bool
		want bool
	}{
		"B is zero":                     {[]float32{1, 2, 3, 4}, []float32{0, 0, 0, 0}, 0, false, true},
		"A is zero":                     {[]float32{0, 0, 0, 0}, []float32{1, 2, 3, 4}, 0, false, true},
		"never both of a rank":          {[]float32{0, 0, 3, 4}, []float32{1, 0, 2, 0}, 0, false, true},
		"the last element":              {[]float32{0, 0, 0, 4}, []float32{0, 0, 0, 2}, 0, false, false},
		"the first rank":                {[]float32{1, 0, 0, 0}, []float32{1, 0, 0, 0}, 0, false, false},
		"beyond the module's own rank":  {[]float32{1, 0, 3, 4}, []float32{0, 1, 0, 1}, 1, false, true},
		"a bias of the base's replaced": {[]float32{1, 2, 3, 4}, []float32{0, 0, 0, 0}, 0, true, false},
	} {
		a := &adapter.Adapter{Rank: 2, Alpha: 1, Modules: []adapter.Module{{Name: "s", In: 2, Out: 2, Rank: tt.own, A: tt.a, B: tt.b}}}
		if tt.bias {
			a.Biases = []weights.Tensor{{Name: "x.bias", Shape: []int{1}, Data: []float32{0}}}
		}
		if got := a.ChangesNothing(); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
