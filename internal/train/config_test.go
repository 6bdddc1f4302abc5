package train

import (
	"math"
	"strings"
	"testing"
)

// TestValidate: each rule names its field, and only that.
func TestValidate(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		field  string
		change func(*Config)
	}{
		{"epochs", func(c *Config) { c.Epochs = 0 }},
		{"epochs", func(c *Config) { c.Epochs = -1 }},
		{"max_steps", func(c *Config) { c.MaxSteps = -1 }},
		{"grad_accumulation", func(c *Config) { c.Accumulate = 0 }},
		{"micro_batches", func(c *Config) { c.MicroBatches = 0 }},
		{"lr", func(c *Config) { c.LR = 0 }},
		{"lr", func(c *Config) { c.LR = -1e-3 }},
		{"lr", func(c *Config) { c.LR = nan }},
		{"lr", func(c *Config) { c.LR = inf }},
		{"warmup", func(c *Config) { c.Warmup = -0.01 }},
		{"warmup", func(c *Config) { c.Warmup = 1.01 }},
		{"warmup", func(c *Config) { c.Warmup = nan }},
		{"beta1", func(c *Config) { c.Beta1 = 1 }},
		{"beta1", func(c *Config) { c.Beta1 = -0.1 }},
		{"beta1", func(c *Config) { c.Beta1 = nan }},
		{"beta2", func(c *Config) { c.Beta2 = 1 }},
		{"beta2", func(c *Config) { c.Beta2 = -0.1 }},
		{"beta2", func(c *Config) { c.Beta2 = nan }},
		{"eps", func(c *Config) { c.Eps = 0 }},
		{"eps", func(c *Config) { c.Eps = nan }},
		{"eps", func(c *Config) { c.Eps = inf }},
		{"weight_decay", func(c *Config) { c.WeightDecay = -0.1 }},
		{"weight_decay", func(c *Config) { c.WeightDecay = nan }},
		{"weight_decay", func(c *Config) { c.WeightDecay = inf }},
		{"clip", func(c *Config) { c.Clip = -1 }},
		{"clip", func(c *Config) { c.Clip = nan }},
		{"clip", func(c *Config) { c.Clip = inf }},
		{"ranks_per_step", func(c *Config) { c.RanksPerStep = -1 }},
		{"ranks_per_step", func(c *Config) { c.RanksPerStep = 4 }},
		{"full_rank_phase", func(c *Config) { c.FullRankPhase = 1 }},
		{"full_rank_phase", func(c *Config) { c.FullRankPhase = -0.1 }},
		{"full_rank_phase", func(c *Config) { c.FullRankPhase = nan }},
		{"lr_ratio_b", func(c *Config) { c.LRRatioB = 0 }},
		{"lr_ratio_b", func(c *Config) { c.LRRatioB = -4 }},
		{"lr_ratio_b", func(c *Config) { c.LRRatioB = inf }},
		{"average", func(c *Config) { c.Average = 1 }},
		{"average", func(c *Config) { c.Average = -0.1 }},
		{"average", func(c *Config) { c.Average = nan }},
		{"row_lr", func(c *Config) { c.RowLR = 2 }},
		{"resort", func(c *Config) { c.Resort = 3 }},
		{"resort", func(c *Config) { c.Resort = -1 }},
		{"patience", func(c *Config) { c.Patience = -1 }},
		{"patience", func(c *Config) { c.Patience, c.Best = 1, LastEpoch() }},
	} {
		c := DefaultConfig()
		tt.change(&c)
		err := c.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), tt.field+":") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want the rule of %s", c, err, tt.field)
		}
	}
}

// TestValidateAccepts the defaults, and the ends of each range.
func TestValidateAccepts(t *testing.T) {
	for _, change := range []func(*Config){
		func(*Config) {},
		func(c *Config) { c.Seed, c.MaxSteps, c.Patience = 1<<64-1, 1, 1 },
		func(c *Config) { c.Warmup, c.Beta1, c.Beta2, c.WeightDecay, c.Clip = 0, 0, 0, 0, 0 },
		func(c *Config) { c.Warmup, c.Beta1, c.Beta2 = 1, math.Nextafter(1, 0), math.Nextafter(1, 0) },
		func(c *Config) { c.RanksPerStep, c.Best = Sandwich, BestAt(1) },
		func(c *Config) { c.FullRankPhase, c.Resort = math.Nextafter(1, 0), WeightedResort },
		func(c *Config) { c.Resort = SVDResort },
		func(c *Config) { c.LRRatioB, c.Average = 16, math.Nextafter(1, 0) },
	} {
		c := DefaultConfig()
		if change(&c); c.Validate() != nil {
			t.Errorf("%+v: %v", c, c.Validate())
		}
	}
}

// TestValidateNamesAll: every fault at once, a line each.
func TestValidateNamesAll(t *testing.T) {
	err := Config{Accumulate: -1, Warmup: 2, RanksPerStep: 9, Patience: -3}.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, field := range []string{"epochs", "grad_accumulation", "micro_batches", "lr", "lr_ratio_b", "warmup", "patience", "ranks_per_step", "eps"} {
		if len(lines) != 9 || !strings.HasPrefix(lines[i], field+":") {
			t.Fatalf("%q, want %s in line %d of 9", lines, field, i+1)
		}
	}
}
