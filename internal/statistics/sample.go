package statistics

import "fmt"

// Sample is a set of examples on which one or more systems are measured by a metric. Examples
// that are alike share a row, so that a resample is a weight for each row.
type Sample struct {
	n       int       // examples
	systems int       // values that a weighted sample has
	mass    []float64 // examples of each row; they sum to n
	extra   []float64 // mass of rows that were not seen, see Table.smooth; nil: none
	measure func() statistic
}

// statistic measures every system on rows of the weights given; NaN is undefined. It may keep
// memory of its own, so each goroutine has one.
type statistic func(weights, values []float64)

// Len is the number of examples.
func (s *Sample) Len() int { return s.n }

// Values are the metric of each system on the sample itself; NaN where it is undefined.
func (s *Sample) Values() []float64 {
	v := make([]float64, s.systems)
	s.measure()(s.mass, v)
	return v
}

// check panics where lengths differ, which is an error of the program.
func check(what string, have, want int) {
	if have != want {
		panic(fmt.Sprintf("statistics: %d %s for %d examples", have, what, want))
	}
}
