package adapter_test

import (
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// provenance fills every field.
func provenance() *adapter.Provenance {
	return &adapter.Provenance{
		Version: "1.2.3", Task: "demo", Labels: []string{"bad", "good"}, Regression: true, Model: "mini",
		ModelHash: "0123456789abcdef", Rank: 4, Alpha: 16, RankMax: 8, RankMin: 1, CutFrom: 8,
		Sampler: "uniform", Block: 1, Update: "all", Seed: 1<<64 - 1, Targets: []string{"query", "value"},
		MaxLength: 64, Epoch: 3, Step: 120, Metrics: map[string]map[string]float64{"1": {"accuracy": 0.5}},
		Intervals: map[string]map[string][2]float64{"1": {"accuracy": {0.25, 0.75}}},
	}
}

func TestCheckBase(t *testing.T) {
	tests := []struct {
		name       string
		provenance *adapter.Provenance
		hash       string
		force      bool
		ok         bool
	}{
		{"the same model", provenance(), "0123456789abcdef", false, true},
		{"another model", provenance(), "ffffffffffffffff", false, false},
		{"another model, forced", provenance(), "ffffffffffffffff", true, true},
		{"no provenance", nil, "f", false, true},
		{"no hash in the provenance", &adapter.Provenance{}, "f", false, true},
		{"no hash of the model", provenance(), "", false, false},
	}
	for _, tt := range tests {
		err := tt.provenance.CheckBase(tt.hash, tt.force)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && (fault.ClassOf(err) != fault.Invalid || fault.ReasonOf(err) != adapter.OtherBase) {
			t.Errorf("%s: class %d, %v", tt.name, fault.ClassOf(err), err)
		}
	}
}
