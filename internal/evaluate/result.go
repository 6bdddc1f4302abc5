package evaluate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Result is a split as one rank sees it. Results of the same Run share Index, Classes
// and Scores; rows are in the split's order.
type Result struct {
	Rank    int
	Outputs int       // logits per example: the number of labels, 1 for regression
	Index   []int     // each example's place in the split
	Classes []int32   // labels of a classification task
	Scores  []float32 // labels of a regression task
	Logits  []float32 // (examples, Outputs), row-major
	Metrics Metrics
}

// Len is the number of examples.
func (r *Result) Len() int { return len(r.Index) }

// Row is the logits of example i.
func (r *Result) Row(i int) []float32 { return r.Logits[i*r.Outputs : (i+1)*r.Outputs] }

// Predictions are the classes with the largest logit; the lowest of equals.
func (r *Result) Predictions() []int32 {
	p := make([]int32, r.Len())
	for i := range p {
		p[i] = largest(r.Row(i))
	}
	return p
}

func largest(x []float32) int32 {
	at := 0
	for i, v := range x {
		if v > x[at] {
			at = i
		}
	}
	return int32(at)
}

// Outputs is the number of logits that t needs: one per label, 1 for regression.
func Outputs(t *data.Task) int {
	if t.Kind == data.Regression {
		return 1
	}
	return len(t.Labels)
}

// score fills in r.Metrics with what t is measured by; undefined where an example has no
// label.
func (r *Result) score(t *data.Task) (err error) {
	if r.unlabelled(t) {
		r.Metrics = make(Metrics, len(t.Metrics))
		for i, name := range t.Metrics {
			r.Metrics[i].Name = name
		}
		return nil
	}
	if t.Kind == data.Regression {
		r.Metrics, err = regression(t.Metrics, widen(r.Scores), widen(r.Logits))
		return err
	}
	r.Metrics, err = classification(t.Metrics, r.Classes, r.Predictions())
	return err
}

func (r *Result) unlabelled(t *data.Task) bool {
	if t.Kind == data.Regression {
		return slices.ContainsFunc(r.Scores, func(s float32) bool { return s != s })
	}
	return slices.Contains(r.Classes, data.NoLabel)
}

func classification(names []string, labels, predictions []int32) (Metrics, error) {
	known := map[string]func(labels, predictions []int32) Value{
		"accuracy": Accuracy, "f1": F1, "macro_f1": MacroF1, "matthews": Matthews,
	}
	return measure(names, known, labels, predictions)
}

func regression(names []string, scores, predictions []float64) (Metrics, error) {
	known := map[string]func(scores, predictions []float64) Value{
		"pearson": Pearson, "spearman": Spearman, "mse": MSE,
	}
	return measure(names, known, scores, predictions)
}

func measure[T any](names []string, known map[string]func(a, b []T) Value, labels, predictions []T) (Metrics, error) {
	m := make(Metrics, len(names))
	for i, name := range names {
		f, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("metric %q: not a metric of this kind of task", name)
		}
		m[i] = Metric{Name: name, Value: f(labels, predictions)}
	}
	return m, nil
}

func widen(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// arrange puts the rows of all results, which share Index, into the split's order, so
// that nothing that follows depends on how the examples were batched.
func arrange(results []Result) {
	if len(results) == 0 || slices.IsSorted(results[0].Index) {
		return
	}
	order := make([]int, results[0].Len())
	for i := range order {
		order[i] = i
	}
	index := results[0].Index
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(index[a], index[b]) })
	index, classes, scores := pick(index, order, 1), pick(results[0].Classes, order, 1), pick(results[0].Scores, order, 1)
	for i := range results {
		r := &results[i]
		r.Logits = pick(r.Logits, order, r.Outputs)
		r.Index, r.Classes, r.Scores = index, classes, scores
	}
}

// pick copies rows of the given width in a new order; nil stays nil.
func pick[T any](x []T, order []int, width int) []T {
	if x == nil {
		return nil
	}
	y := make([]T, 0, len(x))
	for _, i := range order {
		y = append(y, x[i*width:(i+1)*width]...)
	}
	return y
}
