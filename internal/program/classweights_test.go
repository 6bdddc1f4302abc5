package program_test

import (
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/reftest"
)

// TestReferenceClassWeights repeats the ten steps of weighted.json, which PyTorch took by
// CrossEntropyLoss(weight=…).
func TestReferenceClassWeights(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, dir := range reftest.Folders(t) {
		var file struct {
			Weights []float32
			Steps   []reftest.TrainingStep
		}
		trained, ok := readTraining(t, dir, "weighted", &file)
		if !ok {
			continue
		}
		for _, level := range kernel.Levels() {
			r := load(t, kernel.At(level, 0), dir)
			t.Run(r.Name()+"/"+level.String(), func(t *testing.T) {
				task := &data.Task{Name: "weighted", Labels: make([]string, r.NumLabels(t))}
				batch := func(index []int) *data.Batch { // the weights as shares of their sum, of which steps takes the mean
					b, sum := r.batch(index), float32(0)
					for _, class := range b.Classes {
						sum += file.Weights[class]
					}
					for _, class := range b.Classes {
						b.Weights = append(b.Weights, file.Weights[class]*float32(b.Len())/sum)
					}
					return b
				}
				r.steps(t, task, "all", file.Steps, batch, trained(t, "weighted.all."))
			})
			compared++
		}
	}
	if compared == 0 {
		t.Error("no reference has weighted.json")
	}
}
