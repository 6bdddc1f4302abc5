package statistics

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Wilson is the score interval of a proportion, right of n, at a two-sided confidence (Wilson
// 1927). [0, 1] for no examples.
func Wilson(right, n int, confidence float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	z := distuv.UnitNormal.Quantile((1 + confidence) / 2)
	N, p := float64(n), float64(right)/float64(n)
	centre := (p + z*z/(2*N)) / (1 + z*z/N)
	half := z / (1 + z*z/N) * math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	return max(0, centre-half), min(1, centre+half)
}

// ClopperPearson is the exact interval of a proportion, right of n, at a two-sided confidence
// (Clopper and Pearson 1934): it holds at least its level, and is wider than Wilson's.
func ClopperPearson(right, n int, confidence float64) (low, high float64) {
	tail, k, N := (1-confidence)/2, float64(right), float64(n)
	low, high = 0, 1
	if right > 0 {
		low = distuv.Beta{Alpha: k, Beta: N - k + 1}.Quantile(tail)
	}
	if right < n {
		high = distuv.Beta{Alpha: k + 1, Beta: N - k}.Quantile(1 - tail)
	}
	return low, high
}
