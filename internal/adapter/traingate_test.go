package adapter_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// TestSumGate: the table for R = 4, α = 12, as algorithm 1 of MatryoshkaLoRA fills P.
func TestSumGate(t *testing.T) {
	for name, tt := range map[string]struct {
		scaling adapter.Scaling
		module  adapter.Module
		ranks   []int
		want    []float32
	}{
		"powers of two":        {adapter.Paper, adapter.Module{}, []int{1, 2, 4}, []float32{12 + 6 + 3, 6 + 3, 3, 3}},
		"all ranks":            {adapter.Paper, adapter.Module{}, []int{1, 2, 3, 4}, []float32{12 + 6 + 4 + 3, 6 + 4 + 3, 4 + 3, 3}},
		"one rank is its gate": {adapter.Paper, adapter.Module{}, []int{3}, []float32{4, 4, 4, 0}},
		"root":                 {adapter.Sqrt, adapter.Module{}, []int{1, 4}, []float32{12 + 6, 6, 6, 6}},
		"constant":             {adapter.Constant, adapter.Module{}, []int{1, 2, 4}, []float32{9, 6, 3, 3}},
		"module of rank 2":     {adapter.Paper, adapter.Module{Rank: 2, Alpha: 2}, []int{1, 2, 4}, []float32{2 + 1 + 1, 1 + 1, 0, 0}},
	} {
		a := &adapter.Adapter{Rank: 4, Alpha: 12, Scaling: tt.scaling}
		dst := []float32{9, 9, 9, 9}
		if a.SumGate(dst, &tt.module, tt.ranks); !slices.Equal(dst, tt.want) {
			t.Errorf("%s: %v, want %v", name, dst, tt.want)
		}
	}
}

// TestSumGateIsTheSum of the gates of its ranks, for every scaling and module.
func TestSumGateIsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &adapter.Adapter{Rank: rapid.IntRange(1, 9).Draw(t, "R"), Alpha: rapid.Float64Range(0.1, 64).Draw(t, "alpha")}
		a.Scaling = rapid.SampledFrom([]adapter.Scaling{adapter.Paper, adapter.Sqrt, adapter.Constant}).Draw(t, "scaling")
		m := adapter.Module{Rank: rapid.IntRange(0, a.Rank).Draw(t, "rank")}
		ranks := rapid.SliceOfNDistinct(rapid.IntRange(1, a.Rank), 1, a.Rank, rapid.ID[int]).Draw(t, "ranks")
		got, want, one := make([]float32, a.Rank), make([]float64, a.Rank), make([]float32, a.Rank)
		a.SumGate(got, &m, ranks)
		for _, r := range ranks {
			a.Gate(one, &m, r)
			for i, g := range one {
				want[i] += float64(g)
			}
		}
		for i, g := range got {
			if math.Abs(float64(g)-want[i]) > 1e-6*want[i] {
				t.Fatalf("%v of module %+v: %v, want %v", ranks, m, got, want)
			}
		}
	})
}

// TestTrainGateNames are read as they are written.
func TestTrainGateNames(t *testing.T) {
	for _, g := range []adapter.TrainGate{adapter.Nested, adapter.Matryoshka} {
		if got, err := adapter.ParseTrainGate(g.String()); got != g || err != nil {
			t.Errorf("%s is read as %s, %v", g, got, err)
		}
	}
	if _, err := adapter.ParseTrainGate("doll"); fault.ClassOf(err) != fault.Usage {
		t.Errorf("%v", err)
	}
}
