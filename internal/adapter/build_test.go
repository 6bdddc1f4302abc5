package adapter_test

import (
	"math/rand/v2"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

// shapes are two layers' modules of the given targets, in reverse so that order matters.
func shapes(modules ...string) (s []weights.Projection) {
	for _, layer := range []string{"1", "0"} {
		for i := range modules {
			m := modules[len(modules)-1-i]
			s = append(s, weights.Projection{Name: "roberta.encoder.layer." + layer + "." + m, In: 6, Out: 5})
		}
	}
	return s
}

// head is a RoBERTa head for hidden size 6 and two labels, of random values.
func head(r *rand.Rand) []weights.Tensor {
	h := []weights.Tensor{
		{Name: "classifier.dense.weight", Shape: []int{6, 6}},
		{Name: "classifier.dense.bias", Shape: []int{6}},
		{Name: "classifier.out_proj.weight", Shape: []int{2, 6}},
		{Name: "classifier.out_proj.bias", Shape: []int{2}},
	}
	for i := range h {
		n := 1
		for _, d := range h[i].Shape {
			n *= d
		}
		h[i].Data = normals(r, n)
	}
	return h
}

func normals(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// trained is an adapter of rank 4, alpha 16 on the given modules, B random as well.
func trained(t testing.TB, modules ...string) *adapter.Adapter {
	t.Helper()
	if len(modules) == 0 {
		modules = []string{"attention.self.query", "attention.self.value"}
	}
	r := rand.New(rand.NewPCG(1, 2))
	a, err := adapter.New(4, 16, adapter.Paper, shapes(modules...), head(r), 7)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Modules {
		a.Modules[i].B = normals(r, len(a.Modules[i].B))
	}
	return a
}
