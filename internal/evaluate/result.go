package evaluate

import (
	"cmp"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// Result is a split as one rank sees it. Results of the same Run share Index, Classes
// and Scores; rows are in the split's order.
type Result struct {
	Rank    int
	Outputs int       // logits per example, by column: the number of labels, of a regression's outputs
	Index   []int     // each example's place in the split
	Classes []int32   // labels of a classification task, by column
	Scores  []float32 // (examples, Outputs) of a regression, or 1 for each label of a multi-label task that holds
	Logits  []float32 // (examples, Outputs), row-major
	Metrics Metrics
}

// Len is the number of examples.
func (r *Result) Len() int { return len(r.Index) }

// Row is the logits of example i.
func (r *Result) Row(i int) []float32 { return r.Logits[i*r.Outputs : (i+1)*r.Outputs] }

// targets are the Scores of example i.
func (r *Result) targets(i int) []float32 { return r.Scores[i*r.Outputs : (i+1)*r.Outputs] }

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

// Outputs is the number of logits that t needs.
func Outputs(t *data.Task) int { return t.Outputs() }

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
	r.Metrics, err = answersOf(t, r).measure()
	return err
}

// indicators are the labels of a multi-label task and the predictions at its threshold.
func (r *Result) indicators(t *data.Task) *Indicators {
	return &Indicators{Labels: r.Outputs, Truth: holding(r.Scores), Predicted: Holding(r.Logits, t.Threshold)}
}

// holding says which of the targets are 1.
func holding(targets []float32) []bool {
	holds := make([]bool, len(targets))
	for i, v := range targets {
		holds[i] = v == 1
	}
	return holds
}

func (r *Result) unlabelled(t *data.Task) bool {
	if t.Kind != data.Classification {
		return slices.ContainsFunc(r.Scores, func(s float32) bool { return s != s })
	}
	return slices.Contains(r.Classes, data.NoLabel)
}

// column is one of the columns of rows of a width.
func column(rows []float64, at, width int) []float64 {
	c := make([]float64, 0, len(rows)/width)
	for i := at; i < len(rows); i += width {
		c = append(c, rows[i])
	}
	return c
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
	index, classes, scores := pick(index, order, 1), pick(results[0].Classes, order, 1), pick(results[0].Scores, order, len(results[0].Scores)/results[0].Len())
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
