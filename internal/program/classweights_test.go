package program_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

// TestReferenceClassWeights repeats the ten steps of weighted.json, which PyTorch took by
// CrossEntropyLoss(weight=…).
func TestReferenceClassWeights(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, dir := range reftest.Folders(t) {
		text, err := os.ReadFile(filepath.Join(dir, "weighted.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // of one logit, or of an older set
		}
		must(t, err)
		var file struct {
			Weights []float32
			Steps   []reftest.TrainingStep
		}
		must(t, json.Unmarshal(text, &file))
		trained, err := safetensors.Read(filepath.Join(dir, "weighted.safetensors"))
		must(t, err)
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
				r.steps(t, task, "all", file.Steps, batch, func(name string) []float32 {
					x, ok := trained.Tensor("weighted.all." + name)
					if !ok {
						t.Fatalf("weighted.safetensors has no weighted.all.%s", name)
					}
					v, err := x.Float32()
					must(t, err)
					return v
				})
			})
			compared++
		}
	}
	if compared == 0 {
		t.Error("no reference has weighted.json")
	}
}
