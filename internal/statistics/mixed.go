package statistics

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Mixed is the mean of a number over several runs of one setting that differ in their seed,
// measured on the same examples. Its variance has two parts: that of the runs, s²/S, and that of
// the examples with the runs as they are. What a run and an example have to do with each other is
// in both, so the sum is rather too large than too small. The degrees of freedom are
// Satterthwaite's (1946): with a few runs that differ much, few.
type Mixed struct {
	Estimate      float64
	StandardError float64
	Freedom       float64 // degrees of freedom of the t distribution; +Inf: the normal one
	Runs          float64 // variance of one run, without its examples' share
	Examples      float64 // variance of the mean that is due to the examples
	Undefined     int     // resamples
}

// Mix joins the estimates of the runs with the standard error of their mean over resamples of
// the examples.
func Mix(each []float64, draws *Draws) Mixed {
	n := float64(len(each))
	m := Mixed{Estimate: sum(each) / n, Undefined: draws.Undefined, Freedom: math.Inf(1)}
	within := draws.StandardError()
	m.Examples = within * within
	if len(each) > 1 {
		for _, v := range each {
			m.Runs += (v - m.Estimate) * (v - m.Estimate) / (n - 1)
		}
	}
	variance := m.Runs/n + m.Examples
	m.StandardError = math.Sqrt(variance)
	if m.Runs > 0 {
		m.Freedom = (n - 1) * variance * variance / (m.Runs / n * m.Runs / n)
	}
	return m
}

// Above is the p-value of the hypothesis that the truth is at most v.
func (m Mixed) Above(v float64) float64 {
	t := (m.Estimate - v) / m.StandardError
	switch {
	case math.IsNaN(t):
		return 1
	case m.Freedom > 1e6:
		return tail(t)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: m.Freedom}.Survival(t)
}

// Bounds is the interval of the truth at a two-sided confidence.
func (m Mixed) Bounds(confidence float64) (low, high float64) {
	z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
	if m.Freedom <= 1e6 {
		z = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: m.Freedom}.Quantile((1 + confidence) / 2)
	}
	return m.Estimate - z*m.StandardError, m.Estimate + z*m.StandardError
}

// most is the largest number of examples or seeds that is worth telling.
const most = 1e8

// power is the probability with which what is asked for is to be found.
const power = 0.8

// reach is the standard error with which a difference of 0 is found not worse by a margin with
// the probability of power.
func reach(margin, confidence float64) float64 {
	return margin / (distuv.UnitNormal.Quantile(confidence) + distuv.UnitNormal.Quantile(power))
}

// ExamplesFor is about how many examples show a system not worse by the margin with a
// probability of 80 %, if its true difference is 0: the variance is that of a mean over n, and
// fixed what no number of examples changes. 0: no number would do, or more than 100 million.
func ExamplesFor(variance float64, n int, fixed, margin, confidence float64) int {
	r := reach(margin, confidence)
	left := r*r - fixed
	if need := variance * float64(n) / left; left > 0 && need < most {
		return int(math.Ceil(need))
	}
	return 0
}

// SeedsFor is about how many runs do the same with the examples that there are: variance is that
// of one run, fixed that of the examples. 0: no number would do.
func SeedsFor(variance, fixed, margin, confidence float64) int {
	r := reach(margin, confidence)
	left := r*r - fixed
	if need := variance / left; left > 0 && need < most {
		return max(2, int(math.Ceil(need)))
	}
	return 0
}
