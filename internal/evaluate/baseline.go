package evaluate

import (
	"fmt"

	"github.com/dylora/dylora/internal/data"
)

// Baseline is what can be had without looking at the text: the same answer for every
// example. A trained model has learnt something only where it is above this.
type Baseline struct {
	Counts   []int   // examples of each label; nil for regression
	Majority int32   // the label that occurs most, the lowest of equals
	Share    float64 // of the majority label, from 0 to 1
	Mean     float64 // of the scores of a regression task
	Metrics  Metrics // of predicting the majority label, or the mean score, throughout
}

// NewBaseline counts the labels of examples, those that the metrics are taken on.
func NewBaseline(t *data.Task, examples []data.Example) (*Baseline, error) {
	if t.Kind == data.Regression {
		return meanBaseline(t, examples)
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
	for class, n := range b.Counts {
		if n > b.Counts[b.Majority] {
			b.Majority = int32(class)
		}
	}
	if len(examples) > 0 {
		b.Share = float64(b.Counts[b.Majority]) / float64(len(examples))
	}
	same := make([]int32, len(examples))
	for i := range same {
		same[i] = b.Majority
	}
	var err error
	b.Metrics, err = classification(t.Metrics, labels, same)
	return b, err
}

func meanBaseline(t *data.Task, examples []data.Example) (*Baseline, error) {
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
	b.Metrics, err = regression(t.Metrics, scores, same)
	return b, err
}
