package statistics

import (
	"math"

	"github.com/dylora/dylora/internal/seed"
)

// population is a distribution of examples that two systems answer, the second of which is the
// larger rank. Its truth is known.
type population interface {
	sample(n int, random *seed.Stream) *Sample
	truth() float64 // the first system's metric less the second's
}

// cells is a classification of two classes: a probability for each label and pair of answers.
type cells struct {
	metric Metric
	p      [8]float64 // 4·label + 2·first + second
}

// newCells is a task with a share of labels 1 and a second system of some sensitivity and
// specificity, whose answers the first changes: a share of them at random, and as many of the
// right ones more as make its metric differ by truth.
func newCells(metric Metric, positive, sensitivity, specificity, changed, truth float64) *cells {
	make := func(worse float64) *cells {
		c := &cells{metric: metric}
		for label, prior := range []float64{1 - positive, positive} {
			right := []float64{specificity, sensitivity}[label]
			for second, q := range []float64{1 - right, right} {
				if label == 0 {
					q = []float64{right, 1 - right}[second]
				}
				flip := changed
				if second == label {
					flip = changed*(1-right)/right + worse // as many right answers as wrong ones are lost
				}
				c.p[4*label+2*second+second] += prior * q * (1 - flip)
				c.p[4*label+2*(1-second)+second] += prior * q * flip
			}
		}
		return c
	}
	low, high := 0.0, 0.5
	for range 60 {
		if m := (low + high) / 2; make(m).truth() > truth {
			low = m
		} else {
			high = m
		}
	}
	return make(low)
}

func (c *cells) truth() float64 {
	var of [2]float64
	for system := range of {
		t := &Tally{Labels: make([]float64, 2), Predictions: make([]float64, 2), Right: make([]float64, 2)}
		for i, p := range c.p {
			label, answer := i/4, i/2%2
			if system == 1 {
				answer = i % 2
			}
			t.Examples += p
			t.Labels[label] += p
			t.Predictions[answer] += p
			if label == answer {
				t.Right[label] += p
			}
		}
		of[system] = c.metric(t)
	}
	return of[0] - of[1]
}

func (c *cells) sample(n int, random *seed.Stream) *Sample {
	mass, weights := make([]float64, 8), make([]float64, 8)
	for i, p := range c.p {
		mass[i] = p * 1e9
	}
	newDrawer(mass).draw(n, random, weights)
	var labels, first, second []int32
	for i, w := range weights {
		for range int(w) {
			labels, first, second = append(labels, int32(i/4)), append(first, int32(i/2%2)), append(second, int32(i%2))
		}
	}
	t := &Table{Classes: 2, Labels: One(labels), Systems: [][][]int32{One(first), One(second)}}
	return t.Sample(c.metric)
}

// curve is a regression: normal labels, and answers that are correlated with them and whose
// errors are correlated with each other by 0.95. With tails a third of the examples is three times as far
// from the mean, labels and answers together, which changes no correlation of Pearson's.
type curve struct {
	first, second float64 // correlations with the labels
	spearman      bool
	tails         bool
}

func (c *curve) truth() float64 {
	if c.spearman { // of normal variables
		return 6 / math.Pi * (math.Asin(c.first/2) - math.Asin(c.second/2))
	}
	return c.first - c.second
}

// newCurve has a first system whose correlation differs by truth.
func newCurve(second, truth float64, spearman, tails bool) *curve {
	c := &curve{first: second + truth, second: second, spearman: spearman, tails: tails}
	if spearman {
		c.first = 2 * math.Sin(math.Pi/6*truth+math.Asin(second/2))
	}
	return c
}

func (c *curve) sample(n int, random *seed.Stream) *Sample {
	x := &Numbers{Outputs: 1, Systems: [][]float64{nil, nil}}
	for range n {
		y, e, f := normal(random), normal(random), normal(random)
		f = 0.95*e + math.Sqrt(1-0.95*0.95)*f
		second := c.second*y + math.Sqrt(1-c.second*c.second)*e
		first := c.first*y + math.Sqrt(1-c.first*c.first)*f
		if c.tails && seed.Below(random.Uint64(), 3) == 0 {
			y, first, second = 3*y, 3*first, 3*second
		}
		if c.spearman {
			y = math.Exp(y) // ranks stay
		}
		x.Labels, x.Systems[0], x.Systems[1] = append(x.Labels, y), append(x.Systems[0], first), append(x.Systems[1], second)
	}
	if c.spearman {
		return x.Spearman()
	}
	return x.Pearson()
}

// normal is a standard normal number (Box and Muller 1958).
func normal(random *seed.Stream) float64 {
	return math.Sqrt(-2*math.Log(seed.OpenUnit(random.Uint64()))) * math.Cos(2*math.Pi*seed.Unit(random.Uint64()))
}
