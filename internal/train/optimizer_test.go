package train

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/program"
)

// exact is AdamW (Loshchilov and Hutter 2019, algorithm 2) in float64, one state per
// element, each with a step count of its own.
type exact struct {
	w, m, v float64
	t       int
}

func (e *exact) step(c Config, lr, g float64, decay bool) {
	e.t++
	if decay {
		e.w -= lr * c.WeightDecay * e.w
	}
	e.m = c.Beta1*e.m + (1-c.Beta1)*g
	e.v = c.Beta2*e.v + (1-c.Beta2)*g*g
	m, v := e.m/(1-math.Pow(c.Beta1, float64(e.t))), e.v/(1-math.Pow(c.Beta2, float64(e.t)))
	e.w -= lr * m / (math.Sqrt(v) + c.Eps)
}

// rankOf is the rank that element j of p belongs to; 0 in the head, which belongs to all.
func rankOf(p program.Param, j int) int {
	if p.PerRank {
		return 1 + j/p.Shape[1]
	}
	switch p.RankAxis {
	case 0:
		return 1 + j/p.Shape[1]
	case 1:
		return 1 + j%p.Shape[1]
	}
	return 0
}

// fakeHeads are two weights for each rank.
func fakeHeads() program.Param {
	return program.Param{Name: "head.weight", Value: []float32{1, 2, 3, -1, -2, -3}, Grad: make([]float32, 6), Shape: []int{fakeRank, 2}, Decay: true, RankAxis: -1, PerRank: true}
}

// rateOf is p's learning rate in a step of rate lr.
func rateOf(c Config, lr float64, p program.Param) float64 {
	if p.RankAxis == 1 {
		return lr * c.LRRatioB
	}
	return lr
}

func exactOf(params []program.Param) [][]exact {
	all := make([][]exact, len(params))
	for i, p := range params {
		for _, w := range p.Value {
			all[i] = append(all[i], exact{w: float64(w)})
		}
	}
	return all
}

// TestOptimizer follows AdamW in float64 over steps of random gradients, rates and ranks.
// A strict optimizer takes the steps of the drawn ranks and the head only; heads of single ranks
// take those of their ranks in every mode.
func TestOptimizer(t *testing.T) {
	mc := kerneltest.New(t)
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.Strict = rapid.Bool().Draw(t, "strict")
		c.WeightDecay = rapid.SampledFrom([]float64{0, 0.01, 0.3}).Draw(t, "decay")
		c.Beta1 = rapid.SampledFrom([]float64{0, 0.9}).Draw(t, "beta1")
		c.LRRatioB = rapid.SampledFrom([]float64{1, 0.5, 16}).Draw(t, "ratio")
		params := newFakeLearner().params
		if rapid.Bool().Draw(t, "heads") {
			params = append(params, fakeHeads())
		}
		o, want := NewOptimizer(mc, c, params), exactOf(params)
		for step := range rapid.IntRange(1, 6).Draw(t, "steps") {
			ranks := rapid.SliceOfNDistinct(rapid.IntRange(1, fakeRank), 1, fakeRank, rapid.ID[int]).Draw(t, "ranks")
			lr := rapid.Float64Range(0, 0.05).Draw(t, "lr")
			for i, p := range params {
				for j := range p.Grad {
					g := rapid.Float32Range(-2, 2).Draw(t, "g")
					p.Grad[j] = g
					if r := rankOf(p, j); !c.Strict && !p.PerRank || r == 0 || slices.Contains(ranks, r) {
						want[i][j].step(c, rateOf(c, lr, p), float64(g), p.Decay)
					}
				}
			}
			o.Step(params, lr, ranks)
			if err := compareExact(o, params, want); err != nil {
				t.Fatalf("step %d, ranks %v: %v", step+1, ranks, err)
			}
		}
	})
}

// compareExact holds values and moments against those of float64, and gradients against 0.
func compareExact(o *Optimizer, params []program.Param, want [][]exact) error {
	near := func(got float32, want, within float64) bool { return math.Abs(float64(got)-want) <= within }
	const small, tiny = 2e-6, 1e-7 // a few roundings of values and gradients of about 1, and of a thousandth of their squares
	for i, p := range params {
		for j, w := range want[i] {
			switch {
			case !near(p.Value[j], w.w, small) || !near(o.m[i][j], w.m, small) || !near(o.v[i][j], w.v, tiny):
				return fmt.Errorf("%s[%d] is %v, %v, %v, want %+v", p.Name, j, p.Value[j], o.m[i][j], o.v[i][j], w)
			case p.Grad[j] != 0:
				return fmt.Errorf("%s[%d] has the gradient %v left", p.Name, j, p.Grad[j])
			}
		}
	}
	return nil
}

// TestStrictTouchesOnlyItsRanks: the rows of A and the columns of B of other ranks stay to
// the bit, moments and decay included, whatever their gradient; every gradient is cleared.
func TestStrictTouchesOnlyItsRanks(t *testing.T) {
	mc := kerneltest.New(t)
	c := DefaultConfig()
	c.Strict, c.WeightDecay = true, 0.5
	params := newFakeLearner().params
	o := NewOptimizer(mc, c, params)
	step := func(ranks ...int) {
		for _, p := range params {
			for j := range p.Grad {
				p.Grad[j] = float32(1 + j)
			}
		}
		o.Step(params, 0.1, ranks)
	}
	step(1, 2, 3) // so that moments are not 0
	before := snapshot(nil, params)
	m, v := [][]float32{}, [][]float32{}
	for i := range params {
		m, v = append(m, slices.Clone(o.m[i])), append(v, slices.Clone(o.v[i]))
	}
	step(2)
	for i, p := range params {
		for j := range p.Value {
			moved := p.Value[j] != before[i][j] && o.m[i][j] != m[i][j] && o.v[i][j] != v[i][j]
			stayed := p.Value[j] == before[i][j] && o.m[i][j] == m[i][j] && o.v[i][j] == v[i][j]
			if r := rankOf(p, j); (r == 2 || r == 0) != moved || moved == stayed {
				t.Errorf("%s[%d] of rank %d: moved %v, stayed %v", p.Name, j, r, moved, stayed)
			}
			if p.Grad[j] != 0 {
				t.Errorf("%s[%d] has the gradient %v left", p.Name, j, p.Grad[j])
			}
		}
	}
	if o.steps != 2 || !slices.Equal(o.counts, []int{1, 2, 1}) {
		t.Errorf("%d steps, %v by rank; want 2, [1 2 1]", o.steps, o.counts)
	}
}

// TestStrictLateRank: the first step of a rank moves it by the learning rate, as any first
// step of AdamW, also after many steps of other ranks.
func TestStrictLateRank(t *testing.T) {
	mc := kerneltest.New(t)
	const lr = 0.01
	c := DefaultConfig()
	c.Strict, c.WeightDecay = true, 0
	params := newFakeLearner().params
	o := NewOptimizer(mc, c, params)
	for range 200 {
		o.Step(params, lr, []int{1})
	}
	before := snapshot(nil, params)
	for _, p := range params {
		for j := range p.Grad {
			p.Grad[j] = 0.25
		}
	}
	o.Step(params, lr, []int{3})
	for i, p := range params {
		for j := range p.Value {
			if moved := float64(before[i][j] - p.Value[j]); rankOf(p, j) == 3 && math.Abs(moved-lr) > 1e-3*lr {
				t.Errorf("%s[%d] moved by %v, want %v", p.Name, j, moved, lr)
			}
		}
	}
}

// TestDecayMask: without a gradient, parameters with Decay shrink by 1 - lr·decay, and the
// others stay to the bit.
func TestDecayMask(t *testing.T) {
	mc := kerneltest.New(t)
	c := DefaultConfig()
	c.WeightDecay = 0.5
	params := newFakeLearner().params
	o, before := NewOptimizer(mc, c, params), snapshot(nil, params)
	o.Step(params, 0.1, []int{1})
	for i, p := range params {
		for j, w := range before[i] {
			want := w
			if p.Decay {
				want *= 0.95
			}
			if p.Value[j] != want {
				t.Errorf("%s[%d] was %v, is %v, want %v", p.Name, j, w, p.Value[j], want)
			}
		}
	}
}
