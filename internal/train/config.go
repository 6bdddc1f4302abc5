// Package train is the training loop and what a run keeps: AdamW, the learning rate's
// schedule, the ranks of each step, checkpoints, the metrics log and the run folder.
//
// The loop is small. It draws ranks, learns a window of batches, updates, and evaluates at
// the end of an epoch; everything else is a Hook. Whatever is random is a function of the
// seed and the step, so a run that was stopped anywhere goes on to the same bits.
package train

import (
	"errors"
	"fmt"
	"math"
)

// Config is how a run learns. The zero value of a field is not its default: start from
// DefaultConfig.
type Config struct {
	Seed       uint64  `json:"seed"`       // of the ranks; the source and the learner have it too
	Epochs     int     `json:"epochs"`     // passes over the training split
	MaxSteps   int     `json:"max_steps"`  // at most so many optimizer steps; 0: epochs decide
	Accumulate int     `json:"accumulate"` // batches per optimizer step
	LR         float64 `json:"lr"`         // highest learning rate
	Schedule   Shape   `json:"schedule"`   // of the learning rate: Linear or Constant
	Warmup     float64 `json:"warmup"`     // share of the steps in which the rate rises, rounded up to steps

	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	Eps         float64 `json:"eps"`
	WeightDecay float64 `json:"weight_decay"` // of the parameters with Decay
	Clip        float64 `json:"clip"`         // largest norm of the whole gradient; 0: no limit
	Strict      bool    `json:"strict"`       // the optimizer touches only the rows of the step's ranks

	RanksPerStep Draw `json:"ranks_per_step"` // OneRank, MixedRanks or Sandwich
	Best         Best `json:"best"`           // by what the best epoch is chosen
	Patience     int  `json:"patience"`       // stop after so many evaluations without a better one; 0: never
}

// DefaultConfig is the recipe of the LoRA paper but for what depends on the task.
func DefaultConfig() Config {
	return Config{
		Seed: 42, Epochs: 3, Accumulate: 1, LR: 1e-3, Schedule: Linear, Warmup: 0.06,
		Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Clip: 1,
		RanksPerStep: OneRank, Best: BestByMean(),
	}
}

// Validate names every field that makes no sense, all at once.
func (c Config) Validate() error {
	var faults []error
	rule := func(ok bool, format string, a ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, a...))
		}
	}
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	rule(c.Epochs >= 1, "epochs: %d is below 1", c.Epochs)
	rule(c.MaxSteps >= 0, "max_steps: %d is below 0", c.MaxSteps)
	rule(c.Accumulate >= 1, "accumulate: %d is below 1", c.Accumulate)
	rule(c.LR > 0 && finite(c.LR), "lr: %v is not a positive number", c.LR)
	rule(c.Schedule.known(), "schedule: unknown shape %d", int(c.Schedule))
	rule(c.Warmup >= 0 && c.Warmup <= 1, "warmup: %v is not in [0, 1]", c.Warmup)
	rule(c.Beta1 >= 0 && c.Beta1 < 1, "beta1: %v is not in [0, 1)", c.Beta1)
	rule(c.Beta2 >= 0 && c.Beta2 < 1, "beta2: %v is not in [0, 1)", c.Beta2)
	rule(c.Eps > 0 && finite(c.Eps), "eps: %v is not a positive number", c.Eps)
	rule(c.WeightDecay >= 0 && finite(c.WeightDecay), "weight_decay: %v is not a number from 0 up", c.WeightDecay)
	rule(c.Clip >= 0 && finite(c.Clip), "clip: %v is not a number from 0 up", c.Clip)
	rule(c.RanksPerStep.known(), "ranks_per_step: unknown draw %d", int(c.RanksPerStep))
	rule(c.Patience >= 0, "patience: %d is below 0", c.Patience)
	return errors.Join(faults...)
}
