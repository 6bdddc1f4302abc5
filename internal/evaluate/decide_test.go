package evaluate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/seed"
)

func twoClasses() *data.Task {
	return &data.Task{Name: "two", Labels: []string{"no", "yes"}, Metrics: []string{"accuracy", "f1", "macro_f1", "matthews"}}
}

// alternating are n labels 0, 1, 0, 1, …, and answers that are wrong where wrong says so.
func alternating(rank, n int, wrong func(i int) bool) Result {
	labels, answers := make([]int, n), make([]int, n)
	for i := range labels {
		labels[i], answers[i] = i%2, i%2
		if wrong(i) {
			answers[i] = 1 - answers[i]
		}
	}
	r := resultOf(twoClasses(), rank, labels, answers)
	if err := r.score(twoClasses()); err != nil {
		panic(err)
	}
	return r
}

func TestDecide(t *testing.T) {
	const n = 1000
	every := func(k int) func(int) bool { return func(i int) bool { return i%k == 0 } }
	full := alternating(8, n, every(10))
	for name, tt := range map[string]struct {
		lower  []Result
		metric string
		rank   int
		needs  int // the rank that more examples would tell about; 0: none
	}{
		"all the same":        {[]Result{alternating(1, n, every(10)), alternating(4, n, every(10))}, "", 1, 0},
		"the lowest is bad":   {[]Result{alternating(1, n, every(3)), alternating(4, n, every(10))}, "", 4, 0},
		"the next is bad":     {[]Result{alternating(1, n, every(10)), alternating(4, n, every(3))}, "", 8, 0},
		"the next is unclear": {[]Result{alternating(4, n, func(i int) bool { return i%10 == 0 && i >= 300 || i%10 == 1 && i < 300 })}, "", 0, 4},
		"by Matthews":         {[]Result{alternating(1, n, every(3)), alternating(4, n, every(10))}, "matthews", 4, 0},
		"by F1":               {[]Result{alternating(1, n, every(3)), alternating(4, n, every(10))}, "f1", 4, 0},
	} {
		d, err := Decide(twoClasses(), [][]Result{append(tt.lower, full)}, Question{Metric: tt.metric, Tolerance: 0.01, Resamples: 1000})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		needs := 0
		if d.Needs != nil {
			needs = d.Needs.Rank
			if d.Needs.Examples <= n {
				t.Errorf("%s: %d examples would do, and there are %d", name, d.Needs.Examples, n)
			}
		}
		if d.Rank != tt.rank || needs != tt.needs {
			t.Errorf("%s: rank %d, needs %+v: %s", name, d.Rank, d.Needs, d.Sentence())
		}
		for i, r := range d.Ranks {
			if r.NotWorse && (!r.Tested || i > 0 && !d.Ranks[i-1].NotWorse) {
				t.Errorf("%s: rank %d passed behind one that failed", name, r.Rank)
			}
			low, _ := r.Low.Float()
			if p, _ := r.P.Float(); (low > -d.Tolerance) != (p < 0.05) && math.Abs(p-0.05) > 0.002 {
				t.Errorf("%s: rank %d: bound %v and p %v contradict each other", name, r.Rank, low, p)
			}
		}
	}
}

// TestDecideRefused: what cannot be asked is a usage error, what nobody can tell a decision that
// says so.
func TestDecideRefused(t *testing.T) {
	results := [][]Result{{alternating(1, 20, func(int) bool { return false }), alternating(2, 20, func(int) bool { return false })}}
	for name, q := range map[string]Question{
		"negative": {Tolerance: -0.01}, "NaN": {Tolerance: math.NaN()}, "all": {Tolerance: 1},
		"certain": {Confidence: 1}, "a coin": {Confidence: 0.5}, "a metric": {Metric: "mse"},
	} {
		if _, err := Decide(twoClasses(), results, q); fault.ClassOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Decide(twoClasses(), nil, Question{}); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("nothing: %v", err)
	}
	number := &data.Task{Name: "n", Kind: data.Regression, Metrics: []string{"pearson"}}
	same := Result{Rank: 1, Outputs: 1, Index: []int{0, 1}, Scores: []float32{2, 2}, Logits: []float32{1, 2}}
	other := same
	other.Rank = 2
	one := alternating(1, 20, func(int) bool { return false })
	for i := range one.Classes {
		one.Classes[i] = 1
	}
	two := one
	two.Rank = 2
	for want, given := range map[string]struct {
		task *data.Task
		runs []Result
	}{
		"have the label yes":  {twoClasses(), []Result{one, two}},
		"have the same score": {number, []Result{same, other}},
		"only one rank":       {twoClasses(), results[0][:1]},
	} {
		d, err := Decide(given.task, [][]Result{given.runs}, Question{})
		if err != nil || d.Rank != 0 || !strings.Contains(d.Sentence(), want) {
			t.Errorf("%s: %+v, %v", want, d, err)
		}
	}
	// a rank whose predictions are constant has no correlation: it fails, and nothing below is chosen
	flat := Result{Rank: 1, Outputs: 1, Index: []int{0, 1, 2}, Scores: []float32{1, 2, 3}, Logits: []float32{1, 1, 1}}
	good := flat
	good.Rank, good.Logits = 2, []float32{1, 2, 3}
	d, err := Decide(number, [][]Result{{flat, good}}, Question{Resamples: 500})
	if err != nil || d.Rank != 0 || d.Undefined != 500 || !strings.Contains(d.Basis(), "On 500 of the resamples Pearson is undefined") {
		t.Errorf("constant predictions: %+v, %v", d, err)
	}
}

// TestHalves: every example is in one half, each class is spread evenly, and an example stays in
// the half that its key gives when the order of the examples is another.
func TestHalves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "examples")
		r := alternating(1, n, func(int) bool { return false })
		keys := make([]uint64, n)
		for i := range keys {
			r.Classes[i] = int32(rapid.IntRange(0, 1).Draw(t, "class"))
			keys[i] = seed.Mix(uint64(i) + 1)
		}
		first, second := Halves(twoClasses(), &r, keys)
		all := slices.Sorted(slices.Values(append(slices.Clone(first), second...)))
		for i, at := range all {
			if at != i {
				t.Fatalf("halves %v and %v of %d", first, second, n)
			}
		}
		for class := range int32(2) {
			count := func(half []int) (c int) {
				for _, at := range half {
					if r.Classes[at] == class {
						c++
					}
				}
				return c
			}
			if d := count(first) - count(second); d < -1 || d > 1 || len(all) != n {
				t.Fatalf("class %d: %d more in one half", class, d)
			}
		}
		order := rapid.Permutation(all).Draw(t, "order")
		moved, err := r.Part(twoClasses(), order)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Halves(twoClasses(), moved, pick(keys, order, 1))
		var back []int
		for _, at := range again {
			back = append(back, order[at])
		}
		if slices.Sort(back); !slices.Equal(back, first) {
			t.Fatalf("another order, other halves: %v and %v", back, first)
		}
	})
}

// TestAnswerOfSeeds: a sweep of several runs has their means, with an interval around each.
func TestAnswerOfSeeds(t *testing.T) {
	run := func(shift int) []Result {
		return []Result{
			alternating(1, 200, func(i int) bool { return (i+shift)%5 == 0 }),
			alternating(4, 200, func(i int) bool { return (i+2*shift)%8 == 0 }),
		}
	}
	runs := [][]Result{run(0), run(1), run(2)}
	s := NewSweep(twoClasses(), "dev", runs[0], func(int) (int, int64) { return 1, 1 })
	if err := s.Answer(twoClasses(), runs, nil, Question{Tolerance: 0.5, Resamples: 500}); err != nil {
		t.Fatal(err)
	}
	if s.Decision.Seeds != 3 || s.Decision.Rank != 1 || len(s.Ranks[0].Seeds) != 3 || s.Ranks[0].Value.Sub(Number(0.8)).number > 1e-9 {
		t.Errorf("%+v, %+v", s.Decision, s.Ranks[0])
	}
	if r := s.Ranks[0]; !(*r.Low < 0.8 && 0.8 < *r.High) {
		t.Errorf("interval %v to %v", *r.Low, *r.High)
	}
	if s.Curve == nil || s.Curve.Falls != 0 {
		t.Errorf("curve %+v", s.Curve)
	}
}
