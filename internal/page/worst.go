package page

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

const (
	mostWorst = 10  // examples on a page
	mostText  = 600 // characters of a text
)

// worst are the examples of a split with the largest losses of those that shown gets wrong.
func worst(t *data.Task, examples []data.Example, shown, full *evaluate.Result) []Mistake {
	texts := map[int]data.Example{}
	for _, e := range examples {
		texts[e.Index] = e
	}
	type wrong struct {
		at   int
		loss float64
	}
	var all []wrong
	for i := range shown.Len() {
		if loss, ok := mistake(t, shown, i); ok {
			all = append(all, wrong{i, loss})
		}
	}
	slices.SortStableFunc(all, func(a, b wrong) int { return cmp.Compare(b.loss, a.loss) })
	var list []Mistake
	for _, w := range all[:min(len(all), mostWorst)] {
		e := texts[shown.Index[w.at]]
		m := Mistake{Index: shown.Index[w.at], Texts: []string{cut(e.A)}, Rank: shown.Rank, Full: full.Rank,
			Label: label(t, shown, w.at), Answer: answer(t, shown, w.at), AtFull: answer(t, full, w.at)}
		if e.B != nil {
			m.Texts = append(m.Texts, cut(*e.B))
		}
		list = append(list, m)
	}
	return list
}

// mistake is the loss of example i, and whether the answer is wrong: any number that is not
// the score is.
func mistake(t *data.Task, r *evaluate.Result, i int) (loss float64, wrong bool) {
	row := r.Row(i)
	switch t.Kind {
	case data.Regression:
		for k, v := range r.Scores[i*r.Outputs : (i+1)*r.Outputs] {
			d := float64(v - row[k])
			loss += d * d
		}
		return loss, loss > 0
	case data.MultiLabel:
		holds := evaluate.Holding(row, t.Threshold)
		for k, v := range r.Scores[i*r.Outputs : (i+1)*r.Outputs] {
			x := float64(row[k])
			loss += math.Max(x, 0) - x*float64(v) + math.Log1p(math.Exp(-math.Abs(x)))
			wrong = wrong || holds[k] != (v == 1)
		}
		return loss, wrong
	}
	class := r.Classes[i]
	if class < 0 {
		return 0, false
	}
	return -math.Log(math.Max(softmax(row)[class], 1e-300)), slices.Max(row) > row[class]
}

func softmax(row []float32) []float64 {
	most, sum := float64(slices.Max(row)), 0.0
	p := make([]float64, len(row))
	for i, v := range row {
		p[i] = math.Exp(float64(v) - most)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// label is what example i should be.
func label(t *data.Task, r *evaluate.Result, i int) string {
	targets := func() []float32 { return r.Scores[i*r.Outputs : (i+1)*r.Outputs] }
	switch t.Kind {
	case data.Regression:
		return listed(t, targets())
	case data.MultiLabel:
		holds := make([]bool, r.Outputs)
		for k, v := range targets() {
			holds[k] = v == 1
		}
		return chosen(t, holds)
	}
	return t.Labels[r.Classes[i]]
}

// answer is what the adapter says of example i, with the probability of a single label.
func answer(t *data.Task, r *evaluate.Result, i int) string {
	row := r.Row(i)
	switch t.Kind {
	case data.Regression:
		return listed(t, row)
	case data.MultiLabel:
		return chosen(t, evaluate.Holding(row, t.Threshold))
	}
	p := softmax(row)
	best := slices.Index(p, slices.Max(p))
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

// cut shortens a text.
func cut(text string) string {
	r := []rune(strings.ToValidUTF8(text, "\ufffd"))
	if len(r) <= mostText {
		return string(r)
	}
	return string(r[:mostText]) + " …"
}
