package settings

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// asLoRA resolves layers as a training of LoRA.
func asLoRA(layers ...*Layer) (*Resolved, error) {
	r, err := WithRecipe(layers...)
	if err != nil {
		return nil, err
	}
	own, err := LoRA(r, "--lora")
	if err != nil {
		return nil, err
	}
	return WithRecipe(append(layers, own)...)
}

// TestLoRA: whatever the recipe says of nested ranks, rank R alone is trained, evaluated and decides; what a person says
// of evaluation and scale stays.
func TestLoRA(t *testing.T) {
	for _, tt := range []struct {
		name  string
		said  map[string]any
		ranks string
		best  string
		scale string
	}{
		{"default", nil, "8", "R", "paper"},
		{"rank", map[string]any{"rank": 4}, "4", "R", "paper"},
		{"a nested recipe", map[string]any{"recipe": "nested"}, "8", "R", "paper"},
		{"the reference's", map[string]any{"recipe": "reference", "task": "sst2"}, "8", "R", "paper"},
		{"evaluation", map[string]any{"eval_ranks": "1,8", "best": "last", "scaling": "sqrt"}, "1,8", "last", "sqrt"},
	} {
		r, err := asLoRA(layerOf(Flag, tt.said))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		a := r.Adapter
		if a.RMin != a.Rank || a.Update != adapter.All || r.Train.EvalRanks != tt.ranks || r.Train.Best != tt.best || a.Scaling.String() != tt.scale {
			t.Errorf("%s: %+v, eval_ranks %s, best %s", tt.name, a, r.Train.EvalRanks, r.Train.Best)
		}
		s, err := a.NewSampler()
		if err != nil || len(s.Ranks()) != 1 || s.Ranks()[0] != a.Rank {
			t.Errorf("%s: draws %v, %v", tt.name, s.Ranks(), err)
		}
	}
}

// TestLoRARefuses what a person says of nested ranks, each setting by its place.
func TestLoRARefuses(t *testing.T) {
	_, err := asLoRA(layerOf(Flag, map[string]any{"update": "frozen", "sampler": "geometric:0.2", "r_min": 2, "full_rank_phase": 0.5}))
	if fault.ClassOf(err) != fault.Usage {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{
		"update: frozen is for nested ranks (--update), and LoRA trains rank 8 alone: leave it out", "sampler: geometric:0.2 is", "r_min: 2 is", "full_rank_phase: 0.5 is",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if _, err := asLoRA(layerOf(Flag, map[string]any{"r_min": 8, "sampler": "uniform"})); err != nil {
		t.Errorf("the same, said: %v", err)
	}
}
