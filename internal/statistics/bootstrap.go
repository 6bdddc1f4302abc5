package statistics

import (
	"math"
	"runtime"
	"slices"
	"sort"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dylora/dylora/internal/seed"
)

// Contrast makes one number of the values of a sample's systems.
type Contrast func(values []float64) float64

// Only is the value of the first system.
func Only(values []float64) float64 { return values[0] }

// Difference is the first system's value less the second's.
func Difference(values []float64) float64 { return values[0] - values[1] }

// Bootstrap says how to resample.
type Bootstrap struct {
	Resamples int
	Seed      uint64
	Plain     bool // draw from the examples alone, not from the smoothed table
}

// Draws are the values of a contrast on resamples.
type Draws struct {
	Estimate  float64   // on the sample; NaN where it is undefined
	Values    []float64 // on the resamples where it is defined, ascending
	Undefined int       // resamples where it is not

	accelerate func() float64 // of BCa
}

// Resamples is how many were drawn.
func (d *Draws) Resamples() int { return len(d.Values) + d.Undefined }

// Run resamples the examples with replacement, all systems together. Resample i depends on the
// seed and i alone, so the outcome does not depend on the number of processors.
func (b Bootstrap) Run(s *Sample, c Contrast) *Draws {
	mass := slices.Clone(s.mass)
	if !b.Plain {
		for i, m := range s.extra {
			mass[i] += m
		}
	}
	all := make([]float64, b.Resamples)
	d := newDrawer(mass)
	spread(b.Resamples, func(from, to int) {
		measure, weights, values := s.measure(), make([]float64, len(mass)), make([]float64, s.systems)
		for i := from; i < to; i++ {
			random := seed.NewStream(seed.Key(b.Seed, "resample", uint64(i)))
			d.draw(s.n, &random, weights)
			measure(weights, values)
			all[i] = rounded(c(values))
		}
	})
	draws := &Draws{Estimate: c(s.Values()), accelerate: func() float64 { return s.acceleration(c) }}
	for _, v := range all {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			draws.Undefined++
		} else {
			draws.Values = append(draws.Values, v)
		}
	}
	slices.Sort(draws.Values)
	return draws
}

// rounded drops what rounding leaves of a difference, so that equal ones are equal.
func rounded(v float64) float64 {
	const digits = 1 << 44
	return math.Round(v*digits) / digits
}

// spread shares 0 … n-1 out among the processors.
func spread(n int, work func(from, to int)) {
	parts := max(1, min(runtime.GOMAXPROCS(0), n/64))
	var wait sync.WaitGroup
	for p := range parts {
		wait.Go(func() { work(p*n/parts, (p+1)*n/parts) })
	}
	wait.Wait()
}

// StandardError is the standard deviation over the resamples.
func (d *Draws) StandardError() float64 {
	mean, squares := sum(d.Values)/float64(len(d.Values)), 0.0
	for _, v := range d.Values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(d.Values)-1))
}

// Quantile is where the share of the resamples below reaches q; NaN if none is defined. Values
// of counts lie on a lattice: a value that occurs often stands at the middle of its share, and
// between two of them the quantile is on a straight line, so that it does not jump (the
// mid-distribution quantile of Ma, Genton and Parzen 2011).
func (d *Draws) Quantile(q float64) float64 {
	values := d.Values
	if len(values) == 0 {
		return math.NaN()
	}
	at := q * float64(len(values))
	i := min(len(values)-1, max(0, int(at)))
	from, to := d.group(values[i])
	middle := float64(from+to) / 2
	other := to // the next group, or the one before
	if at < middle {
		other = from - 1
	}
	if other < 0 || other >= len(values) {
		return values[i]
	}
	first, last := d.group(values[other])
	share := (at - middle) / (float64(first+last)/2 - middle)
	return values[i] + share*(values[other]-values[i])
}

// group is the range of the values that equal v; empty where it would stand if there is none.
func (d *Draws) group(v float64) (from, to int) {
	from, _ = slices.BinarySearch(d.Values, v)
	to = from + sort.Search(len(d.Values)-from, func(i int) bool { return d.Values[from+i] > v })
	return from, to
}

// below is the share of the resamples below v, the inverse of Quantile; within (0, 1).
func (d *Draws) below(v float64) float64 {
	n := float64(len(d.Values))
	from, to := d.group(v)
	share := float64(from+to) / 2
	if from == to && from > 0 && from < len(d.Values) { // between two groups
		a, b := d.Values[from-1], d.Values[from]
		a0, a1 := d.group(a)
		b0, b1 := d.group(b)
		low, high := float64(a0+a1)/2, float64(b0+b1)/2
		share = low + (v-a)/(b-a)*(high-low)
	}
	return (share + 0.5) / (n + 1)
}

// least is what resamples that are undefined add to a p-value: they are taken for the
// hypothesis.
func (d *Draws) least(p float64) float64 {
	if len(d.Values) == 0 || math.IsNaN(d.Estimate) {
		return 1
	}
	u := float64(d.Undefined) / float64(d.Resamples())
	return u + (1-u)*p
}

// Percentile gives the p-value of the hypothesis that the truth is at most v: the share of the
// resamples that are, those that are undefined among them (Efron and Tibshirani 1993, chapters
// 13 and 16).
func (d *Draws) Percentile(v float64) float64 { return d.least(d.below(v)) }

// Basic is Percentile with the resamples mirrored at the estimate: the errors of the resamples
// are taken for those of the estimate (Davison and Hinkley 1997, section 5.2).
func (d *Draws) Basic(v float64) float64 { return d.least(1 - d.below(2*d.Estimate-v)) }

// Normal is the p-value by a normal distribution with the standard error of the resamples.
func (d *Draws) Normal(v float64) float64 {
	se := d.StandardError()
	if !(se > 0) {
		return d.least(1)
	}
	return d.least(tail((d.Estimate - v) / se))
}

// BCa is the p-value of the bias-corrected and accelerated bootstrap (Efron 1987, "Better
// bootstrap confidence intervals").
func (d *Draws) BCa(v float64) float64 {
	if len(d.Values) == 0 || math.IsNaN(d.Estimate) {
		return 1
	}
	normal := distuv.UnitNormal
	z0 := normal.Quantile(d.below(d.Estimate))
	// the level whose bound is v solves z0 + (z0 + z)/(1 − a(z0 + z)) = Φ⁻¹(share below v)
	w := normal.Quantile(d.below(v)) - z0
	return d.least(normal.CDF(w/(1+d.accelerate()*w) - z0))
}

// acceleration is that of BCa, by leaving out one example of each row.
func (s *Sample) acceleration(c Contrast) float64 {
	measure, weights, values := s.measure(), slices.Clone(s.mass), make([]float64, s.systems)
	left := make([]float64, len(weights))
	mean := 0.0
	for i, m := range s.mass {
		if m == 0 {
			continue
		}
		weights[i]--
		measure(weights, values)
		weights[i]++
		left[i] = c(values)
		mean += m * left[i] / float64(s.n)
	}
	var squares, cubes float64
	for i, m := range s.mass {
		if m > 0 {
			e := mean - left[i]
			squares, cubes = squares+m*e*e, cubes+m*e*e*e
		}
	}
	if !(squares > 0) {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}
