package adapter

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/seed"
	"github.com/dylora/dylora/internal/weights"
)

// New makes an untrained adapter: A kaiming-uniform with a = √5, which is U(-1/√In, 1/√In)
// as in PyTorch, and B zero, so that it changes nothing at any rank. The values are a
// function of the run's seed and the module's name alone. The head is taken as given.
func New(rank int, alpha float64, scaling Scaling, projections []weights.Projection, head []weights.Tensor, runSeed uint64) (*Adapter, error) {
	switch {
	case rank < 1:
		return nil, fault.Usagef("rank %d is below 1", rank)
	case !(alpha > 0) || math.IsInf(alpha, 1):
		return nil, fault.Usagef("alpha %v is not a number above 0", alpha)
	case len(projections) == 0:
		return nil, fault.Usagef("the model has no module to adapt")
	}
	a := &Adapter{Rank: rank, Alpha: alpha, Scaling: scaling, Head: head}
	for _, p := range projections {
		if _, ok := parsePlace(p.Name); !ok {
			return nil, fault.Usagef("module %q is not one that can be adapted", p.Name)
		}
		if rank > min(p.In, p.Out) {
			return nil, fault.Usagef("rank %d is above %d, the full rank of %s; use a lower rank", rank, min(p.In, p.Out), p.Name)
		}
		a.Modules = append(a.Modules, Module{
			Name: p.Name, In: p.In, Out: p.Out,
			A: kaiming(rank, p.In, seed.Hashed(runSeed, "lora_A", p.Name)),
			B: make([]float32, p.Out*rank),
		})
	}
	return a, a.sort()
}

// sort brings the modules into canonical order and refuses repeats.
func (a *Adapter) sort() error {
	slices.SortFunc(a.Modules, func(x, y Module) int {
		p, _ := parsePlace(x.Name)
		q, _ := parsePlace(y.Name)
		return compare(p, q)
	})
	for i := 1; i < len(a.Modules); i++ {
		if a.Modules[i].Name == a.Modules[i-1].Name {
			return fault.Usagef("module %q is adapted twice", a.Modules[i].Name)
		}
	}
	return nil
}

func kaiming(rows, in int, r *rand.PCG) []float32 {
	bound := 1 / math.Sqrt(float64(in))
	v := make([]float32, rows*in)
	for i := range v {
		v[i] = float32((2*seed.Unit(r.Uint64()) - 1) * bound)
	}
	return v
}
