package evaluate

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// point is one rank of a drawing: its headline value in the unit of Text.
type point struct {
	rank  int
	value float64
	text  string
}

// points are the ranks whose headline is defined, ascending.
func (s *Sweep) points() []point {
	var points []point
	for _, r := range s.Ranks {
		if f, ok := r.Value.Float(); ok {
			points = append(points, point{r.Rank, s.unit() * f, Text(s.Metric, r.Value)})
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.rank, b.rank) })
	return points
}

// ranks are the sweep's ranks, ascending.
func (s *Sweep) ranks() []int {
	ranks := make([]int, len(s.Ranks))
	for i, r := range s.Ranks {
		ranks[i] = r.Rank
	}
	return sortedSet(ranks)
}

// unit is what a headline value is multiplied by to be drawn.
func (s *Sweep) unit() float64 {
	if hundredths(s.Metric) {
		return 100
	}
	return 1
}

// scale places ranks on the horizontal axis: evenly, or by their logarithm if they span
// a factor of 16, so that 1, 2, 4, …, 64 come out evenly too.
func (s *Sweep) scale() func(rank int) float64 {
	ranks := s.ranks()
	if n := len(ranks); n > 0 && ranks[0] >= 1 && ranks[n-1]/ranks[0] >= 16 {
		return func(rank int) float64 { return math.Log2(float64(rank)) }
	}
	return func(rank int) float64 { return float64(rank) }
}

// thin keeps the ranks to be written along an axis: of those that leave each other room,
// as apart tells, powers of two first. The result ascends.
func thin(ranks []int, apart func(a, b int) bool) []int {
	order := slices.Clone(ranks)
	slices.SortStableFunc(order, func(a, b int) int { return bits.OnesCount(uint(a)) - bits.OnesCount(uint(b)) })
	var kept []int
	for _, r := range order {
		if !slices.ContainsFunc(kept, func(k int) bool { return !apart(k, r) }) {
			kept = append(kept, r)
		}
	}
	slices.Sort(kept)
	return kept
}

// bounds are the ends and the step of the vertical axis: round numbers around the values
// with room for a label above the highest.
func (s *Sweep) bounds() (low, high, step float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range s.points() {
		low, high = min(low, p.value), max(high, p.value)
	}
	if low > high {
		return 0, s.unit(), s.unit() / 5
	}
	span := max(high-low, s.unit()/100) // differences under a point are mostly noise
	step = roundStep(span / 4)
	low = step * math.Floor(low/step-0.25)
	high = step * math.Ceil(high/step+0.35)
	if hundredths(s.Metric) { // there is nothing above 100 but the label
		high = min(high, 100+0.35*step)
	}
	return low, high, step
}

// roundStep is the least of 1, 2, 5 times a power of ten that is not below x.
func roundStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x {
			return m * power
		}
	}
	return 10 * power
}
