package finetune

import (
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/headfit"
)

// targetsOf are what an example is to be answered with, in memory of its own: 1 at the class of
// a classification, else its scores.
func targetsOf(t *data.Task, e data.Encoded) []float32 {
	if e.Targets != nil {
		return slices.Clone(e.Targets)
	}
	if t.Kind != data.Classification {
		return []float32{e.Score}
	}
	one := make([]float32, t.Outputs())
	one[e.Class] = 1
	return one
}

// targets are what the examples of a result are to be answered with, (examples, outputs): 1 at
// the class of a classification, else the scores.
func targets(t *data.Task, r *evaluate.Result) []float32 {
	if t.Kind != data.Classification {
		return r.Scores
	}
	n := t.Outputs()
	one := make([]float32, r.Len()*n)
	for i, c := range r.Classes {
		one[i*n+int(c)] = 1
	}
	return one
}

// fitLosses are the losses of training, as headfit has them.
var fitLosses = map[data.Kind]headfit.Loss{
	data.Classification: headfit.CrossEntropy, data.MultiLabel: headfit.BinaryCrossEntropy, data.Regression: headfit.SquaredError,
}
