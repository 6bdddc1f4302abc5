package evaluate

import (
	"math"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/statistics"
)

// comparison compares ranks, one after the other.
type comparison struct {
	task     *data.Task
	question Question
	decision *Decision // whose counts of resamples are kept
}

// compare tests a rank's results, one of each run, against those of the largest rank. Of a metric
// of which less is better its negative is tested.
func (c *comparison) compare(lower, full []*Result) (RankDecision, Needs, error) {
	r, need, err := c.gain(lower, full)
	if !Larger(c.question.Metric) {
		r.Difference, r.Low, r.High = Number(0).Sub(r.Difference), Number(0).Sub(r.High), Number(0).Sub(r.Low)
	}
	return r, need, err
}

// gain is by how much a rank is better.
func (c *comparison) gain(lower, full []*Result) (RankDecision, Needs, error) {
	q := c.question
	if len(lower) == 1 && testOf(q.Metric) == testOf("accuracy") {
		r, need := paired(statistics.Of(rightOf(c.task, lower[0]), rightOf(c.task, full[0])), q)
		return r, need, nil
	}
	each, draws, err := c.resample(lower, full)
	if err != nil {
		return RankDecision{}, Needs{}, err
	}
	c.decision.Resamples = q.Resamples
	c.decision.Undefined += draws.Undefined
	if len(lower) == 1 {
		r, need := resampled(draws, lower[0].Len(), q)
		return r, need, nil
	}
	r, need := mixed(each, draws, lower[0].Len(), q)
	return r, need, nil
}

// resample gives the difference of each run, and that of their mean on resamples of the examples.
func (c *comparison) resample(lower, full []*Result) (each []float64, draws *statistics.Draws, err error) {
	var systems []*Result
	for i := range lower {
		systems = append(systems, lower[i], full[i])
	}
	sign := Sign(c.question.Metric)
	differences := func(values []float64) []float64 {
		d := make([]float64, len(lower))
		for i := range d {
			d[i] = sign * (values[2*i] - values[2*i+1])
		}
		return d
	}
	s, err := sampleOf(c.task, c.question.Metric, systems...)
	if err != nil {
		return nil, nil, err
	}
	b := statistics.Bootstrap{Resamples: c.question.Resamples, Seed: c.question.Seed}
	return differences(s.Values()), b.Run(s, func(values []float64) float64 { return mean(differences(values)) }), nil
}

// paired compares two shares of right answers.
func paired(p statistics.Pairs, q Question) (RankDecision, Needs) {
	turned := statistics.Pairs{Both: p.Both, First: p.Second, Second: p.First, Neither: p.Neither} // the largest rank first
	_, notWorse := turned.NotWorse(q.Tolerance)
	low, high := p.Tango(2*q.Confidence - 1)
	n := float64(p.Len())
	differing := (float64(p.First+p.Second) + 1) / n
	variance := (differing - p.Difference()*p.Difference()) / n
	return RankDecision{
		Difference: Number(p.Difference()), Low: Number(low), High: Number(high), P: Number(notWorse),
		Worse: high < -q.Tolerance,
	}, Needs{Examples: statistics.ExamplesFor(variance, p.Len(), 0, q.Tolerance, q.Confidence)}
}

// resampled compares by the resamples of one run.
func resampled(draws *statistics.Draws, n int, q Question) (RankDecision, Needs) {
	r := RankDecision{Difference: Number(draws.Estimate), P: Number(draws.Percentile(-q.Tolerance))}
	if math.IsNaN(draws.Estimate) {
		return r, Needs{}
	}
	low, high := draws.Quantile(1-q.Confidence), draws.Quantile(q.Confidence)
	r.Low, r.High, r.Worse = Number(low), Number(high), high < -q.Tolerance && draws.Undefined == 0
	se := draws.StandardError()
	return r, Needs{Examples: statistics.ExamplesFor(se*se, n, 0, q.Tolerance, q.Confidence)}
}

// mixed compares by the runs and the resamples of their examples.
func mixed(each []float64, draws *statistics.Draws, n int, q Question) (RankDecision, Needs) {
	m := statistics.Mix(each, draws)
	r := RankDecision{Difference: Number(m.Estimate), P: Number(m.Above(-q.Tolerance))}
	low, high := m.Bounds(2*q.Confidence - 1)
	r.Low, r.High, r.Worse = Number(low), Number(high), high < -q.Tolerance
	runs := m.Runs / float64(len(each))
	return r, Needs{
		Examples: statistics.ExamplesFor(m.Examples, n, runs, q.Tolerance, q.Confidence),
		Seeds:    statistics.SeedsFor(m.Runs, m.Examples, q.Tolerance, q.Confidence),
	}
}
