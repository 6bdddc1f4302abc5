package statistics

import "math"

// AURAC is the area under the curve of a metric over the rank, by trapezoids, divided by the
// width, so that it is a mean of the metric: with ranks as they are, and with their logarithms
// to base 2, where 1 to 2 counts as much as 4 to 8. The ranks ascend from 1 or more. After the
// area under the rank accuracy curve of MatryoshkaLoRA (arXiv 2605.07850). NaN for fewer than
// two ranks, or where a value is.
func AURAC(ranks []int, values []float64) (linear, log2 float64) {
	if len(ranks) < 2 {
		return math.NaN(), math.NaN()
	}
	area := func(place func(float64) float64) (a float64) {
		for i := 1; i < len(ranks); i++ {
			width := place(float64(ranks[i])) - place(float64(ranks[i-1]))
			a += width * (values[i] + values[i-1]) / 2
		}
		return a / (place(float64(ranks[len(ranks)-1])) - place(float64(ranks[0])))
	}
	return area(func(r float64) float64 { return r }), area(math.Log2)
}

// Falls counts where a value is below the one before, and gives the largest such step.
func Falls(values []float64) (count int, largest float64) {
	for i := 1; i < len(values); i++ {
		if fall := values[i-1] - values[i]; fall > 0 {
			count, largest = count+1, max(largest, fall)
		}
	}
	return count, largest
}
