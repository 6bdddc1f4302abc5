// Package answer turns the logits of a text into an answer: the label and the probabilities of a classification, the labels
// that hold of a multi-label task, or the scores of a regression.
package answer

import (
	"math"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// Choice says what is told of the probabilities of labels.
type Choice struct {
	Top       int     // of the most probable labels so many are told, the most probable first; 0: all, in the order of the columns
	Threshold float64 // a classification whose largest probability is below it answers Unsure; 0: none does
	Unsure    string  // name that stands for no label
}

// Part is a part of a Choice.
type Part string

// The parts, by the names that requests give them.
const (
	Top       Part = "top_k"
	Threshold Part = "threshold"
	Unsure    Part = "unsure"
)

// Refusal is an error about a part of a Choice, which has no effect for a task or is out of its bounds.
type Refusal struct {
	Part Part
	Err  error
}

func (r *Refusal) Error() string { return r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }

// refuse is a Refusal (fault.Usage).
func refuse(p Part, format string, a ...any) error { return &Refusal{p, fault.Usagef(format, a...)} }

// For is the task with the threshold of a multi-label task, and the choice with that of a classification. given says whether
// somebody has chosen Threshold. What has no effect for the task is refused (fault.Usage).
func (c Choice) For(t *data.Task, given bool) (*data.Task, Choice, error) {
	switch {
	case t.Kind == data.Regression && given:
		return nil, c, refuse(Threshold, "threshold: is for a classification or a multi-label task, and task %s is a regression", t.Name)
	case t.Kind == data.MultiLabel && c.Unsure != "":
		return nil, c, refuse(Unsure, "%q: a multi-label task lists no label where none is above the threshold", c.Unsure)
	case t.Kind == data.MultiLabel:
		if given {
			own := *t
			own.Threshold, t = c.Threshold, &own
		}
		c.Threshold = 0
	case given && c.Threshold*float64(len(t.Labels)) <= 1:
		return nil, c, refuse(Threshold, "threshold: the largest of %d probabilities is never below %v", len(t.Labels), c.Threshold)
	case c.Unsure == "":
		c.Unsure = "unsure"
	}
	return t, c, nil
}

// check refuses what has no effect for a task, or cannot be told from one of its labels.
func (c Choice) check(t *data.Task) error {
	n := len(t.Labels)
	switch {
	case c.Top > 0 && t.Kind == data.Regression:
		return refuse(Top, "the most probable labels are those of a classification or of a multi-label task, and task %s is a regression", t.Name)
	case c.Top > n:
		return refuse(Top, "the %d most probable labels: task %s has %d", c.Top, t.Name, n)
	case c.Threshold == 0:
		return nil
	case slices.Contains(t.Labels, c.Unsure):
		return refuse(Unsure, "%q is a label of task %s: give another name to what is not sure", c.Unsure, t.Name)
	}
	return nil
}

// Maker makes answers for a task.
type Maker struct {
	Task   *data.Task
	Choice Choice
	scale  float32 // of logits: 1/temperature; 0: they stay
}

// NewMaker makes answers of a task as a choice says, with the logits of a classification divided by temperature. Labels of
// one name are refused, since nobody could tell them apart, and so is a part of the choice that has no effect.
func NewMaker(t *data.Task, c Choice, temperature float64) (*Maker, error) {
	m := &Maker{Task: t, Choice: c}
	if temperature != 1 {
		m.scale = float32(1 / temperature)
	}
	for i, l := range t.Labels {
		if slices.Contains(t.Labels[:i], l) {
			return nil, fault.Invalidf("several columns of the head have the name %.80q: say with labels which is which", l)
		}
	}
	return m, c.check(t)
}

// Answer is that to one text.
type Answer struct {
	Probabilities []float64 // of labels, in the order of the columns
	Order         []int     // columns of the labels that are told
	Label         int       // of a classification: a column, or -1
	Holding       []int     // columns of a multi-label task's labels
	Scores        []float32 // of a regression
}

// Finite refuses logits of weights that have diverged.
func Finite(logits []float32) error {
	for _, v := range logits {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fault.Errorf(fault.Diverged, "a logit is %v: the adapter's weights have diverged", v)
		}
	}
	return nil
}

// Of is the answer to a row of logits.
func (m *Maker) Of(logits []float32) (x Answer) {
	switch m.Task.Kind {
	case data.Regression:
		return Answer{Scores: logits}
	case data.MultiLabel:
		x.Probabilities = make([]float64, len(logits))
		for i, v := range logits {
			x.Probabilities[i] = evaluate.Sigmoid(v)
		}
	default:
		x.Probabilities = Softmax(m.scaled(logits))
	}
	x.Order = m.told(x.Probabilities)
	switch {
	case m.Task.Kind == data.MultiLabel:
		for _, i := range x.Order {
			if x.Probabilities[i] > m.Task.Threshold {
				x.Holding = append(x.Holding, i)
			}
		}
	case len(x.Probabilities) > 0:
		if x.Label = Largest(x.Probabilities); x.Probabilities[x.Label] < m.Choice.Threshold {
			x.Label = -1
		}
	}
	return x
}

// Ranked is a label with its probability; Column is -1 for no label.
type Ranked struct {
	Column      int
	Probability float64
}

// Ranked are the labels of a classification that stand in columns of their own: the answer, and the next ones
// where they are told.
func (x *Answer) Ranked(c Choice) []Ranked {
	list := []Ranked{{x.Label, slices.Max(x.Probabilities)}}
	if c.Top > 1 {
		for _, i := range x.Order[1:] {
			list = append(list, Ranked{i, x.Probabilities[i]})
		}
	}
	return list
}

// told are the columns of the labels that are told, in their order.
func (m *Maker) told(probabilities []float64) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	if m.Choice.Top == 0 {
		return order
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch p, q := probabilities[i], probabilities[j]; {
		case p > q:
			return -1
		case p < q:
			return 1
		}
		return 0
	})
	return order[:m.Choice.Top]
}

// scaled is a row of a classification at the temperature.
func (m *Maker) scaled(row []float32) []float32 {
	if m.scale == 0 {
		return row
	}
	scaled := make([]float32, len(row))
	for i, v := range row {
		scaled[i] = v * m.scale
	}
	return scaled
}

// Softmax is eˣ/Σeˣ, the probabilities of logits; it takes logits of any size.
func Softmax(logits []float32) []float64 {
	top := float64(slices.Max(logits))
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Largest is the place of the largest value; the lowest of equals.
func Largest[F float32 | float64](x []F) int { return slices.Index(x, slices.Max(x)) }

// Name is that of a classification's label, or the one for no label.
func (m *Maker) Name(label int) string {
	if label < 0 {
		return m.Choice.Unsure
	}
	return m.Task.Labels[label]
}
