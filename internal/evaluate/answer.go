package evaluate

import (
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Answer gives s the interval of each rank, the curve and the decision, from the results that it
// was made of, of one run or several. With keys, which Halves takes, the rank is chosen on one
// half of the examples, and all of the sweep's values are measured anew on the other.
func (s *Sweep) Answer(t *data.Task, runs [][]Result, keys []uint64, q Question) error {
	chosen, reported := runs, runs
	if keys != nil {
		var err error
		if chosen, reported, err = inHalves(t, runs, keys); err != nil {
			return err
		}
	}
	d, err := Decide(t, chosen, q)
	if err != nil {
		return err
	}
	d.Reported, d.SameData = reported[0][0].Len(), keys == nil
	s.measure(reported)
	s.Intervals(t, reported, q)
	s.Curve, s.Decision = NewCurve(s), d
	return nil
}

// Intervals sets the interval of each rank's headline, from the results that s was made of, of
// one run or several; of q the confidence and how to resample count.
func (s *Sweep) Intervals(t *data.Task, runs [][]Result, q Question) {
	q.Metric = "" // the headline
	for i := range s.Ranks {
		r := &s.Ranks[i]
		if low, high, ok := Interval(t, atRank(runs, r.Rank), q); ok {
			r.Low, r.High = &low, &high
		}
	}
}

// inHalves gives every run's results on each half.
func inHalves(t *data.Task, runs [][]Result, keys []uint64) (first, second [][]Result, err error) {
	a, b := Halves(t, &runs[0][0], keys)
	for _, results := range runs {
		halves := [2][]Result{}
		for i := range results {
			for h, places := range [][]int{a, b} {
				p, err := results[i].Part(t, places)
				if err != nil {
					return nil, nil, err
				}
				halves[h] = append(halves[h], *p)
			}
		}
		first, second = append(first, halves[0]), append(second, halves[1])
	}
	return first, second, nil
}

// measure sets each rank's metrics: those of the run, or the means over several.
func (s *Sweep) measure(runs [][]Result) {
	for i := range s.Ranks {
		r := &s.Ranks[i]
		at := atRank(runs, r.Rank)
		r.Metrics, r.Seeds = slices.Clone(at[0].Metrics), nil
		if len(at) > 1 {
			for j := range r.Metrics {
				r.Metrics[j].Value = meanOf(at, j)
			}
			for _, result := range at {
				r.Seeds = append(r.Seeds, result.Metrics.Headline().Value)
			}
		}
		r.Value = r.Metrics.Headline().Value
	}
}

// meanOf is the mean of a metric over runs; undefined where one of them is.
func meanOf(results []*Result, metric int) Value {
	values := make([]float64, len(results))
	for i, r := range results {
		v, ok := r.Metrics[metric].Value.Float()
		if !ok {
			return Value{}
		}
		values[i] = v
	}
	return Number(mean(values))
}
