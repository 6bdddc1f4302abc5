package adapter_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// samplers are every kind of spec with what it must come to.
var samplers = []struct {
	spec              string
	rmin, rmax, block int
	ranks             []int
	pmf               []float64
	canonical         string
}{
	{"uniform", 1, 4, 1, []int{1, 2, 3, 4}, []float64{.25, .25, .25, .25}, "uniform"},
	{"uniform", 3, 4, 1, []int{3, 4}, []float64{.5, .5}, "uniform"},
	{"uniform", 1, 8, 4, []int{4, 8}, []float64{.5, .5}, "uniform"},
	{"uniform", 5, 8, 2, []int{6, 8}, []float64{.5, .5}, "uniform"},
	{"uniform", 8, 8, 1, []int{8}, []float64{1}, "uniform"},
	{"geometric:0.5", 1, 3, 1, []int{1, 2, 3}, []float64{4. / 7, 2. / 7, 1. / 7}, "geometric:0.5"},
	{"geometric:0.5", 2, 3, 1, []int{2, 3}, []float64{2. / 3, 1. / 3}, "geometric:0.5"},
	{"geometric:0.5", 1, 4, 2, []int{2, 4}, []float64{.8, .2}, "geometric:0.5"},
	{"geometric", 1, 2, 1, []int{1, 2}, []float64{1 / 1.85, .85 / 1.85}, "geometric:0.15"},
	{"pmf:1,0,3", 1, 3, 1, []int{1, 3}, []float64{.25, .75}, "pmf:1,0,3"},
	{"pmf:1,3", 3, 4, 1, []int{3, 4}, []float64{.25, .75}, "pmf:1,3"},
	{"pmf:5, 1, 5, 3", 1, 4, 2, []int{2, 4}, []float64{.25, .75}, "pmf:5, 1, 5, 3"},
	{"list:8,1,2,4", 1, 8, 1, []int{1, 2, 4, 8}, []float64{.25, .25, .25, .25}, "list:8,1,2,4"},
	{"list:3", 1, 8, 1, []int{3}, []float64{1}, "list:3"},
	{"log-uniform", 1, 3, 1, []int{1, 2, 3}, []float64{.5, math.Log2(1.5) / 2, math.Log2(4./3) / 2}, "log-uniform"},
	{"log-uniform", 1, 7, 1, []int{1, 2, 3, 4, 5, 6, 7}, doublings(1, 1, 3), "log-uniform"},
	{"log-uniform", 2, 6, 2, []int{2, 4, 6}, doublings(2, 2, 2), "log-uniform"},
	{"log-uniform", 8, 8, 1, []int{8}, []float64{1}, "log-uniform"},
	{"uniform+R:0.3", 1, 4, 1, []int{1, 2, 3, 4}, []float64{.175, .175, .175, .475}, "uniform+R:0.3"},
	{"list:1,2+R:0.5", 1, 8, 1, []int{1, 2, 8}, []float64{.25, .25, .5}, "list:1,2+R:0.5"},
	{"pmf:3,1,0+R:.25", 1, 3, 1, []int{1, 2, 3}, []float64{.5625, .1875, .25}, "pmf:3,1,0+R:0.25"},
	{"geometric:0.5+R:1e-1", 1, 4, 2, []int{2, 4}, []float64{.72, .28}, "geometric:0.5+R:0.1"},
	{"uniform+R:0.3", 8, 8, 1, []int{8}, []float64{1}, "uniform+R:0.3"},
}

// doublings is what log-uniform comes to for the multiples of block from first up to n
// doublings of it: each doubling has the same probability, and within it a rank has the share
// that the interval up to the next one has of its logarithm.
func doublings(first, block, n int) (pmf []float64) {
	for range n {
		for r := first; r < 2*first; r += block {
			pmf = append(pmf, (math.Log2(float64(r+block))-math.Log2(float64(r)))/float64(n))
		}
		first *= 2
	}
	return pmf
}

func TestSampler(t *testing.T) {
	for _, tt := range samplers {
		t.Run(tt.spec, func(t *testing.T) {
			s, err := adapter.NewSampler(tt.spec, tt.rmin, tt.rmax, tt.block)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.ranks, s.Ranks()); diff != "" {
				t.Errorf("ranks (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.pmf, s.PMF(), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("pmf (-want +got):\n%s", diff)
			}
			if s.String() != tt.canonical {
				t.Errorf("String = %q, want %q", s, tt.canonical)
			}
			again, err := adapter.NewSampler(s.String(), tt.rmin, tt.rmax, tt.block)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.PMF(), again.PMF()); diff != "" {
				t.Errorf("read from its own String (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSamplerFrequencies draws 40,000 steps of every sampler: Pearson's chi-square stays
// below the quantile that a right sampler passes once in 10,000 tries (the seed is fixed).
func TestSamplerFrequencies(t *testing.T) {
	const n = 40000
	for _, tt := range samplers {
		s, err := adapter.NewSampler(tt.spec, tt.rmin, tt.rmax, tt.block)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[int]int{}
		for step := range n {
			counts[s.Rank(5, step)]++
		}
		chi, drawn := 0.0, 0
		for i, r := range tt.ranks {
			want := n * tt.pmf[i]
			chi += (float64(counts[r]) - want) * (float64(counts[r]) - want) / want
			drawn += counts[r]
		}
		if drawn != n {
			t.Errorf("%s: %d draws fell on ranks it does not have", tt.spec, n-drawn)
		}
		if k := len(tt.ranks); k > 1 {
			if limit := (distuv.ChiSquared{K: float64(k - 1)}).Quantile(1 - 1e-4); chi > limit {
				t.Errorf("%s: chi-square %.1f is above %.1f: %v", tt.spec, chi, limit, counts)
			}
		}
	}
}

// TestSamplerIsPure: a draw depends on seed and step alone; steps and seeds are unlike.
func TestSamplerIsPure(t *testing.T) {
	s, err := adapter.NewSampler("uniform", 1, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000
	var first [n]int
	for step := range n {
		first[step] = s.Rank(1, step)
	}
	for step := n - 1; step >= 0; step-- {
		if s.Rank(1, step) != first[step] {
			t.Fatalf("step %d draws another rank when asked again", step)
		}
	}
	same, repeats := 0, 0
	for step := 1; step < n; step++ {
		if s.Rank(2, step) == first[step] {
			same++
		}
		if first[step] == first[step-1] {
			repeats++
		}
	}
	for what, k := range map[string]int{"seeds": same, "steps": repeats} { // binomial(999, 1/8): 125 ± 10.5
		if math.Abs(float64(k)-125) > 45 {
			t.Errorf("neighbouring %s agree in %d of %d draws", what, k, n-1)
		}
	}
}

func TestNewSamplerRefuses(t *testing.T) {
	tests := []struct {
		name              string
		spec              string
		rmin, rmax, block int
		want              string
	}{
		{"unknown", "poisson", 1, 8, 1, "it is uniform, log-uniform, geometric"},
		{"empty", "", 1, 8, 1, "it is uniform, log-uniform, geometric"},
		{"uniform takes nothing", "uniform:2", 1, 8, 1, "it is uniform"},
		{"pmf without weights", "pmf", 1, 8, 1, "it is uniform"},
		{"list without ranks", "list", 1, 8, 1, "it is uniform"},
		{"log-uniform takes nothing", "log-uniform:2", 1, 8, 1, "it is uniform, log-uniform"},
		{"R without a probability", "uniform+R", 1, 8, 1, "it is uniform"},
		{"R with nothing", "uniform+R:", 1, 8, 1, "\"\" behind +R: is not between 0 and 1"},
		{"R never", "uniform+R:0", 1, 8, 1, "between 0 and 1"},
		{"R always", "uniform+R:1", 1, 8, 1, "between 0 and 1"},
		{"R below 0", "uniform+R:-0.5", 1, 8, 1, "between 0 and 1"},
		{"R NaN", "uniform+R:NaN", 1, 8, 1, "between 0 and 1"},
		{"R twice", "uniform+R:0.3+R:0.3", 1, 8, 1, "\"0.3+R:0.3\" behind +R:"},
		{"R alone", "+R:0.3", 1, 8, 1, "it is uniform"},
		{"R beside no weights", "pmf:0,0+R:0.3", 1, 2, 1, "add up to 0"},
		{"geometric 0", "geometric:0", 1, 8, 1, "between 0 and 1"},
		{"geometric 1", "geometric:1", 1, 8, 1, "between 0 and 1"},
		{"geometric NaN", "geometric:NaN", 1, 8, 1, "between 0 and 1"},
		{"geometric nothing", "geometric:", 1, 8, 1, "between 0 and 1"},
		{"too few weights", "pmf:1,2", 1, 3, 1, "2 weights for the 3 ranks from 1 to 3"},
		{"too many weights", "pmf:1,2,3", 2, 3, 1, "3 weights for the 2 ranks"},
		{"negative weight", "pmf:1,-1", 1, 2, 1, `weight "-1"`},
		{"weight NaN", "pmf:1,NaN", 1, 2, 1, "NaN"},
		{"weight infinite", "pmf:1,Inf", 1, 2, 1, "Inf"},
		{"sum overflows", "pmf:1e308,1e308", 1, 2, 1, "+Inf"},
		{"all weights zero", "pmf:0,0", 1, 2, 1, "add up to 0"},
		{"only weights outside the block", "pmf:1,0", 1, 2, 2, "add up to 0"},
		{"rank 0 listed", "list:0,1", 1, 8, 1, `"0"`},
		{"rank above R listed", "list:1,9", 1, 8, 1, `"9" is not a rank from 1 to 8`},
		{"rank below r_min listed", "list:1,8", 2, 8, 1, `"1"`},
		{"rank listed twice", "list:1,1", 1, 8, 1, "twice"},
		{"rank outside the block", "list:2,3", 1, 8, 2, "block 2"},
		{"no number listed", "list:1,x", 1, 8, 1, `"x"`},
		{"empty list", "list:", 1, 8, 1, `""`},
		{"r_min 0", "uniform", 0, 8, 1, "at least 1"},
		{"r_min above R", "uniform", 9, 8, 1, "no higher"},
		{"block 0", "uniform", 1, 8, 0, "block 0"},
		{"block that R is no multiple of", "uniform", 1, 8, 3, "block 3 does not divide the rank 8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := adapter.NewSampler(tt.spec, tt.rmin, tt.rmax, tt.block)
			if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v does not say %q", err, tt.want)
			}
		})
	}
}

// FuzzSampler: whatever is accepted is a distribution over ranks of the range and block, and
// is read again from its own name; whatever is refused is a usage error.
func FuzzSampler(f *testing.F) {
	for _, tt := range samplers {
		f.Add(tt.spec, tt.rmin, tt.rmax, tt.block)
	}
	for _, spec := range []string{"", "+R:", "pmf:1e308,1e308", "list:1,,2", "geometric:1e-320", "log-uniform+R:5e-324", "uniform+R:0.9999999999999999"} {
		f.Add(spec, 1, 2, 1)
	}
	f.Fuzz(func(t *testing.T, spec string, rmin, rmax, block int) {
		if rmax > 1<<10 {
			return // settings refuse ranks above 65,536; this bounds the time of one input
		}
		s, err := adapter.NewSampler(spec, rmin, rmax, block)
		if err != nil {
			if fault.ClassOf(err) != fault.Usage {
				t.Errorf("%q: %v is no usage error", spec, err)
			}
			return
		}
		ranks, pmf, sum := s.Ranks(), s.PMF(), 0.0
		for i, r := range ranks {
			if r < rmin || r > rmax || r%block != 0 || i > 0 && r <= ranks[i-1] || !(pmf[i] >= 0 && pmf[i] <= 1) {
				t.Errorf("%q: ranks %v with probabilities %v", spec, ranks, pmf)
			}
			sum += pmf[i]
		}
		if len(pmf) != len(ranks) || math.Abs(sum-1) > 1e-9 || !slices.Contains(ranks, s.Rank(1, 2)) {
			t.Errorf("%q: ranks %v with probabilities %v", spec, ranks, pmf)
		}
		again, err := adapter.NewSampler(s.String(), rmin, rmax, block)
		if err != nil || !slices.Equal(again.Ranks(), ranks) || !slices.Equal(again.PMF(), pmf) {
			t.Errorf("%q is %q, which is read as %v, %v", spec, s, again, err)
		}
	})
}
