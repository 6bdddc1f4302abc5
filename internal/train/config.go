// Package train is the training loop and what a run keeps: AdamW, the learning rate's
// schedule, the ranks of each step, checkpoints, the metrics log and the run folder.
//
// The loop is small. It draws ranks, learns a window of batches, updates, and evaluates at
// the end of an epoch; everything else is a Hook. Whatever is random is a function of the
// seed and the step, so a run that was stopped anywhere continues with bit-identical results.
package train

import (
	"errors"
	"fmt"

	"github.com/dylora/dylora/internal/schema"
)

// Config is how a run learns. The zero value of a field is not its default: start from
// DefaultConfig. The fields with a key are settings of the user, and their tags are the only
// place of their defaults and bounds.
type Config struct {
	Seed       uint64 `json:"seed" key:"seed" default:"42" help:"seed of initial weights, order, ranks and dropout"`
	Epochs     int    `json:"epochs" key:"epochs" default:"3" min:"1" scope:"card,length" help:"passes over the training split"`
	MaxSteps   int    `json:"max_steps" key:"max_steps" min:"0" scope:"card,length" help:"stop after n optimizer steps; 0: epochs decide"`
	Accumulate int    `json:"accumulate" key:"grad_accumulation" default:"1" min:"1" scope:"card" help:"batches per optimizer step; they share one rank"`

	MicroBatches int `json:"micro_batches,omitzero" key:"micro_batches" default:"1" min:"1" scope:"changed" help:"parts that each batch is learnt in, one after the other, whose gradients are added: less memory for the same batch"`

	LR float64 `json:"lr" key:"lr" default:"1e-3" above:"0" scope:"card" help:"highest learning rate"`

	LRRatioB float64 `json:"lr_ratio_b" key:"lr_ratio_b" default:"1" above:"0" scope:"changed" help:"B's learning rate as a multiple of lr, which A has; LoRA+ has 4 to 16"`
	RowLR    RowLR   `json:"row_lr,omitzero" key:"row_lr" scope:"changed" help:"learning rates of the ranks: paper (all alike) or frequency (1/√p of lr, p being the share of draws that train the rank)"`
	Average  float64 `json:"average,omitzero" key:"average" min:"0" below:"1" scope:"changed" help:"weight of the past in a moving average of the weights, such as 0.99, which is evaluated and kept instead of the last ones; 0: none"`

	WeightDecay float64 `json:"weight_decay" key:"weight_decay" default:"0.01" min:"0" scope:"card" help:"AdamW's decay, not on biases"`
	Warmup      float64 `json:"warmup" key:"warmup" default:"0.06" min:"0" max:"1" scope:"card" help:"share of the steps in which the learning rate rises"` // rounded up to steps
	Clip        float64 `json:"clip" key:"clip" default:"1" min:"0" scope:"card" help:"largest norm of the whole gradient; 0: no limit"`

	RanksPerStep  Draw    `json:"ranks_per_step" key:"ranks_per_step" scope:"card" help:"ranks within one step: one, mixed (one per sequence), sandwich (smallest, largest and drawn ones) or distill (R with the labels, and one with what R answers: twice the time)"`
	FullRankPhase float64 `json:"full_rank_phase,omitzero" key:"full_rank_phase" min:"0" below:"1" scope:"changed" help:"share of the steps that run at rank R, as LoRA does, before nested ranks are trained"`
	Resort        Resort  `json:"resort,omitzero" key:"resort" scope:"changed" help:"new order of the ranks when full_rank_phase ends, with 0 of those of init_adapter: none, svd (by singular value) or weighted (by what they add on training inputs)"`

	Patience int `json:"patience" key:"patience" min:"0" scope:"card" help:"stop after n epochs without a better one; 0: never"`

	Beta1  float64 `json:"beta1"` // AdamW's, as Eps
	Beta2  float64 `json:"beta2"`
	Eps    float64 `json:"eps"`
	Strict bool    `json:"strict"` // the optimizer touches only the rows of the step's ranks
	Best   Best    `json:"best"`   // by what the best epoch is chosen
	OwnRow bool    `json:"-"`      // a rank's gradient reaches its own row alone: update frozen or strict, which the run's settings keep
}

// DefaultConfig is the recipe of the LoRA paper but for what depends on the task; β and ε
// are those of torch.optim.AdamW.
func DefaultConfig() Config {
	c := Config{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Best: BestByMean()}
	schema.SetDefaults(&c)
	return c
}

// Validate names every field that makes no sense, all at once.
func (c Config) Validate() error {
	var faults []error
	for _, f := range schema.Check(&c) {
		faults = append(faults, f)
	}
	rule := func(ok bool, key, what string) {
		if !ok {
			faults = append(faults, schema.Fault{Key: key, What: what})
		}
	}
	rule(c.RanksPerStep.known(), "ranks_per_step", fmt.Sprintf("unknown draw %d", int(c.RanksPerStep)))
	rule(rowNames.Known(c.RowLR), "row_lr", fmt.Sprintf("unknown kind %d", int(c.RowLR)))
	rule(resortNames.Known(c.Resort), "resort", fmt.Sprintf("unknown kind %d", int(c.Resort)))
	rule(c.Beta1 >= 0 && c.Beta1 < 1, "beta1", fmt.Sprintf("%v is not in [0, 1)", c.Beta1))
	rule(c.Beta2 >= 0 && c.Beta2 < 1, "beta2", fmt.Sprintf("%v is not in [0, 1)", c.Beta2))
	rule(c.Eps > 0 && finite(c.Eps), "eps", fmt.Sprintf("%v is not a positive number", c.Eps))
	rule(c.Patience == 0 || !c.Best.Last(), "patience", "stops by which epoch is the best, and best last takes the last: set patience 0, or best mean")
	return errors.Join(faults...)
}
