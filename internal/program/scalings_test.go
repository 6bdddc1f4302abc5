package program_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

// scaled is a part of scalings.json: what the reference's adapter computes and how it is
// trained with another scale than the paper's.
type scaled struct {
	*reference
	name     string // of the scaling, which its tensors begin with
	RankLoss map[string]float64
	Steps    []reftest.TrainingStep
	tensors  *safetensors.File
}

// TestReferenceScalings holds every scaling against PyTorch: logits, losses and gradients of all
// trained tensors at each rank, and ten training steps.
func TestReferenceScalings(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, dir := range reftest.Folders(t) {
		text, err := os.ReadFile(filepath.Join(dir, "scalings.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the first encoders alone have it
		}
		must(t, err)
		var parts map[string]struct {
			RankLoss map[string]float64 `json:"rank_loss"`
			Steps    []reftest.TrainingStep
		}
		must(t, json.Unmarshal(text, &parts))
		tensors, err := safetensors.Read(filepath.Join(dir, "scalings.safetensors"))
		must(t, err)
		for _, level := range kernel.Levels() {
			for name, part := range parts {
				r := load(t, kernel.At(level, 0), dir)
				r.scaling, err = adapter.ParseScaling(name)
				must(t, err)
				s := &scaled{r, name, part.RankLoss, part.Steps, tensors}
				t.Run(fmt.Sprintf("%s/%s/%s", r.Name(), level, name), s.test)
			}
		}
		compared += len(parts)
	}
	if compared < 6 {
		t.Errorf("%d scalings in the references, want 3 of 2 encoders", compared)
	}
}

func (s *scaled) test(t *testing.T) {
	labels := s.NumLabels(t)
	task := &data.Task{Name: "reference", Labels: make([]string, labels)}
	if labels == 1 {
		task.Kind, task.Labels = data.Regression, nil
	}
	p, err := program.New(s.model, s.adapter(t, task.Outputs()), task, program.Options{})
	must(t, err)
	all := make([]int, len(s.Sequences))
	for i := range all {
		all[i] = i
	}
	b := s.batch(all)
	for rank := 1; rank <= s.RankMax; rank++ {
		at := fmt.Sprintf("%s.rank%d.", s.name, rank)
		ranks := slices.Repeat([]int{rank}, b.Len())
		logits, err := p.Logits(b, ranks)
		must(t, err)
		reftest.Compare(t, at+"logits", logits, s.tensor(t, at+"logits"), 1e-5)
		loss, err := p.ForwardBackward(b, program.Pass{Ranks: ranks, Weight: 1 / float32(b.Len())})
		must(t, err)
		near(t, at+"loss", loss, s.RankLoss[fmt.Sprint(rank)])
		for _, x := range p.Params() {
			reftest.Compare(t, at+"grad."+x.Name, x.Grad, s.tensor(t, at+"grad."+x.Name), tolerance)
			clear(x.Grad)
		}
	}
	recorded := 0
	for _, x := range s.tensors.Tensors {
		if strings.HasPrefix(x.Name, s.name+".rank1.grad.") {
			recorded++
		}
	}
	if recorded != len(p.Params()) || len(s.RankLoss) != s.RankMax || len(s.Steps) != 10 {
		t.Errorf("%d of %d gradients, %d losses and %d steps are recorded", recorded, len(p.Params()), len(s.RankLoss), len(s.Steps))
	}
	s.steps(t, task, "all", s.Steps, s.batch, func(name string) []float32 { return s.tensor(t, s.name+".all."+name) })
}

func (s *scaled) tensor(t *testing.T, name string) []float32 {
	t.Helper()
	x, ok := s.tensors.Tensor(name)
	if !ok {
		t.Fatalf("scalings.safetensors has no %s", name)
	}
	v, err := x.Float32()
	must(t, err)
	return v
}
