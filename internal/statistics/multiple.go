package statistics

import (
	"cmp"
	"slices"
)

// Holm adjusts the p-values of several tests so that rejecting those that are at most α makes
// any error with a probability of at most α (Holm 1979). The order stays.
func Holm(p []float64) []float64 {
	order, adjusted := ascending(p), make([]float64, len(p))
	largest := 0.0
	for i, at := range order {
		largest = max(largest, min(1, float64(len(p)-i)*p[at]))
		adjusted[at] = largest
	}
	return adjusted
}

// BenjaminiHochberg adjusts the p-values of several independent tests so that of those that are
// at most α a share of α is expected to be errors (Benjamini and Hochberg 1995). The order stays.
func BenjaminiHochberg(p []float64) []float64 {
	order, adjusted := ascending(p), make([]float64, len(p))
	least := 1.0
	for i := len(order) - 1; i >= 0; i-- {
		least = min(least, float64(len(p))/float64(i+1)*p[order[i]])
		adjusted[order[i]] = least
	}
	return adjusted
}

// FixedSequence tests hypotheses in the order given at level α each, until one is not rejected.
// It says how many are; the probability of any error is at most α without a correction (Maurer,
// Hothorn and Lehmacher 1995).
func FixedSequence(p []float64, alpha float64) int {
	for i, v := range p {
		if !(v <= alpha) { // NaN fails
			return i
		}
	}
	return len(p)
}

// ascending are the places of x from the smallest value to the largest.
func ascending(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	return order
}
