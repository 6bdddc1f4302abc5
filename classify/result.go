package classify

import (
	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
)

// Result is the answer to one text.
type Result struct {
	Adapter string
	Rank    int // that it was computed at

	Label       string    // of a classification: the most probable label, or the name that WithThreshold gives
	Probability float64   // of the most probable label
	Labels      []Label   // of a classification or multi-label task: all in the order of the model's columns, or with WithTopK the most probable ones first
	Holding     []Label   // of a multi-label task: those above the threshold
	Scores      []float64 // of a regression: a float32 for each output
	Logits      []float32 // what the head computes, of each column, before any of this is made of it

	Tokens    int  // of the text with its special tokens, after it was cut
	Truncated bool // the text was longer than the limit, and is cut

	Err error // why this text has no answer (*Error); other texts of the call have theirs
}

// Label is a label with its probability.
type Label struct {
	Name        string
	Probability float64
}

// result makes a Result of a row of logits; without a maker it has the logits alone.
func (m *member) result(maker *answer.Maker, logits []float32) (r Result) {
	r.Logits = logits
	if maker == nil {
		return r
	}
	if err := answer.Finite(logits); err != nil {
		r.Err = m.fault(CodeDiverged, err)
		return r
	}
	a := maker.Of(logits)
	if maker.Task.Kind == data.Regression {
		for _, s := range a.Scores {
			r.Scores = append(r.Scores, float64(s))
		}
		return r
	}
	label := func(column int) Label { return Label{maker.Task.Labels[column], a.Probabilities[column]} }
	r.Labels = make([]Label, len(a.Order))
	for i, column := range a.Order {
		r.Labels[i] = label(column)
	}
	if maker.Task.Kind == data.MultiLabel {
		for _, column := range a.Holding {
			r.Holding = append(r.Holding, label(column))
		}
		return r
	}
	r.Label = maker.Name(a.Label)
	for _, p := range a.Probabilities {
		r.Probability = max(r.Probability, p)
	}
	return r
}
