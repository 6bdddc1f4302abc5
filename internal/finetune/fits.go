package finetune

import (
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/weights"
)

// leastTokens is the length of the shortest sequence: the two special tokens around its text.
const leastTokens = 2

// CheckRank refuses an adapter of more than a projection's full rank. It gives the projections
// that are to be adapted.
func CheckRank(r *settings.Resolved, c *model.Config) ([]weights.Projection, error) {
	list, err := projections(r, c)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		if full := min(p.In, p.Out); r.Adapter.Rank > full {
			return nil, fault.Usagef("rank: %d is above %d, the full rank of %s; use a lower rank (%s)", r.Adapter.Rank, full, p.Name, r.Place("rank"))
		}
	}
	return list, nil
}

// projections are those that the settings ask for. Targets that are named one by one and that the
// encoder does not have are refused.
func projections(r *settings.Resolved, c *model.Config) ([]weights.Projection, error) {
	targets, err := Targets(r, c)
	if err != nil {
		return nil, err
	}
	return c.Projections(targets)
}

// Targets are the names of the adapted maps, of those that the encoder has. For all-linear they
// are what PEFT adapts, so a BERT's pooler is among them; it was not in runs of versions that had
// no init_missing, and is not when those are resumed.
func Targets(r *settings.Resolved, c *model.Config) (targets []string, err error) {
	asked, err := r.Adapter.TargetList()
	if err != nil {
		return nil, err
	}
	all := strings.Contains(r.Adapter.Targets, adapter.AllLinear)
	resumed := slices.ContainsFunc(settings.Keys(), func(key string) bool { return r.Origin(key) == settings.Run })
	old := resumed && all && r.Origin("init_missing") == settings.Default
	for _, t := range asked {
		list, err := c.Projections([]string{t})
		switch {
		case err != nil:
			return nil, err
		case len(list) == 0 && !all:
			return nil, fault.Usagef("targets: a %s has no %s (%s)", c.ModelType, t, r.Place("targets"))
		case len(list) > 0 && !(old && t == adapter.PoolerTarget):
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// fits refuses, before a weight is downloaded or read, what an encoder cannot be trained with:
// a rank that is too high, an adapter to start from (nil: none) that is not of the maps to be
// trained, and batches whose activations are more than the memory of the process. The latter
// is a lower bound: a batch that it lets pass may still be too large, as its sequences are
// longer than the shortest.
func fits(env *session.Env, r *settings.Resolved, c *model.Config, from *session.StoredAdapter, examples int) error {
	projections, err := CheckRank(r, c)
	if err != nil {
		return err
	}
	if err := checkStart(from, r, c, projections); err != nil {
		return err
	}
	batch := min(r.Train.Batch, max(examples, 1))
	need := c.ActivationBytes(leastTokens * (batch + r.Train.Loop.MicroBatches - 1) / r.Train.Loop.MicroBatches)
	if env.Memory > 0 && need > env.Memory {
		return fault.Usagef("batch: %d sequences need %.1f GiB for activations or more, and the process may use %.1f GiB: raise micro_batches, or lower batch and raise grad_accumulation instead (%s)",
			batch, gib(need), gib(env.Memory), r.Place("batch"))
	}
	return nil
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }
