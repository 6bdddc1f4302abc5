package evaluate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/data"
)

// mostText is how many characters of a text are shown.
const mostText = 600

// Mistake is an example of a result that is answered wrongly.
type Mistake struct {
	Index  int      `json:"index"` // place in the split, from 0
	Label  string   `json:"label"`
	Answer string   `json:"answer"`          // with the probability of a single label
	Loss   float64  `json:"loss"`            // that of training
	Texts  []string `json:"texts,omitempty"` // one or two; none where they were not asked for
}

// Mistakes are the examples with the largest losses of those that are answered wrongly, at most so
// many: any number that is not the score is wrong. With examples, those of the split, they
// have their texts.
func Mistakes(t *data.Task, r *Result, examples []data.Example, most int) []Mistake {
	losses, list := answersOf(t, r).losses(), []Mistake{}
	var wrong []int
	for i := range r.Len() {
		if r.wrong(t, i) {
			wrong = append(wrong, i)
		}
	}
	slices.SortStableFunc(wrong, func(a, b int) int { return cmp.Compare(losses[b], losses[a]) })
	wrong = wrong[:min(len(wrong), most)]
	texts := map[int][]string{}
	for i := range examples {
		if e := &examples[i]; slices.ContainsFunc(wrong, func(at int) bool { return r.Index[at] == e.Index }) {
			texts[e.Index] = []string{shortened(e.A)}
			if e.B != nil {
				texts[e.Index] = append(texts[e.Index], shortened(*e.B))
			}
		}
	}
	for _, at := range wrong {
		index := r.Index[at]
		list = append(list, Mistake{Index: index, Label: LabelOf(t, r, at), Answer: AnswerOf(t, r, at), Loss: losses[at], Texts: texts[index]})
	}
	return list
}

// wrong says whether the answer of an example is not its label. Of classes with the same logit all are
// answers.
func (r *Result) wrong(t *data.Task, i int) bool {
	row := r.Row(i)
	switch t.Kind {
	case data.Regression:
		return !slices.Equal(row, r.targets(i))
	case data.MultiLabel:
		return !slices.Equal(Holding(row, t.Threshold), holding(r.targets(i)))
	}
	return r.Classes[i] >= 0 && slices.Max(row) > row[r.Classes[i]]
}

// LabelOf is what example i should be.
func LabelOf(t *data.Task, r *Result, i int) string {
	switch t.Kind {
	case data.Regression:
		return listed(t, r.targets(i))
	case data.MultiLabel:
		return chosen(t, holding(r.targets(i)))
	}
	return t.Labels[r.Classes[i]]
}

// AnswerOf is what the adapter says of example i, with the probability of a single label.
func AnswerOf(t *data.Task, r *Result, i int) string {
	row := r.Row(i)
	switch t.Kind {
	case data.Regression:
		return listed(t, row)
	case data.MultiLabel:
		return chosen(t, Holding(row, t.Threshold))
	}
	p, best := make([]float64, len(row)), largest(row)
	probabilities(row, 1, p)
	return t.Labels[best] + " " + strconv.FormatFloat(100*p[best], 'f', 0, 64) + " %"
}

func listed(t *data.Task, values []float32) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = strconv.FormatFloat(float64(v), 'f', 2, 32)
		if len(values) > 1 && i < len(t.Labels) {
			parts[i] = t.Labels[i] + " " + parts[i]
		}
	}
	return strings.Join(parts, ", ")
}

func chosen(t *data.Task, holds []bool) string {
	var names []string
	for i, h := range holds {
		if h {
			names = append(names, t.Labels[i])
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// shortened is a text of mostText characters at most, and valid UTF-8.
func shortened(text string) string {
	r := []rune(strings.ToValidUTF8(text, "\ufffd"))
	if len(r) <= mostText {
		return string(r)
	}
	return string(r[:mostText]) + " …"
}
