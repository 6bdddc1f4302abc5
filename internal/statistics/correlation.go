package statistics

import (
	"cmp"
	"math"
	"slices"
)

// Numbers is a set of examples with a number as their label and one as each system's
// prediction, or with several outputs, whose correlations are averaged.
type Numbers struct {
	Outputs int
	Labels  []float64   // (examples, Outputs), row-major
	Systems [][]float64 // predictions of each system, in the same form
}

// column is one output of rows, less its mean, so that sums of squares keep their digits.
func (n *Numbers) column(rows []float64, output int) []float64 {
	check("numbers", len(rows), len(n.Labels))
	c := make([]float64, 0, len(rows)/n.Outputs)
	mean := 0.0
	for i := output; i < len(rows); i += n.Outputs {
		c = append(c, rows[i])
		mean += rows[i]
	}
	mean /= float64(len(c))
	for i := range c {
		c[i] -= mean
	}
	return c
}

// Pearson is the linear correlation. A resample takes sums of weighted products, about 2 ns for
// each example and system.
func (n *Numbers) Pearson() *Sample { return n.sample(pearson) }

// Spearman is the correlation of ranks. Every resample ranks its examples again, ties at their
// mean place: that is a pass through the examples in ascending order, sorted once, and about
// 5 ns for each example and system.
func (n *Numbers) Spearman() *Sample { return n.sample(spearman) }

// correlation measures systems on one output.
type correlation func(labels []float64, systems [][]float64) statistic

func (n *Numbers) sample(of correlation) *Sample {
	examples := len(n.Labels) / n.Outputs
	labels, systems := make([][]float64, n.Outputs), make([][][]float64, n.Outputs)
	for o := range labels {
		labels[o] = n.column(n.Labels, o)
		for _, s := range n.Systems {
			systems[o] = append(systems[o], n.column(s, o))
		}
	}
	s := &Sample{n: examples, systems: len(n.Systems), mass: make([]float64, examples)}
	for i := range s.mass {
		s.mass[i] = 1
	}
	s.measure = func() statistic {
		each, one := make([]statistic, n.Outputs), make([]float64, len(n.Systems))
		for o := range each {
			each[o] = of(labels[o], systems[o])
		}
		return func(weights, values []float64) {
			clear(values)
			for _, measure := range each {
				measure(weights, one)
				for i, v := range one {
					values[i] += v / float64(n.Outputs)
				}
			}
		}
	}
	return s
}

// pearson correlates by weighted sums.
func pearson(labels []float64, systems [][]float64) statistic {
	return func(weights, values []float64) {
		for i, s := range systems {
			values[i] = weighted(weights, labels, s)
		}
	}
}

// weighted is Pearson's correlation of weighted x and y, values around 0; NaN where one of them
// is constant.
func weighted(weights, x, y []float64) float64 {
	var n, sx, sy, xx, yy, xy float64
	y = y[:len(x)]
	for i, w := range weights[:len(x)] {
		if w == 0 {
			continue
		}
		a, b := w*x[i], w*y[i]
		n += w
		sx, sy = sx+a, sy+b
		xx, yy, xy = xx+a*x[i], yy+b*y[i], xy+a*y[i]
	}
	vx, vy := xx-sx*sx/n, yy-sy*sy/n
	// what is left of a constant is rounding
	const rounding = 1e-13
	if !(vx > rounding*xx) || !(vy > rounding*yy) {
		return math.NaN()
	}
	return max(-1, min(1, (xy-sx*sy/n)/math.Sqrt(vx*vy)))
}

// spearman correlates by ranks among the weighted examples.
func spearman(labels []float64, systems [][]float64) statistic {
	byLabel := newRanking(labels)
	by := make([]*ranking, len(systems))
	for i, s := range systems {
		by[i] = newRanking(s)
	}
	x, y := make([]float64, len(labels)), make([]float64, len(labels))
	return func(weights, values []float64) {
		byLabel.ranks(weights, x)
		for i := range values {
			by[i].ranks(weights, y)
			values[i] = weighted(weights, x, y)
		}
	}
}

// ranking holds examples in ascending order of their values.
type ranking struct {
	order []int
	ends  []int // of the groups of equal values, in order
}

func newRanking(values []float64) *ranking {
	r := &ranking{order: make([]int, len(values))}
	for i := range r.order {
		r.order[i] = i
	}
	slices.SortFunc(r.order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	for i, at := range r.order {
		if i+1 == len(r.order) || values[r.order[i+1]] != values[at] {
			r.ends = append(r.ends, i+1)
		}
	}
	return r
}

// ranks writes each example's place among the weighted examples, less the middle place; those
// that are equal, and copies of one, share the mean of theirs.
func (r *ranking) ranks(weights, ranks []float64) {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	below, from := -total/2, 0
	for _, end := range r.ends {
		group := 0.0
		for _, at := range r.order[from:end] {
			group += weights[at]
		}
		for _, at := range r.order[from:end] {
			ranks[at] = below + group/2
		}
		below, from = below+group, end
	}
}
