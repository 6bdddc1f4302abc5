package evaluate

import (
	"fmt"
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/statistics"
)

// answers are what metrics are taken on: labels and predictions of examples. Classes, labels and
// outputs are in the task's own order, so that no metric depends on the order of the head's
// columns, to the bit.
type answers struct {
	task    *data.Task
	outputs int
	logits  []float32 // (n, outputs)

	classes, predictions []int32     // of a classification
	indicators           *Indicators // of a multi-label task
	scores, numbers      []float64   // (n, outputs), of a regression
}

// answersOf are those of a result.
func answersOf(t *data.Task, r *Result) *answers {
	a := &answers{task: t, outputs: r.Outputs}
	switch t.Kind {
	case data.Regression:
		a.scores, a.numbers = widen(r.Scores), widen(r.Logits)
	case data.MultiLabel:
		a.indicators, a.logits = r.indicators(t), r.Logits
	default:
		a.classes, a.predictions, a.logits = t.OwnClasses(r.Classes), t.OwnClasses(r.Predictions()), r.Logits
		if places := t.OwnPlaces(); places != nil {
			a.logits = make([]float32, 0, len(r.Logits))
			for i := range r.Len() {
				a.logits = append(a.logits, inPlaces(r.Row(i), places)...)
			}
		}
	}
	return a
}

// measure computes the metrics of the task.
func (a *answers) measure() (Metrics, error) {
	m := make(Metrics, len(a.task.Metrics))
	for i, name := range a.task.Metrics {
		v, err := a.value(name)
		if err != nil {
			return nil, err
		}
		m[i] = Metric{Name: name, Value: v}
	}
	return m, nil
}

// value is a metric of any of the names.
func (a *answers) value(name string) (Value, error) {
	m, label := find(name)
	if m == nil || !slices.Contains(m.kinds, a.task.Kind) {
		return Value{}, fmt.Errorf("metric %q: not a metric of this kind of task", name)
	}
	return m.of(a, a.place(label)), nil
}

// place is where a label is among those of the answers; -1 if it is none.
func (a *answers) place(label string) int { return placeOf(a.task, label) }

// placeOf is the place of a label in the order of answers.
func placeOf(t *data.Task, label string) int {
	if t.Kind == data.MultiLabel {
		return slices.Index(t.Labels, label)
	}
	return slices.Index(t.Own(), label)
}

// len is the number of examples.
func (a *answers) len() int {
	switch {
	case a.outputs == 0:
		return 0
	case a.task.Kind == data.Regression:
		return len(a.scores) / a.outputs
	}
	return len(a.logits) / a.outputs
}

// row is the logits of an example.
func (a *answers) row(i int) []float32 { return a.logits[i*a.outputs : (i+1)*a.outputs] }

// holds says whether a label is that of an example, or one of them.
func (a *answers) holds(i, label int) bool {
	if a.indicators != nil {
		return a.indicators.Truth[i*a.outputs+label]
	}
	return int(a.classes[i]) == label
}

// margins orders the examples by the probability of a label: they are its log odds, which are
// exact where probabilities are rounded to 1.
func (a *answers) margins(label int) []float64 {
	m := make([]float64, a.len())
	for i := range m {
		row := a.row(i)
		if m[i] = float64(row[label]); a.indicators == nil {
			m[i] -= logSumExp(row, label)
		}
	}
	return m
}

// logSumExp is log Σ eˣ over a row but for the place without; -1 leaves none out. Of one number
// it is that number.
func logSumExp(row []float32, without int) float64 {
	most := math.Inf(-1)
	for i, x := range row {
		if i != without {
			most = max(most, float64(x))
		}
	}
	sum := 0.0
	for i, x := range row {
		if i != without {
			sum += math.Exp(float64(x) - most)
		}
	}
	return most + math.Log(sum)
}

// losses are the loss of each example: the mean over the outputs of squared errors, or of the
// −log of the probability that a label has the value that it has; of a classification −log of the
// label's probability, 0 without a label. Probabilities are from ε to 1 − ε, as scikit-learn's log_loss clips them.
func (a *answers) losses() []float64 {
	l := make([]float64, a.len())
	for i := range l {
		switch {
		case a.task.Kind == data.Regression:
			for o := i * a.outputs; o < (i+1)*a.outputs; o++ {
				l[i] += (a.numbers[o] - a.scores[o]) * (a.numbers[o] - a.scores[o]) / float64(a.outputs)
			}
		case a.indicators != nil:
			for label, x := range a.row(i) {
				if !a.holds(i, label) {
					x = -x
				}
				l[i] += clipped(math.Log1p(math.Exp(-float64(x)))) / float64(a.outputs)
			}
		case a.classes[i] >= 0: // it has a label
			row := a.row(i)
			l[i] = clipped(logSumExp(row, -1) - float64(row[a.classes[i]]))
		}
	}
	return l
}

// clipped is a −log of a probability as it is after the probability was clipped. At the lower end
// nothing depends on it: −log(1 − ε) is ε.
func clipped(l float64) float64 {
	return max(0x1p-52, min(l, 52*math.Ln2))
}

// sampleOf is the sample of results of the same examples, a system each, for a metric.
func sampleOf(t *data.Task, name string, results ...*Result) (*statistics.Sample, error) {
	m, label := find(name)
	if m == nil || !slices.Contains(m.kinds, t.Kind) {
		return nil, fmt.Errorf("metric %q: not a metric of this kind of task", name)
	}
	all := make([]*answers, len(results))
	for i, r := range results {
		all[i] = answersOf(t, r)
	}
	switch {
	case label != "":
		return tableOf(all).Sample(statistics.F1Of(placeOf(t, label))), nil
	case m.draw != nil:
		return m.draw(all), nil
	case m.tally == nil:
		return shareOfRight(t, results), nil
	}
	return tableOf(all).Sample(m.tally(t)), nil
}

// tableOf are the classes of answers, or the labels that hold.
func tableOf(all []*answers) *statistics.Table {
	first := all[0]
	table := &statistics.Table{Classes: len(first.task.Labels)}
	lists := func(classes []int32, holds []bool) [][]int32 {
		if first.indicators != nil {
			return listsOf(holds, first.outputs)
		}
		return statistics.One(classes)
	}
	of := func(a *answers) (truth, predicted []bool) {
		if a.indicators == nil {
			return nil, nil
		}
		return a.indicators.Truth, a.indicators.Predicted
	}
	truth, _ := of(first)
	table.Labels = lists(first.classes, truth)
	for _, a := range all {
		_, predicted := of(a)
		table.Systems = append(table.Systems, lists(a.predictions, predicted))
	}
	return table
}

// shareOfRight is the sample of a share of right answers: an accuracy of being right.
func shareOfRight(t *data.Task, results []*Result) *statistics.Sample {
	table := &statistics.Table{Classes: 2, Labels: statistics.One(slices.Repeat([]int32{1}, results[0].Len()))}
	for _, r := range results {
		right := make([]int32, r.Len())
		for i, ok := range rightOf(t, r) {
			if ok {
				right[i] = 1
			}
		}
		table.Systems = append(table.Systems, statistics.One(right))
	}
	return table.Sample(statistics.Accuracy)
}
