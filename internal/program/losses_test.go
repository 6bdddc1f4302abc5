package program_test

import (
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/reftest"
)

// TestReferenceLossTraining repeats the ten steps of losses.json: the same encoder for tasks
// with a target per output, a multi-label one and a regression.
func TestReferenceLossTraining(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, dir := range reftest.Folders(t) {
		var problems map[string]struct {
			Targets [][]float32
			Steps   []reftest.TrainingStep
		}
		trained, ok := readTraining(t, dir, "losses", &problems)
		if !ok {
			continue
		}
		for problem, kind := range map[string]data.Kind{"multi_label_classification": data.MultiLabel, "regression": data.Regression} {
			for _, level := range kernel.Levels() {
				r, p := load(t, kernel.At(level, 0), dir), problems[problem]
				t.Run(r.Name()+"/"+level.String()+"/"+problem, func(t *testing.T) {
					task := &data.Task{Name: problem, Kind: kind, Labels: make([]string, r.NumLabels(t))}
					batch := func(index []int) *data.Batch {
						var es []data.Encoded
						for _, i := range index {
							es = append(es, data.Encoded{Index: i, IDs: r.Sequences[i], Types: r.Types[i], Targets: p.Targets[i]})
						}
						return data.Pack(es)
					}
					r.steps(t, task, "all", p.Steps, batch, trained(t, problem+".all."))
				})
				compared++
			}
		}
	}
	if compared == 0 {
		t.Error("no reference has losses.json")
	}
}
