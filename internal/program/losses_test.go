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

// TestReferenceLossTraining repeats the ten steps of losses.json: the same encoder for tasks
// with a target per output, a multi-label one and a regression.
func TestReferenceLossTraining(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, dir := range reftest.Folders(t) {
		text, err := os.ReadFile(filepath.Join(dir, "losses.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // of one logit, or of an older set
		}
		must(t, err)
		var problems map[string]struct {
			Targets [][]float32
			Steps   []reftest.TrainingStep
		}
		must(t, json.Unmarshal(text, &problems))
		trained, err := safetensors.Read(filepath.Join(dir, "losses.safetensors"))
		must(t, err)
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
					r.steps(t, task, "all", p.Steps, batch, func(name string) []float32 {
						x, ok := trained.Tensor(problem + ".all." + name)
						if !ok {
							t.Fatalf("losses.safetensors has no %s.all.%s", problem, name)
						}
						v, err := x.Float32()
						must(t, err)
						return v
					})
				})
				compared++
			}
		}
	}
	if compared == 0 {
		t.Error("no reference has losses.json")
	}
}
