package statistics

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/seed"
)

// TestTango: the interval holds what the test does not reject, lies around the difference, is
// mirrored when the systems change places, and the test's p rises as the second gets worse.
func TestTango(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := func(name string) int { return rapid.IntRange(0, 60).Draw(t, name) }
		p := Pairs{Both: cell("both"), First: cell("first"), Second: cell("second"), Neither: 1 + cell("neither")}
		low, high := p.Tango(0.9)
		d := p.Difference()
		if !(low <= d && d <= high && low >= -1 && high <= 1) {
			t.Fatalf("%+v: %v not in [%v, %v]", p, d, low, high)
		}
		turned := Pairs{Both: p.Both, First: p.Second, Second: p.First, Neither: p.Neither}
		if a, b := turned.Tango(0.9); math.Abs(a+high) > 1e-9 || math.Abs(b+low) > 1e-9 {
			t.Fatalf("%+v: [%v, %v], turned [%v, %v]", p, low, high, a, b)
		}
		if high > 0.001 && high < 0.999 {
			_, inside := p.NotWorse(high - 1e-6)
			_, outside := p.NotWorse(high + 1e-6)
			if !(inside >= 0.05-1e-4 && outside <= 0.05+1e-4) {
				t.Fatalf("%+v: p is %v inside of the bound and %v outside", p, inside, outside)
			}
		}
		worse := p
		worse.First++
		_, before := p.NotWorse(0.01)
		if _, after := worse.NotWorse(0.01); after < before-1e-12 {
			t.Fatalf("%+v: p falls from %v to %v when the second is worse", p, before, after)
		}
	})
}

func TestNoExamples(t *testing.T) {
	var none Pairs
	if low, high := none.Tango(0.95); low != -1 || high != 1 {
		t.Errorf("Tango: [%v, %v]", low, high)
	}
	if _, p := none.NotWorse(0.1); p != 1 {
		t.Errorf("test: %v", p)
	}
	if exact, mid := none.McNemar(); exact != 1 || mid != 1 {
		t.Errorf("McNemar: %v, %v", exact, mid)
	}
	if low, high := Wilson(0, 0, 0.95); low != 0 || high != 1 {
		t.Errorf("Wilson: [%v, %v]", low, high)
	}
	if low, high := ClopperPearson(5, 5, 0.95); math.Abs(low-math.Pow(0.025, 0.2)) > 1e-12 || high != 1 {
		t.Errorf("Clopper-Pearson: [%v, %v]", low, high)
	}
}

func TestFixedSequence(t *testing.T) {
	for _, tt := range []struct {
		p    []float64
		want int
	}{
		{nil, 0}, {[]float64{0.01, 0.05, 0.2, 0.01}, 2}, {[]float64{0.2, 0}, 0}, {[]float64{math.NaN()}, 0}, {[]float64{0, 0}, 2},
	} {
		if got := FixedSequence(tt.p, 0.05); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.p, got, tt.want)
		}
	}
}

// TestDrawer: resamples have n examples, and each row as many as its mass on the average, drawn
// by binomials, one by one, or by parts of an example.
func TestDrawer(t *testing.T) {
	mass := []float64{500, 0, 60, 20.5, 3, 0.5, 1}
	const n, draws = 400, 4000
	d := newDrawer(mass)
	random, weights, total := seed.NewStream(3), make([]float64, len(mass)), make([]float64, len(mass))
	for range draws {
		d.draw(n, &random, weights)
		if sum(weights) != n {
			t.Fatalf("%v: %v examples", weights, sum(weights))
		}
		for i, w := range weights {
			total[i] += w
		}
	}
	for i, m := range mass {
		p := m / sum(mass)
		want, sd := draws*n*p, math.Sqrt(draws*n*p*(1-p))
		if math.Abs(total[i]-want) > 4*sd+1e-9 {
			t.Errorf("row %d: %v examples, want %v ± %v", i, total[i], want, sd)
		}
	}
}

// TestWeights: an example of weight k counts as k examples, for every metric.
func TestWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 20).Draw(t, "examples")
		x, many := &Numbers{Outputs: 1, Systems: [][]float64{nil}}, &Numbers{Outputs: 1, Systems: [][]float64{nil}}
		weights := make([]float64, n)
		for i := range weights {
			a, b := float64(rapid.IntRange(0, 5).Draw(t, "label")), float64(rapid.IntRange(0, 5).Draw(t, "answer"))
			x.Labels, x.Systems[0] = append(x.Labels, a), append(x.Systems[0], b)
			for range rapid.IntRange(0, 3).Draw(t, "weight") {
				weights[i]++
				many.Labels, many.Systems[0] = append(many.Labels, a), append(many.Systems[0], b)
			}
		}
		if len(many.Labels) < 2 {
			return
		}
		for name, pair := range map[string][2]*Sample{"Pearson": {x.Pearson(), many.Pearson()}, "Spearman": {x.Spearman(), many.Spearman()}} {
			got := make([]float64, 1)
			pair[0].measure()(weights, got)
			want := pair[1].Values()
			if math.IsNaN(got[0]) != math.IsNaN(want[0]) || math.Abs(got[0]-want[0]) > 1e-9 {
				t.Fatalf("%s: weighted %v, repeated %v", name, got, want)
			}
		}
	})
}

// TestQuantile: below is the inverse of Quantile, and both rise.
func TestQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &Draws{Values: slices.Sorted(slices.Values(rapid.SliceOfN(rapid.Float64Range(-2, 2), 5, 60).Draw(t, "values")))}
		for i := range d.Values { // with ties
			d.Values[i] = math.Round(4*d.Values[i]) / 4
		}
		before := math.Inf(-1)
		for q := 0.02; q < 1; q += 0.02 {
			v := d.Quantile(q)
			if v < before {
				t.Fatalf("%v: quantile %v falls to %v", d.Values, q, v)
			}
			before = v
			if v > d.Values[0] && v < d.Values[len(d.Values)-1] {
				n := float64(len(d.Values))
				if back := d.below(v); math.Abs(back-(q*n+0.5)/(n+1)) > 1e-6 {
					t.Fatalf("%v: quantile %v is %v, of which %v are below", d.Values, q, v, back)
				}
			}
		}
	})
}

// TestRepeatable: the same seed gives the same resamples, another one others, and neither the
// number of processors nor that of resamples changes one of them.
func TestRepeatable(t *testing.T) {
	x := &Numbers{Outputs: 1, Labels: []float64{1, 2, 3, 4, 5, 6, 7, 8}, Systems: [][]float64{{1, 3, 2, 4, 6, 5, 7, 9}, {2, 1, 3, 5, 4, 6, 9, 7}}}
	run := func(seed uint64) *Draws {
		return Bootstrap{Resamples: 500, Seed: seed}.Run(x.Pearson(), Difference)
	}
	if a, b := run(1), run(1); !slices.Equal(a.Values, b.Values) || a.Estimate != b.Estimate {
		t.Error("the same seed gives other resamples")
	}
	if a, b := run(1), run(2); slices.Equal(a.Values, b.Values) {
		t.Error("another seed gives the same resamples")
	}
}

func TestUndefined(t *testing.T) {
	x := &Numbers{Outputs: 1, Labels: []float64{1, 1, 1, 2}, Systems: [][]float64{{1, 2, 3, 4}, {1, 2, 3, 5}}}
	d := Bootstrap{Resamples: 2000, Seed: 1}.Run(x.Pearson(), Difference)
	share := float64(d.Undefined) / 2000 // all draws from the three equal labels, or the same example throughout
	if math.Abs(share-math.Pow(0.75, 4)) > 0.05 || d.Resamples() != 2000 {
		t.Errorf("%d of %d undefined", d.Undefined, d.Resamples())
	}
	if p := d.Percentile(-10); p < share {
		t.Errorf("p is %v, although %v are undefined", p, share)
	}
	constant := &Numbers{Outputs: 1, Labels: []float64{1, 1}, Systems: [][]float64{{1, 2}}}
	d = Bootstrap{Resamples: 10, Seed: 1}.Run(constant.Pearson(), Only)
	if d.Undefined != 10 || d.Percentile(0) != 1 || d.BCa(0) != 1 || !math.IsNaN(d.Quantile(0.5)) {
		t.Errorf("constant labels: %+v", d)
	}
}

func TestMix(t *testing.T) {
	draws := &Draws{Values: []float64{-0.01, 0, 0.01}}
	m := Mix([]float64{0.02, 0.04, 0.06}, draws)
	if math.Abs(m.Estimate-0.04) > 1e-12 || math.Abs(m.Runs-0.0004) > 1e-12 || math.Abs(m.Examples-0.0001) > 1e-12 {
		t.Errorf("%+v", m)
	}
	runs := 0.0004 / 3
	v := runs + 0.0001
	if want := 2 * v * v / (runs * runs); math.Abs(m.Freedom-want) > 1e-9 {
		t.Errorf("%v degrees of freedom, want %v", m.Freedom, want)
	}
	if low, high := m.Bounds(0.9); math.Abs(m.Above(low)-0.05) > 1e-6 || math.Abs((low+high)/2-0.04) > 1e-12 {
		t.Errorf("bounds [%v, %v], p at the lower one %v", low, high, m.Above(low))
	}
	same := Mix([]float64{0.02, 0.02}, draws)
	if !math.IsInf(same.Freedom, 1) || same.Above(0.02) != 0.5 {
		t.Errorf("equal runs: %+v", same)
	}
}

func TestNeeds(t *testing.T) {
	// a share of 3 % that differ, 0.5 points: (1.645 + 0.842)² · 0.03 / 0.005²
	if n := ExamplesFor(0.03/1000, 1000, 0, 0.005, 0.95); n < 7400 || n > 7450 {
		t.Errorf("%d examples", n)
	}
	if n := ExamplesFor(1, 1000, 1, 0.005, 0.95); n != 0 {
		t.Errorf("%d examples against a variance that none of them changes", n)
	}
	if n := ExamplesFor(1, 1000, 0, 0, 0.95); n != 0 {
		t.Errorf("%d examples for no tolerance", n)
	}
	if n := SeedsFor(0.0001, 0, 0.01, 0.95); n != 7 {
		t.Errorf("%d seeds", n)
	}
	if n := SeedsFor(0.0001, 1, 0.01, 0.95); n != 0 {
		t.Errorf("%d seeds against a variance of the examples", n)
	}
}

func TestAURAC(t *testing.T) {
	linear, log2 := AURAC([]int{1, 2, 4, 8}, []float64{0, 1, 1, 1})
	if math.Abs(linear-6.5/7) > 1e-12 || math.Abs(log2-2.5/3) > 1e-12 {
		t.Errorf("%v, %v", linear, log2)
	}
	if linear, _ := AURAC([]int{4}, []float64{1}); !math.IsNaN(linear) {
		t.Errorf("one rank: %v", linear)
	}
	if count, largest := Falls([]float64{1, 0.9, 0.95, 0.6, 0.7}); count != 2 || math.Abs(largest-0.35) > 1e-12 {
		t.Errorf("%d falls, %v", count, largest)
	}
}
