// Package statistics has the tests and intervals by which ranks of an adapter are compared:
// paired proportions, corrections for several tests, and a paired bootstrap of metrics. It
// takes numbers and gives numbers; docs/statistics.md says what is used where, and why.
package statistics

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Pairs counts examples by which of two systems is right about them.
type Pairs struct{ Both, First, Second, Neither int }

// Of counts pairs; first and second say of each example whether the system is right.
func Of(first, second []bool) (p Pairs) {
	for i, f := range first {
		switch {
		case f && second[i]:
			p.Both++
		case f:
			p.First++
		case second[i]:
			p.Second++
		default:
			p.Neither++
		}
	}
	return p
}

// Len is the number of examples.
func (p Pairs) Len() int { return p.Both + p.First + p.Second + p.Neither }

// Difference is the first's share of right answers less the second's; NaN for no examples.
func (p Pairs) Difference() float64 { return float64(p.First-p.Second) / float64(p.Len()) }

// McNemar gives the two-sided p-values of the hypothesis that both are right equally often:
// the exact binomial test of the examples on which they differ, and its mid-p form, which
// counts half of the outcome's own probability (Fagerland, Lydersen and Laake 2013).
func (p Pairs) McNemar() (exact, mid float64) {
	n, k := p.First+p.Second, min(p.First, p.Second)
	if n == 0 {
		return 1, 1
	}
	b := distuv.Binomial{N: float64(n), P: 0.5}
	if p.First == p.Second { // the outcome is the middle of the distribution
		return 1, 1 - b.Prob(float64(k))/2
	}
	exact = 2 * b.CDF(float64(k))
	return min(1, exact), exact - b.Prob(float64(k))
}

// score is Tango's statistic for the hypothesis that the difference first − second is delta:
// (b − c − nδ) / √(n(2q + δ(1−δ))), where q is the probability of the cell c at its restricted
// maximum likelihood (Tango 1998, "Equivalence test and confidence interval for the difference
// in proportions for the paired-sample design", equations 6 to 8).
func (p Pairs) score(delta float64) float64 {
	n, b, c := float64(p.Len()), float64(p.First), float64(p.Second)
	A := 2 * n
	B := -b - c + (2*n-b+c)*delta
	C := -c * delta * (1 - delta)
	q := (math.Sqrt(max(0, B*B-4*A*C)) - B) / (2 * A)
	variance := n * (2*q + delta*(1-delta))
	distance := b - c - n*delta
	if variance <= 0 { // no discordant pair, and δ at 0 or its end
		if distance == 0 {
			return 0
		}
		return math.Copysign(math.Inf(1), distance)
	}
	return distance / math.Sqrt(variance)
}

// NotWorse tests the hypothesis that the first is right more often than the second by margin
// or more. A small p says that the second is not worse by the margin: Tango's score test of
// non-inferiority. z is the statistic, with the sign of the evidence. The margin is from 0 to 1.
func (p Pairs) NotWorse(margin float64) (z, pValue float64) {
	if p.Len() == 0 {
		return 0, 1
	}
	z = -p.score(margin)
	return z, tail(z)
}

// Tango is the score interval of the difference first − second at a two-sided confidence: the
// differences that Tango's test does not reject, found by bisection. [-1, 1] for no examples.
func (p Pairs) Tango(confidence float64) (low, high float64) {
	if p.Len() == 0 {
		return -1, 1
	}
	z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
	d := p.Difference()
	// the statistic falls as δ grows
	low = bisect(-1, d, func(delta float64) bool { return p.score(delta) > z })
	high = bisect(d, 1, func(delta float64) bool { return p.score(delta) >= -z })
	return low, high
}

// tail is the probability of more than z in a standard normal distribution, with all digits of
// a small one.
func tail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// bisect is where below turns from true to false between a and b.
func bisect(a, b float64, below func(float64) bool) float64 {
	for range 80 {
		m := (a + b) / 2
		if m == a || m == b {
			break
		}
		if below(m) {
			a = m
		} else {
			b = m
		}
	}
	return (a + b) / 2
}
