package statistics

// Scores is a set of examples in each of which labels hold or not, and the score that each system
// gives them. The metrics are means over the labels.
type Scores struct {
	Holds   [][]bool      // by label, of each example
	Systems [][][]float64 // by label, of each system, of each example; only their order counts
}

// ROCAUC is the probability that an example that holds has a larger score than one that does not,
// equal scores counting half. A resample is a pass through the examples in ascending order, sorted
// once. It is undefined where all examples of a label hold, or none.
func (s *Scores) ROCAUC() *Sample { return s.sample(rocAUC) }

// AveragePrecision is Σ (Rₙ − Rₙ₋₁) Pₙ over the different scores, from the largest down; 0 for a
// label that never holds.
func (s *Scores) AveragePrecision() *Sample { return s.sample(averagePrecision) }

// ordering measures weighted examples in ascending order of their scores.
type ordering func(r *ranking, holds []bool, weights []float64) float64

func (s *Scores) sample(of ordering) *Sample {
	orders := make([][]*ranking, len(s.Holds))
	for label, systems := range s.Systems {
		for _, scores := range systems {
			check("scores", len(scores), len(s.Holds[label]))
			orders[label] = append(orders[label], newRanking(scores))
		}
	}
	n := len(s.Holds[0])
	return ofExamples(n, len(orders[0]), func(weights, values []float64) {
		clear(values)
		for label, systems := range orders {
			for i, r := range systems {
				values[i] += of(r, s.Holds[label], weights) / float64(len(orders))
			}
		}
	})
}

// ofExamples is a sample with a row for each example, measured by a function that keeps nothing.
func ofExamples(n, systems int, measure statistic) *Sample {
	s := &Sample{n: n, systems: systems, mass: make([]float64, n), measure: func() statistic { return measure }}
	for i := range s.mass {
		s.mass[i] = 1
	}
	return s
}

func rocAUC(r *ranking, holds []bool, weights []float64) float64 {
	var positive, negative, area float64
	from := 0
	for _, end := range r.ends {
		p, n := group(r.order[from:end], holds, weights)
		area += p * (negative + n/2)
		positive, negative, from = positive+p, negative+n, end
	}
	return area / (positive * negative) // 0/0 is undefined
}

func averagePrecision(r *ranking, holds []bool, weights []float64) float64 {
	var positive, all, sum float64
	for i := len(r.ends) - 1; i >= 0; i-- {
		from := 0
		if i > 0 {
			from = r.ends[i-1]
		}
		p, n := group(r.order[from:r.ends[i]], holds, weights)
		positive, all = positive+p, all+p+n
		if p > 0 {
			sum += p * positive / all
		}
	}
	if positive == 0 {
		return 0
	}
	return sum / positive
}

// group is the weight of examples that hold and of those that do not.
func group(examples []int, holds []bool, weights []float64) (positive, negative float64) {
	for _, at := range examples {
		if holds[at] {
			positive += weights[at]
		} else {
			negative += weights[at]
		}
	}
	return positive, negative
}

// Means is the sample of the mean of a number of each example, such as its loss: one list for each
// system.
func Means(systems [][]float64) *Sample {
	for _, s := range systems {
		check("numbers", len(s), len(systems[0]))
	}
	return ofExamples(len(systems[0]), len(systems), func(weights, values []float64) {
		total := 0.0
		for _, w := range weights {
			total += w
		}
		for i, numbers := range systems {
			sum := 0.0
			for j, w := range weights {
				sum += w * numbers[j]
			}
			values[i] = sum / total
		}
	})
}
