package predict

import (
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

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

// check refuses what has no effect for a task, or cannot be told from one of its labels.
func (c Choice) check(t *data.Task) error {
	n := len(t.Labels)
	switch {
	case c.Top > 0 && t.Kind == data.Regression:
		return fault.Usagef("the most probable labels are those of a classification or of a multi-label task, and task %s is a regression", t.Name)
	case c.Top > n:
		return fault.Usagef("the %d most probable labels: task %s has %d", c.Top, t.Name, n)
	case c.Threshold == 0:
		return nil
	case slices.Contains(t.Labels, c.Unsure):
		return fault.Usagef("%q is a label of task %s: give another name to what is not sure", c.Unsure, t.Name)
	}
	return nil
}

// answers are made of rows of logits, for a task.
type answers struct {
	task   *data.Task
	choice Choice
	scale  float32  // of logits: 1/temperature; 0: they stay
	names  [][]byte // of the labels, as JSON
	unsure []byte
	list   []byte // names as a JSON array
}

func newAnswers(t *data.Task, c Choice, temperature float64) (*answers, error) {
	a := &answers{task: t, choice: c}
	if temperature != 1 {
		a.scale = float32(1 / temperature)
	}
	for i, l := range t.Labels {
		if slices.Contains(t.Labels[:i], l) {
			return nil, fault.Invalidf("several columns of the head have the name %.80q: say with labels which is which", l)
		}
		a.names = append(a.names, quoted(l))
	}
	a.unsure = quoted(c.Unsure)
	a.list = []byte{'['}
	for i, name := range a.names {
		if i > 0 {
			a.list = append(a.list, ',')
		}
		a.list = append(a.list, name...)
	}
	a.list = append(a.list, ']')
	return a, c.check(t)
}

// quoted is a text as JSON; what is not UTF-8 in it is replaced.
func quoted(s string) []byte {
	b, _ := jsontext.AppendQuote(nil, s)
	return b
}

// answer is that to one text.
type answer struct {
	probabilities []float64 // of labels
	order         []int     // columns of the labels that are told
	label         int       // of a classification: a column, or -1
	holding       []int     // of a multi-label task
	scores        []float32 // of a regression
}

// of is the answer to a row of logits.
func (a *answers) of(logits []float32) (x answer) {
	switch a.task.Kind {
	case data.Regression:
		return answer{scores: logits}
	case data.MultiLabel:
		x.probabilities = make([]float64, len(logits))
		for i, v := range logits {
			x.probabilities[i] = evaluate.Sigmoid(v)
		}
	default:
		x.probabilities = Softmax(a.scaled(logits))
	}
	x.order = a.told(x.probabilities)
	switch {
	case a.task.Kind == data.MultiLabel:
		for _, i := range x.order {
			if x.probabilities[i] > a.task.Threshold {
				x.holding = append(x.holding, i)
			}
		}
	case len(x.probabilities) > 0:
		if x.label = largest(x.probabilities); x.probabilities[x.label] < a.choice.Threshold {
			x.label = -1
		}
	}
	return x
}

// ranked is a label with its probability; column is -1 for no label.
type ranked struct {
	column      int
	probability float64
}

// ranked are the labels of a classification that stand in columns of their own: the answer, and the next ones
// where they are told.
func (x *answer) ranked(c Choice) []ranked {
	list := []ranked{{x.label, slices.Max(x.probabilities)}}
	if c.Top > 1 {
		for _, i := range x.order[1:] {
			list = append(list, ranked{i, x.probabilities[i]})
		}
	}
	return list
}

// told are the columns of the labels that are told, in their order.
func (a *answers) told(probabilities []float64) []int {
	order := make([]int, len(probabilities))
	for i := range order {
		order[i] = i
	}
	if a.choice.Top == 0 {
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
	return order[:a.choice.Top]
}

// scaled is a row of a classification at the temperature.
func (a *answers) scaled(row []float32) []float32 {
	if a.scale == 0 {
		return row
	}
	scaled := make([]float32, len(row))
	for i, v := range row {
		scaled[i] = v * a.scale
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

// largest is the place of the largest value; the lowest of equals.
func largest[F float32 | float64](x []F) int { return slices.Index(x, slices.Max(x)) }

// name is that of a classification's label, or the one for no label.
func (a *answers) name(label int) string {
	if label < 0 {
		return a.choice.Unsure
	}
	return a.task.Labels[label]
}

// appendFixed writes numbers with four decimals.
func appendFixed[F float32 | float64](b []byte, list []F, separator byte) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, separator)
		}
		bits := 64
		if _, ok := any(v).(float32); ok {
			bits = 32
		}
		b = strconv.AppendFloat(b, float64(v), 'f', 4, bits)
	}
	return b
}
