package evaluate

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/statistics"
	"github.com/dylora/dylora/internal/tabular"
)

// Interval is where the metric of a rank lies at a two-sided confidence: Wilson's interval of an
// accuracy, else quantiles of resamples; of several runs, whose results these are, the mean with
// the spread of the seeds. ok is false where the metric has none.
func Interval(t *data.Task, runs []*Result, q Question) (low, high float64, ok bool) {
	q = q.withDefaults(t)
	r := runs[0]
	if testOf(q.Metric) == "" || r.unlabelled(t) {
		return 0, 0, false
	}
	if len(runs) == 1 && testOf(q.Metric) == testOf("accuracy") {
		right := 0
		for _, is := range rightOf(t, r) {
			if is {
				right++
			}
		}
		low, high = statistics.Wilson(right, r.Len(), q.Confidence)
		return low, high, true
	}
	s, err := sampleOf(t, q.Metric, runs...)
	if err != nil {
		return 0, 0, false
	}
	draws := statistics.Bootstrap{Resamples: q.Resamples, Seed: q.Seed}.Run(s, mean)
	switch {
	case math.IsNaN(draws.Estimate) || len(draws.Values) < 2:
		return 0, 0, false
	case len(runs) > 1:
		low, high = statistics.Mix(s.Values(), draws).Bounds(q.Confidence)
	default:
		low, high = draws.Quantile((1-q.Confidence)/2), draws.Quantile((1+q.Confidence)/2)
	}
	return low, high, true
}

// Curve is what a sweep's values make together. Its JSON is an interface for scripts.
type Curve struct {
	Linear      Value `json:"aurac"`        // area under the curve of the metric over the rank, as a mean of the metric
	Log2        Value `json:"aurac_log2"`   // the same over the logarithm of the rank
	Falls       int   `json:"falls"`        // ranks that are worse than the next lower one that was measured
	LargestFall Value `json:"largest_fall"` // of those; 0 for none
}

// NewCurve measures the curve of a sweep; nil for fewer than two ranks.
func NewCurve(s *Sweep) *Curve {
	ranks := make([]int, len(s.Ranks))
	for i, r := range s.Ranks {
		ranks[i] = r.Rank
	}
	slices.Sort(ranks)
	if ranks = slices.Compact(ranks); len(ranks) < 2 {
		return nil
	}
	values := make([]float64, len(ranks))
	for i, rank := range ranks {
		values[i] = math.NaN()
		for _, r := range s.Ranks {
			if v, ok := r.Value.Float(); ok && r.Rank == rank {
				values[i] = v
			}
		}
	}
	linear, log2 := statistics.AURAC(ranks, values)
	if !Larger(s.Metric) {
		for i := range values {
			values[i] = -values[i]
		}
	}
	falls, largest := statistics.Falls(values)
	return &Curve{Number(linear), Number(log2), falls, Number(largest)}
}

// text is the curve in words, of a metric.
func (c *Curve) text(metric string) string {
	s := fmt.Sprintf("Mean over the ranks (AURAC): %s by rank, %s by its logarithm; ", Text(metric, c.Linear), Text(metric, c.Log2))
	worse := "below"
	if !Larger(metric) {
		worse = "above"
	}
	switch largest, _ := c.LargestFall.Float(); c.Falls {
	case 0:
		return s + "no rank is " + worse + " the one before."
	case 1:
		return s + fmt.Sprintf("one rank is %s the one before, by %s.", worse, Text(metric, Number(largest)))
	default:
		return s + fmt.Sprintf("%d ranks are %s the ones before, by %s at most.", c.Falls, worse, Text(metric, Number(largest)))
	}
}

// WriteAnswer writes the decision, what it rests on, and the curve, a line each; nothing where
// the sweep has no decision.
func (s *Sweep) WriteAnswer(w io.Writer) error {
	if s.Decision == nil {
		return nil
	}
	lines := []string{s.Decision.Sentence(), s.Decision.Basis()}
	if s.Curve != nil {
		lines = append(lines, s.Curve.text(s.Metric))
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", tabular.Prose(strings.Join(lines, "\n"), w)); err != nil {
		return err
	}
	return s.writeCalibration(w)
}
