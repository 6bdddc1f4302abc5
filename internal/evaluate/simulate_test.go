package evaluate

import (
	"math"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/seed"
	"github.com/dylora/dylora/internal/statistics"
)

// world is a simulated task: examples of a known distribution, answered by rank 8 and by lower
// ranks whose true difference to it is known.
type world struct {
	name    string
	metric  string
	task    *data.Task
	n       int
	delta   float64 // the tolerance
	seeds   int
	twofold twofold // of all but regressions
}

// draw makes the results of each seed's run; truths are the differences of the lower ranks.
func (w *world) draw(truths []float64, random *seed.Stream) [][]Result {
	if w.task.Kind == data.Regression {
		return numbers(w.metric == "spearman", w.n, truths, random)
	}
	return w.twofold.draw(w.task, w.n, truths, w.seeds, random)
}

// simulatedRanks are those of a world below rank 8, descending.
func simulatedRanks() []int { return []int{4, 2, 1} }

// twofold is a classification of two classes, or a multi-label task of one such answer for each
// of its labels. Rank 8 has a sensitivity and a specificity; a lower rank changes a share of
// its answers, and loses more of the right ones the worse it is.
type twofold struct {
	positive, sensitivity, specificity, changed float64
	metric                                      statistics.Metric
}

// flip is the probability with which a lower rank changes an answer.
func (b twofold) flip(label, answer int, worse float64) float64 {
	right := []float64{b.specificity, b.sensitivity}[label]
	if answer == label {
		return b.changed*(1-right)/right + worse
	}
	return b.changed
}

// truth is the difference of a lower rank's metric to rank 8's.
func (b twofold) truth(worse float64) float64 {
	var of [2]float64
	for system := range of {
		t := &statistics.Tally{Labels: make([]float64, 2), Predictions: make([]float64, 2), Right: make([]float64, 2)}
		for label, prior := range []float64{1 - b.positive, b.positive} {
			right := []float64{b.specificity, b.sensitivity}[label]
			if system == 0 {
				right = right*(1-b.flip(label, label, worse)) + (1-right)*b.flip(label, 1-label, worse)
			}
			t.Examples += prior
			t.Labels[label] += prior
			t.Right[label] += prior * right
			t.Predictions[label] += prior * right
			t.Predictions[1-label] += prior * (1 - right)
		}
		of[system] = b.metric(t)
	}
	return of[0] - of[1]
}

// worse finds how many right answers are lost at a difference.
func (b twofold) worse(truth float64) float64 {
	low, high := 0.0, 0.5
	for range 60 {
		if m := (low + high) / 2; b.truth(m) > truth {
			low = m
		} else {
			high = m
		}
	}
	return low
}

func chance(random *seed.Stream, p float64) bool { return seed.Unit(random.Uint64()) < p }

// draw makes the results of a sample. Of several seeds each flips answers of its own, and is
// better or worse than the setting by a normal number of a spread of half a point.
func (b twofold) draw(t *data.Task, n int, truths []float64, seeds int, random *seed.Stream) [][]Result {
	width := 1
	if t.Kind == data.MultiLabel {
		width = len(t.Labels)
	}
	labels := make([]int, n*width)
	full := make([]int, n*width)
	for i := range labels {
		right := b.specificity
		if chance(random, b.positive) {
			labels[i], right = 1, b.sensitivity
		}
		full[i] = labels[i]
		if !chance(random, right) {
			full[i] = 1 - labels[i]
		}
	}
	runs := make([][]Result, seeds)
	for s := range runs {
		for i, truth := range truths {
			if seeds > 1 {
				truth += 0.005 * gauss(random)
			}
			worse, answers := b.worse(truth), make([]int, len(full))
			for j, answer := range full {
				if chance(random, b.flip(labels[j], answer, worse)) {
					answer = 1 - answer
				}
				answers[j] = answer
			}
			runs[s] = append(runs[s], resultOf(t, simulatedRanks()[i], labels, answers))
		}
		runs[s] = append(runs[s], resultOf(t, 8, labels, full))
	}
	return runs
}

// resultOf makes logits of answers.
func resultOf(t *data.Task, rank int, labels, answers []int) Result {
	r := Result{Rank: rank, Outputs: t.Outputs()}
	for i, label := range labels {
		if t.Kind == data.MultiLabel {
			r.Scores, r.Logits = append(r.Scores, float32(label)), append(r.Logits, float32(2*answers[i]-1))
			continue
		}
		r.Classes, r.Scores = append(r.Classes, int32(label)), append(r.Scores, 0)
		r.Logits = append(r.Logits, float32(-answers[i]), float32(answers[i]-1))
	}
	for i := range len(r.Logits) / r.Outputs {
		r.Index = append(r.Index, i)
	}
	return r
}

// numbers draws a regression: normal labels and answers, whose errors are correlated by 0.95
// with those of rank 8.
func numbers(spearman bool, n int, truths []float64, random *seed.Stream) [][]Result {
	const rho, shared = 0.85, 0.95
	results := make([]Result, len(truths)+1)
	for range n {
		y, e := gauss(random), gauss(random)
		for i := range results {
			r, own, error := rho, 8, e
			if i < len(truths) {
				own, r = simulatedRanks()[i], rho+truths[i]
				if spearman {
					r = 2 * math.Sin(math.Pi/6*truths[i]+math.Asin(rho/2))
				}
				error = shared*e + math.Sqrt(1-shared*shared)*gauss(random)
			}
			results[i].Rank, results[i].Outputs = own, 1
			results[i].Index = append(results[i].Index, len(results[i].Index))
			results[i].Scores = append(results[i].Scores, float32(y))
			results[i].Logits = append(results[i].Logits, float32(r*y+math.Sqrt(1-r*r)*error))
		}
	}
	return [][]Result{results}
}

// gauss is a standard normal number (Box and Muller 1958).
func gauss(random *seed.Stream) float64 {
	return math.Sqrt(-2*math.Log(seed.OpenUnit(random.Uint64()))) * math.Cos(2*math.Pi*seed.Unit(random.Uint64()))
}
