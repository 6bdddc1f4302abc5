package evaluate

import (
	"cmp"
	"math"
	"slices"
)

// MSE is the mean squared difference of scores and predictions; undefined for no scores.
func MSE(scores, predictions []float64) Value {
	squares := make([]float64, len(scores))
	for i, s := range scores {
		squares[i] = (predictions[i] - s) * (predictions[i] - s)
	}
	return Number(mean(squares))
}

// Pearson is the linear correlation of x and y, from -1 to 1; undefined if either is
// constant or shorter than 2.
func Pearson(x, y []float64) Value {
	if constant(x) || constant(y) {
		return Value{}
	}
	dx, dy := direction(x), direction(y)
	r := 0.0
	for i := range dx {
		r += dx[i] * dy[i]
	}
	return Number(max(-1, min(1, r)))
}

// Spearman is the Pearson correlation of the ranks of x and of y, where equal values
// share the mean of their ranks; undefined as Pearson is.
func Spearman(x, y []float64) Value { return Pearson(ranked(x), ranked(y)) }

// direction is x less its mean, at length 1. Two passes: Σx² - n·mean² would lose every
// digit of values far from 0.
func direction(x []float64) []float64 {
	d := make([]float64, len(x))
	m, largest := mean(x), 0.0
	for i, v := range x {
		d[i] = v - m
		largest = max(largest, math.Abs(d[i]))
	}
	squares := 0.0
	for _, v := range d { // by the largest, so that no square over- or underflows
		squares += (v / largest) * (v / largest)
	}
	norm := math.Sqrt(squares)
	for i := range d {
		d[i] = d[i] / largest / norm
	}
	return d
}

// mean adds up with Neumaier's correction, so that it is the true mean rounded: the
// differences from it may be a billionth of it. NaN for no values.
func mean(x []float64) float64 {
	sum, lost := 0.0, 0.0
	for _, v := range x {
		t := sum + v
		if math.Abs(sum) >= math.Abs(v) {
			lost += (sum - t) + v
		} else {
			lost += (v - t) + sum
		}
		sum = t
	}
	return (sum + lost) / float64(len(x))
}

// constant reports whether x has fewer than two different values.
func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// ranked is each value's place in ascending order, from 1; ties share their mean place.
func ranked(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	r := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			r[k] = float64(i+1+j) / 2
		}
		i = j
	}
	return r
}
