package model

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

// problem is the part of losses.json about a problem_type of Transformers: the same logits as the
// reference's, learnt by another loss.
type problem struct {
	Targets [][]float32 `json:"targets"`
	Rank    int         `json:"rank"`
	Loss    float64     `json:"loss"`
}

// TestReferenceLosses: loss and gradients of every trained tensor as PyTorch computes them in
// float64 for several targets per sequence, by BCEWithLogitsLoss and by MSELoss.
func TestReferenceLosses(t *testing.T) {
	t.Parallel()
	compared := 0
	onEachReference(t, func(t *testing.T, r *reference) {
		text, err := os.ReadFile(filepath.Join(r.Dir, "losses.json"))
		if errors.Is(err, fs.ErrNotExist) {
			return // of one logit, or of an older set
		}
		must(t, err)
		var problems map[string]problem
		must(t, json.Unmarshal(text, &problems))
		tensors, err := safetensors.Read(filepath.Join(r.Dir, "losses.safetensors"))
		must(t, err)
		for name, loss := range map[string]Loss{"multi_label_classification": BinaryCrossEntropy, "regression": SquaredError} {
			p := problems[name]
			in := r.input(func(int) int { return p.Rank })
			in.Classes, in.Scores = nil, nil
			for _, row := range p.Targets {
				in.Scores = append(in.Scores, row...)
			}
			gr := r.compileFor(t, loss, true)
			_, got, err := gr.Run(in)
			must(t, err)
			if math.Abs(got-p.Loss) > toleranceState*p.Loss {
				t.Errorf("%s: loss is %v, want %v", name, got, p.Loss)
			}
			for _, g := range gr.Gradients() {
				x, ok := tensors.Tensor(name + ".grad." + g.Name)
				if !ok {
					t.Fatalf("losses.safetensors has no %s.grad.%s", name, g.Name)
				}
				want, err := x.Float32()
				must(t, err)
				reftest.Compare(t, name+" "+g.Name, g.Data, want, toleranceGradient)
			}
			compared++
		}
	})
	if compared == 0 {
		t.Error("no reference has losses.json")
	}
}

// TestTargetsOfAnotherSize: a batch whose targets do not fit the head is an error, not a crash.
func TestTargetsOfAnotherSize(t *testing.T) {
	onEachReference(t, func(t *testing.T, r *reference) {
		in := r.input(func(int) int { return 1 })
		in.Scores = in.Scores[:1]
		if _, _, err := r.compileFor(t, BinaryCrossEntropy, true).Run(in); err == nil || !strings.Contains(err.Error(), "targets") {
			t.Errorf("one target for all sequences: %v", err)
		}
	})
}
