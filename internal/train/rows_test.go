package train

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// weighted draws ranks with given probabilities, by the steps of a low-discrepancy sequence.
type weighted struct {
	ranks []int
	pmf   []float64
}

func (w weighted) Ranks() []int   { return w.ranks }
func (w weighted) PMF() []float64 { return append([]float64(nil), w.pmf...) }
func (w weighted) Rank(_ uint64, step int) int {
	u := math.Mod(float64(step)*(math.Sqrt(5)-1)/2, 1)
	for i, p := range w.pmf {
		if u -= p; u < 0 {
			return w.ranks[i]
		}
	}
	return w.ranks[len(w.ranks)-1]
}

// TestRowRates: the factor of a row is 1/√p, and p is what counting the draws gives.
func TestRowRates(t *testing.T) {
	uniform := weighted{[]int{1, 2, 3, 4}, []float64{.25, .25, .25, .25}}
	for name, tt := range map[string]struct {
		s      weighted
		draw   Draw
		ownRow bool
		want   []float64 // p
	}{
		"uniform":             {uniform, OneRank, false, []float64{1, .75, .5, .25}},
		"own row":             {uniform, OneRank, true, []float64{.25, .25, .25, .25}},
		"mixed":               {uniform, MixedRanks, false, []float64{1, .75, .5, .25}},
		"sandwich":            {uniform, Sandwich, false, []float64{1, .625, .5, .375}},
		"distill":             {uniform, Distill, false, []float64{1, .875, .75, .625}},
		"distill below R":     {weighted{[]int{1, 2}, []float64{.5, .5}}, Distill, false, []float64{1, .75, .5, .5}},
		"from 2":              {weighted{[]int{2, 4}, []float64{.9, .1}}, OneRank, false, []float64{1, 1, .1, .1}},
		"not all":             {weighted{[]int{1, 2}, []float64{.5, .5}}, OneRank, false, []float64{1, .5, 1, 1}},
		"own row, not all":    {weighted{[]int{1, 4}, []float64{.2, .8}}, OneRank, true, []float64{.2, 1, 1, .8}},
		"sandwich of one":     {weighted{[]int{4}, []float64{1}}, Sandwich, false, []float64{1, 1, 1, 1}},
		"sandwich, own row":   {uniform, Sandwich, true, []float64{.375, .125, .125, .375}},
		"sandwich of unequal": {weighted{[]int{1, 4}, []float64{.2, .8}}, Sandwich, false, []float64{1, .65, .65, .65}},
	} {
		c := DefaultConfig()
		c.RanksPerStep, c.OwnRow = tt.draw, tt.ownRow
		if rates := rowRates(c, tt.s, 4); rates != nil {
			t.Errorf("%s: rates %v without the setting", name, rates)
		}
		c.RowLR = FrequencyRows
		rates := rowRates(c, tt.s, 4)
		const draws = 40000
		counts := make([]float64, 4)
		for position := range draws {
			r := tt.draw.Rank(tt.s, 7, position, position)
			for i := range counts {
				if tt.ownRow && i == r-1 || !tt.ownRow && i < r {
					counts[i]++
				}
			}
		}
		for i, p := range tt.want {
			if math.Abs(rates[i]-1/math.Sqrt(p)) > 1e-12 {
				t.Errorf("%s: row %d has the rate %v, want 1/√%v", name, i+1, rates[i], p)
			}
			if counted := counts[i] / draws; counted > 0 && tt.draw != Distill && math.Abs(counted-p) > 0.01 {
				t.Errorf("%s: %v of the draws train row %d, want %v", name, counted, i+1, p)
			}
		}
	}
}

// TestRowRatesInSteps follows AdamW in float64 where the update of a row is multiplied by its factor and
// its decay is not; in the full-rank phase all rows learn alike.
func TestRowRatesInSteps(t *testing.T) {
	mc := kerneltest.New(t)
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.RowLR = FrequencyRows
		c.Strict = rapid.Bool().Draw(t, "strict")
		c.WeightDecay = rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "decay")
		c.LRRatioB = rapid.SampledFrom([]float64{1, 4}).Draw(t, "ratio")
		params := newFakeLearner().params
		o, want := NewOptimizer(mc, c, params), exactOf(params)
		o.phase = rapid.IntRange(0, 2).Draw(t, "phase")
		o.rates = []float64{1, math.Sqrt2, 2.5}
		for step := 1; step <= 5; step++ {
			ranks := []int{fakeRank}
			if step > o.phase {
				ranks = []int{rapid.IntRange(1, fakeRank).Draw(t, "rank")}
			}
			const lr = 0.03
			for i, p := range params {
				for j := range p.Grad {
					g := rapid.Float32Range(-2, 2).Draw(t, "g")
					p.Grad[j] = g
					r := rankOf(p, j)
					if c.Strict && step > o.phase && r > 0 && r != ranks[0] {
						continue
					}
					rate, e := rateOf(c, lr, p), &want[i][j]
					if p.Decay {
						e.w *= 1 - rate*c.WeightDecay
					}
					if r > 0 && step > o.phase {
						rate *= o.rates[r-1]
					}
					e.step(c, rate, float64(g), false)
				}
			}
			o.Step(params, lr, ranks)
			if err := compareExact(o, params, want); err != nil {
				t.Fatalf("step %d, ranks %v: %v", step, ranks, err)
			}
		}
	})
}

// TestResumeRowRates: a run with rates by row resumes to the same bits.
func TestResumeRowRates(t *testing.T) {
	c := fakeConfig()
	c.RowLR, c.FullRankPhase = FrequencyRows, 0.25
	resumesAlike(t, c, 1)
}

// TestRowRatesOfRun: the loop gives the optimizer the rates of its sampler.
func TestRowRatesOfRun(t *testing.T) {
	c := fakeConfig()
	c.RowLR = FrequencyRows
	l, _ := fakeLoop(t, c)
	if got := l.optimizer.rates; len(got) != fakeRank || math.Abs(got[2]-math.Sqrt(3)) > 1e-12 {
		t.Errorf("rates %v", got)
	}
	if _, err := ParseRowLR("often"); fault.ClassOf(err) != fault.Usage {
		t.Errorf("%v", err)
	}
}
