package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Question is what Decide is asked. Zero fields stand for the defaults.
type Question struct {
	Metric     string  // "": the task's first
	Tolerance  float64 // in the unit of the metric: 0.005 is half a point; 0 is the strictest
	Confidence float64 // 0: 0.95
	Seed       uint64  // of the resamples
	Resamples  int     // 0: 10,000
}

// DefaultTolerance is half a point, DefaultConfidence that of one rank's verdict.
const (
	DefaultTolerance  = 0.005
	DefaultConfidence = 0.95
)

// Validate refuses what cannot be asked. Errors are of class Usage.
func (q Question) Validate() error {
	switch {
	case !(q.Tolerance >= 0 && q.Tolerance < 1):
		return fault.Usagef("tolerance: %v points are not from 0 to below 100", 100*q.Tolerance)
	case !(q.Confidence > 0.5 && q.Confidence < 1):
		return fault.Usagef("confidence: %v is not between 0.5 and 1, such as 0.95", q.Confidence)
	}
	return nil
}

// withDefaults fills in what is not asked for.
func (q Question) withDefaults(t *data.Task) Question {
	if q.Metric == "" && len(t.Metrics) > 0 {
		q.Metric = t.Metrics[0]
	}
	q.Confidence = cmp.Or(q.Confidence, DefaultConfidence)
	q.Resamples = cmp.Or(q.Resamples, 10_000)
	return q
}

// Decide tells which of the ranks of results to use. Several runs of one setting count as so many
// draws of its seed; their results have the same ranks and examples. Results are those of Run.
//
// Ranks are tested from the largest downward, the largest being what they are compared with. An
// accuracy is tested by Tango's score test, other metrics by a paired bootstrap, and several
// runs by a t test whose variance has a part of the seeds and one of the examples.
func Decide(t *data.Task, runs [][]Result, q Question) (*Decision, error) {
	q = q.withDefaults(t)
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if len(runs) == 0 || len(runs[0]) == 0 {
		return nil, fault.Invalidf("there are no results to decide on")
	}
	if !slices.Contains(t.Metrics, q.Metric) || testOf(q.Metric) == "" {
		return nil, fault.Usagef("metric: ranks of task %s are not compared by %q: choose one of %s", t.Name, q.Metric, strings.Join(testable(t), ", "))
	}
	ranks := ranksOf(runs[0])
	n := runs[0][0].Len()
	d := &Decision{
		Full: ranks[len(ranks)-1], Metric: q.Metric, Tolerance: q.Tolerance, Confidence: q.Confidence, Test: testOf(q.Metric),
		Ranks: []RankDecision{}, Examples: n, Reported: n, SameData: true, Seeds: len(runs),
	}
	if len(runs) > 1 {
		d.Test = "t test of seeds and resampled examples"
	}
	if d.Why = hopeless(t, q.Metric, &runs[0][0]); d.Why != "" {
		return d, nil
	}
	if len(ranks) < 2 {
		d.Why = "only one rank was measured"
		return d, nil
	}
	c := &comparison{task: t, question: q, decision: d}
	open := true
	for _, rank := range slices.Backward(ranks[:len(ranks)-1]) {
		r, need, err := c.compare(atRank(runs, rank), atRank(runs, d.Full))
		if err != nil {
			return nil, err
		}
		r.Rank, r.Tested = rank, open
		passed, _ := r.P.Float()
		r.NotWorse = open && passed <= 1-q.Confidence+1e-12
		if open && !r.NotWorse {
			open = false
			if !r.Worse {
				need.Rank = rank
				d.Needs = &need
			}
		}
		if r.NotWorse {
			d.Rank = rank
		}
		d.Ranks = append(d.Ranks, r)
	}
	if d.Rank == 0 && d.Needs == nil {
		d.Rank = d.Full // the next rank is worse
	}
	return d, nil
}

// testable are the task's metrics that ranks can be compared by.
func testable(t *data.Task) []string {
	return slices.DeleteFunc(slices.Clone(t.Metrics), func(m string) bool { return testOf(m) == "" })
}

// hopeless says why no number of resamples would tell ranks apart on these examples.
func hopeless(t *data.Task, metric string, r *Result) string {
	switch {
	case r.unlabelled(t):
		return "the examples have no labels"
	case t.Kind == data.Classification && constantClass(r.Classes):
		return fmt.Sprintf("all %d examples have the label %s, and a split of one class tells nothing about the other", r.Len(), t.Labels[r.Classes[0]])
	case t.Kind == data.Regression && Larger(metric): // a correlation
		for o := range r.Outputs {
			if constant(column(widen(r.Scores), o, r.Outputs)) {
				return fmt.Sprintf("all %d examples have the same score, and %s is undefined on them", r.Len(), Name(metric))
			}
		}
	case t.Kind == data.MultiLabel && !slices.Contains(r.Scores, 1):
		return "no label holds in any of the examples"
	}
	return ""
}

func constantClass(classes []int32) bool {
	return !slices.ContainsFunc(classes, func(c int32) bool { return c != classes[0] })
}

// ranksOf are the ranks of results, ascending.
func ranksOf(results []Result) []int {
	ranks := make([]int, len(results))
	for i, r := range results {
		ranks[i] = r.Rank
	}
	return sortedSet(ranks)
}

// atRank picks the result of a rank in each run.
func atRank(runs [][]Result, rank int) []*Result {
	at := make([]*Result, len(runs))
	for i, results := range runs {
		at[i] = &results[slices.IndexFunc(results, func(r Result) bool { return r.Rank == rank })]
	}
	return at
}
