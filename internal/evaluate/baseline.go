package evaluate

import (
	"fmt"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Baseline is what can be had without looking at the text: the same answer for every
// example. A trained model has learnt something only where it is above this.
type Baseline struct {
	Counts   []int     // examples of each label, by class; nil for regression
	Majority int32     // the label that occurs most, of equals the first in the task's own order
	Share    float64   // of the majority label, from 0 to 1
	Always   []int32   // of a multi-label task: the most frequent labels, as many as give the largest micro F1
	Mean     float64   // of the scores of a regression task
	Means    []float64 // of the scores of each of several outputs
	Metrics  Metrics   // of predicting the majority label, the labels of Always, or the mean scores, throughout; with the labels' shares as probabilities
}

// NewBaseline counts the labels of examples, those that the metrics are taken on.
func NewBaseline(t *data.Task, examples []data.Example) (*Baseline, error) {
	switch t.Kind {
	case data.Regression:
		return meanBaseline(t, examples)
	case data.MultiLabel:
		return multiLabelBaseline(t, examples)
	}
	b := &Baseline{Counts: make([]int, len(t.Labels))}
	labels := make([]int32, len(examples))
	for i, e := range examples {
		if e.Class < 0 || int(e.Class) >= len(t.Labels) {
			return nil, fmt.Errorf("task %s: example %d: class %d of %d", t.Name, e.Index, e.Class, len(t.Labels))
		}
		labels[i] = e.Class
		b.Counts[e.Class]++
	}
	b.Majority = majority(t, b.Counts)
	if len(examples) > 0 {
		b.Share = float64(b.Counts[b.Majority]) / float64(len(examples))
	}
	same := make([]int32, len(examples))
	for i := range same {
		same[i] = b.Majority
	}
	a := &answers{task: t, outputs: len(t.Labels), classes: t.OwnClasses(labels), predictions: t.OwnClasses(same)}
	own := make([]int, len(t.Labels)) // the counts in the order of answers
	for class, n := range b.Counts {
		own[t.OwnClass(int32(class))] = n
	}
	for range examples {
		for _, n := range own {
			a.logits = append(a.logits, logShare(n, len(examples)))
		}
	}
	var err error
	b.Metrics, err = a.measure()
	return b, err
}

// logShare is the log of a share, of none a number by which no probability is left.
func logShare(n, of int) float32 { return float32(math.Log(max(float64(n)/float64(of), 0x1p-100))) }

// majority is the class with the largest count.
func majority(t *data.Task, counts []int) (most int32) {
	for i, label := range t.Own() {
		if class := slices.Index(t.Labels, label); i == 0 || counts[class] > counts[most] {
			most = int32(class)
		}
	}
	return most
}

func meanBaseline(t *data.Task, examples []data.Example) (*Baseline, error) {
	if len(t.Labels) > 1 {
		return meansBaseline(t, examples)
	}
	scores := make([]float64, len(examples))
	for i, e := range examples {
		scores[i] = float64(e.Score)
	}
	b := &Baseline{}
	same := make([]float64, len(examples))
	if len(examples) > 0 {
		b.Mean = mean(scores)
		for i := range same {
			same[i] = b.Mean
		}
	}
	var err error
	b.Metrics, err = (&answers{task: t, outputs: 1, scores: scores, numbers: same}).measure()
	return b, err
}

// meansBaseline is meanBaseline for several outputs, each of which has its own mean.
func meansBaseline(t *data.Task, examples []data.Example) (*Baseline, error) {
	b, outputs := &Baseline{}, t.Outputs()
	var scores, same []float64
	for _, e := range examples {
		if len(e.Targets) != outputs {
			return nil, fmt.Errorf("task %s: example %d: %d scores for %d outputs", t.Name, e.Index, len(e.Targets), outputs)
		}
		scores = append(scores, widen(e.Targets)...)
	}
	b.Means = make([]float64, outputs)
	if len(examples) > 0 {
		for i := range b.Means {
			b.Means[i] = mean(column(scores, i, outputs))
		}
	}
	for range examples {
		same = append(same, b.Means...)
	}
	var err error
	b.Metrics, err = (&answers{task: t, outputs: outputs, scores: scores, numbers: same}).measure()
	return b, err
}

// multiLabelBaseline counts how often each label holds. Of all answers that are the same for
// every example, those that have the most frequent labels have the largest micro F1.
func multiLabelBaseline(t *data.Task, examples []data.Example) (*Baseline, error) {
	labels := len(t.Labels)
	b := &Baseline{Counts: make([]int, labels)}
	x := &Indicators{Labels: labels}
	total := 0
	for _, e := range examples {
		if len(e.Targets) != labels {
			return nil, fmt.Errorf("task %s: example %d: %d targets for %d labels", t.Name, e.Index, len(e.Targets), labels)
		}
		for i, holds := range holding(e.Targets) {
			x.Truth = append(x.Truth, holds)
			if holds {
				b.Counts[i]++
				total++
			}
		}
	}
	order := make([]int32, labels)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(i, j int32) int { return b.Counts[j] - b.Counts[i] })
	best, right := 0.0, 0
	for n, label := range order {
		right += b.Counts[label]
		if f1 := (count{labels: total, predictions: (n + 1) * len(examples), right: right}).f1(); f1 > best {
			best, b.Always = f1, order[:n+1]
		}
	}
	same := make([]bool, labels)
	for _, label := range b.Always {
		same[label] = true
	}
	a := &answers{task: t, outputs: labels, indicators: x}
	for range examples {
		x.Predicted = append(x.Predicted, same...)
		for _, n := range b.Counts {
			a.logits = append(a.logits, logShare(n, len(examples))-logShare(len(examples)-n, len(examples)))
		}
	}
	var err error
	b.Metrics, err = a.measure()
	return b, err
}

// constant are the metrics of a Baseline of the examples of r; nil where they are not known.
func (r *Result) constant(t *data.Task) Metrics {
	if r.Len() == 0 || r.unlabelled(t) {
		return nil
	}
	examples := make([]data.Example, r.Len())
	for i := range examples {
		switch {
		case t.Kind == data.Classification:
			examples[i].Class = r.Classes[i]
		case r.Outputs == 1 && t.Kind == data.Regression:
			examples[i].Score = r.Scores[i]
		default:
			examples[i].Targets = r.targets(i)
		}
	}
	b, err := NewBaseline(t, examples)
	if err != nil {
		return nil
	}
	return b.Metrics
}
