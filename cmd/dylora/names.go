package main

import (
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/kernel"
)

// nameFaults checks the settings that other packages read: names and small languages.
func (c *config) nameFaults() (out [][2]string) {
	rule := func(key string, err error) {
		if err != nil {
			out = append(out, [2]string{key, err.Error()})
		}
	}
	a := c.Adapter
	out = c.Data.taskFaults()
	rule("recipe", recipeKnown(c.Data.Recipe))
	_, err := adapter.ParseUpdate(a.Update)
	rule("update", err)
	_, err = c.targets()
	rule("targets", err)
	if a.RMin >= 1 && a.RMin <= a.Rank && a.Block >= 1 {
		_, err = adapter.NewSampler(a.Sampler, a.RMin, a.Rank, a.Block)
		rule("sampler", err)
	}
	if a.Rank >= 1 {
		_, err = c.evalRanks()
		rule("eval_ranks", err)
	}
	rule("kernel", kernelKnown(c.Machine.Kernel))
	_, err = c.precision()
	rule("precision", err)
	return out
}

// targets is the list of adapted maps.
func (c *config) targets() ([]string, error) {
	return adapter.ParseTargets(splitList(c.Adapter.Targets))
}

// evalRanks are the ranks that training evaluates each epoch.
func (c *config) evalRanks() ([]int, error) {
	if c.Train.EvalRanks == "" {
		return evaluate.PowerRanks(c.Adapter.Rank), nil
	}
	return evaluate.ParseRanks(c.Train.EvalRanks, c.Adapter.Rank)
}

// precision is how frozen weights are held.
func (c *config) precision() (kernel.Precision, error) {
	return kernel.ParsePrecision(c.Machine.Precision)
}

// kernelKnown refuses a name that no machine could honour; whether this one can is
// decided when the kernels are set up.
func kernelKnown(name string) error {
	if kernel.Known(name) {
		return nil
	}
	return kernel.Configure(name)
}
