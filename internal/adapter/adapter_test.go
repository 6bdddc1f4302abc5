package adapter_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/weights"
)

func TestSlice(t *testing.T) {
	full := &adapter.Adapter{Rank: 3, Alpha: 6,
		Modules: []adapter.Module{{Name: "layer.0.query", In: 2, Out: 2, A: []float32{1, 2, 3, 4, 5, 6}, B: []float32{7, 8, 9, 10, 11, 12}}},
		Head:    []weights.Tensor{{Name: "classifier.bias", Shape: []int{1}, Data: []float32{13}}},
	}
	tests := []struct {
		name string
		rank int
		a, b []float32
	}{
		{"first rank only", 1, []float32{1, 2}, []float32{7, 10}},
		{"a middle rank", 2, []float32{1, 2, 3, 4}, []float32{7, 8, 10, 11}},
		{"full rank is the identity", 3, full.Modules[0].A, full.Modules[0].B},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := full.Slice(tt.rank)
			if err != nil {
				t.Fatal(err)
			}
			want := &adapter.Adapter{Rank: tt.rank, Alpha: 6, Head: full.Head,
				Modules: []adapter.Module{{Name: "layer.0.query", In: 2, Out: 2, A: tt.a, B: tt.b}}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Slice(%d) mismatch (-want +got):\n%s", tt.rank, diff)
			}
		})
	}
	for _, r := range []int{-1, 0, 4, math.MaxInt} {
		if _, err := full.Slice(r); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "1 to 3") {
			t.Errorf("Slice(%d): %v", r, err)
		}
	}
}

// TestSliceOfSlice: cutting twice is cutting once, to the lower rank.
func TestSliceOfSlice(t *testing.T) {
	a := trained(t)
	rapid.Check(t, func(t *rapid.T) {
		high := rapid.IntRange(1, a.Rank).Draw(t, "high")
		low := rapid.IntRange(1, high).Draw(t, "low")
		once, err := a.Slice(low)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := a.Slice(high)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err = twice.Slice(low); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("Slice(%d) of Slice(%d) (-want +got):\n%s", low, high, diff)
		}
		if once.Parameters() != a.ParametersAt(low) {
			t.Fatalf("%d parameters, ParametersAt says %d", once.Parameters(), a.ParametersAt(low))
		}
	})
}

func TestCloneSharesNothing(t *testing.T) {
	a := trained(t)
	c := a.Clone()
	if diff := cmp.Diff(a, c); diff != "" {
		t.Fatalf("Clone (-want +got):\n%s", diff)
	}
	for i := range c.Modules {
		c.Modules[i].A[0], c.Modules[i].B[0] = 99, 99
	}
	c.Head[0].Data[0], c.Head[0].Shape[0] = 99, 99
	if diff := cmp.Diff(trained(t), a); diff != "" {
		t.Errorf("writing to a clone changed the original (-want +got):\n%s", diff)
	}
}

func TestParameters(t *testing.T) {
	a := trained(t) // 4 modules of (5, 6) at rank 4; head 36+6+12+2
	for r, want := range map[int]int{0: 56, 1: 56 + 4*11, 4: 56 + 4*44} {
		if got := a.ParametersAt(r); got != want {
			t.Errorf("ParametersAt(%d) = %d, want %d", r, got, want)
		}
	}
}

func TestNew(t *testing.T) {
	a := trained(t, "output.dense", "attention.self.key", "attention.output.dense")
	var names []string
	for _, s := range a.Modules {
		names = append(names, strings.TrimPrefix(s.Name, "roberta.encoder.layer."))
	}
	want := []string{"0.attention.self.key", "0.attention.output.dense", "0.output.dense",
		"1.attention.self.key", "1.attention.output.dense", "1.output.dense"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("order of modules (-want +got):\n%s", diff)
	}
}

// TestNewDistribution: A is U(±1/√in): bounded, with its mean and variance; B is zero.
func TestNewDistribution(t *testing.T) {
	const in, rank = 1024, 32
	a, err := adapter.New(rank, 16, adapter.Paper, []weights.Projection{{Name: "roberta.encoder.layer.0.output.dense", In: in, Out: 64}}, nil, 3)
	if err != nil {
		t.Fatal(err)
	}
	bound, n := 1/math.Sqrt(in), float64(in*rank)
	var sum, squares float64
	for _, x := range a.Modules[0].A {
		if math.Abs(float64(x)) > bound {
			t.Fatalf("%v is beyond ±%v", x, bound)
		}
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	sigma := bound / math.Sqrt(3)
	if z := sum / (sigma * math.Sqrt(n)); math.Abs(z) > 4 {
		t.Errorf("mean is %.1f standard errors from 0", z)
	}
	if ratio := squares / n / (sigma * sigma); math.Abs(ratio-1) > 4*math.Sqrt(0.8/n) { // Var of U²: 4/45·bound⁴
		t.Errorf("variance is %v of the uniform's", ratio)
	}
	if slices.ContainsFunc(a.Modules[0].B, func(x float32) bool { return x != 0 }) {
		t.Error("B is not zero")
	}
}

// TestNewIsPure: a module's values depend on seed and name, not on the modules beside it.
func TestNewIsPure(t *testing.T) {
	build := func(seed uint64, modules ...string) map[string][]float32 {
		a, err := adapter.New(4, 16, adapter.Paper, shapes(modules...), nil, seed)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string][]float32{}
		for _, s := range a.Modules {
			m[s.Name] = s.A
		}
		return m
	}
	few, many, other := build(7, "output.dense"), build(7, "attention.self.key", "output.dense"), build(8, "output.dense")
	for name, v := range few {
		if !slices.Equal(v, many[name]) {
			t.Errorf("%s changes with the modules beside it", name)
		}
		if slices.Equal(v, other[name]) {
			t.Errorf("%s does not change with the seed", name)
		}
		for name2, w := range many {
			if name != name2 && slices.Equal(v, w) {
				t.Errorf("%s and %s are alike", name, name2)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	ok := shapes("output.dense")
	tests := []struct {
		name        string
		rank        int
		alpha       float64
		projections []weights.Projection
		want        string
	}{
		{"rank 0", 0, 16, ok, "rank 0"},
		{"rank above the weight's", 6, 16, ok, "full rank"},
		{"rank that no memory holds", math.MaxInt, 16, ok, "full rank"},
		{"alpha 0", 1, 0, ok, "alpha 0"},
		{"alpha NaN", 1, math.NaN(), ok, "alpha NaN"},
		{"alpha infinite", 1, math.Inf(1), ok, "alpha +Inf"},
		{"no modules", 1, 16, nil, "no module"},
		{"a module twice", 1, 16, append(ok, ok[0]), "twice"},
		{"an unknown module", 1, 16, shapes("output.LayerNorm"), "output.LayerNorm"},
		{"no layer", 1, 16, []weights.Projection{{Name: "pooler.dense", In: 2, Out: 2}}, "pooler.dense"},
		{"a layer with a leading zero", 1, 16, []weights.Projection{{Name: "e.layer.01.output.dense", In: 2, Out: 2}}, "layer.01"},
		{"a negative layer", 1, 16, []weights.Projection{{Name: "e.layer.-1.output.dense", In: 2, Out: 2}}, "layer.-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := adapter.New(tt.rank, tt.alpha, adapter.Paper, tt.projections, nil, 1)
			if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v does not say %q", err, tt.want)
			}
		})
	}
}
