package program_test

import (
	"math"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/train"
)

// TestReferencePositiveWeights repeats the ten steps of positive.json, which PyTorch took by
// BCEWithLogitsLoss(pos_weight=…), and holds balanced weights against those of scikit-learn.
func TestReferencePositiveWeights(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, dir := range reftest.Folders(t) {
		var file struct {
			Weights  []float32
			Targets  [][]float32
			Balanced []float64 `json:"balanced_of_five"`
			Steps    []reftest.TrainingStep
		}
		trained, ok := readTraining(t, dir, "positive", &file)
		if !ok {
			continue
		}
		task := &data.Task{Name: "positive", Kind: data.MultiLabel, Labels: []string{"a", "b", "c"}}
		var five []data.Example
		for _, targets := range file.Targets[:5] {
			five = append(five, data.Example{Targets: targets})
		}
		w, err := data.ParseClassWeights(data.Balanced)
		must(t, err)
		balanced, err := w.Of(task, five)
		must(t, err)
		for i, want := range file.Balanced {
			if math.Abs(float64(balanced[i])-want) > 1e-6*want {
				t.Errorf("the balanced weight of label %d is %v, want %v", i, balanced[i], want)
			}
		}
		for _, level := range kernel.Levels() {
			r := load(t, kernel.At(level, 0), dir)
			t.Run(r.Name()+"/"+level.String(), func(t *testing.T) {
				batch := func(index []int) *data.Batch {
					var es []data.Encoded
					for _, i := range index {
						es = append(es, data.Encoded{Index: i, IDs: r.Sequences[i], Types: r.Types[i], Targets: file.Targets[i]})
					}
					b := data.Pack(es)
					b.OutputWeights = train.PositiveWeights(file.Weights, b.Scores)
					return b
				}
				r.steps(t, task, "all", file.Steps, batch, trained(t, "positive.all."))
			})
			compared++
		}
	}
	if compared == 0 {
		t.Error("no reference has positive.json")
	}
}
