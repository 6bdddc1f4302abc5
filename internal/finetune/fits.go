package finetune

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
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
// a rank that is too high, and an adapter to start from (nil: none) that is not of the maps to be
// trained, which it gives.
func fits(r *settings.Resolved, c *model.Config, from *session.StoredAdapter) ([]weights.Projection, error) {
	projections, err := CheckRank(r, c)
	if err != nil {
		return nil, err
	}
	return projections, checkStart(from, r, c, projections)
}

// Fits refuses a training that needs more memory than the process may use, by the tokens of some of its examples.
func (s *Survey) Fits(ctx context.Context, env *session.Env) error {
	if len(env.Memory) == 0 {
		return nil
	}
	return s.refuse(env, s.Footprint(s.Settings, Lengths(ctx, s.Tokenizer, s.MaxLength, s.Train)), "")
}

// least is Fits before the tokens are known, with sequences of the least length: a training that it lets pass may still be too large.
func (s *Survey) least(env *session.Env) error {
	return s.refuse(env, s.Footprint(s.Settings, []int{leastTokens}), " or more")
}

func (s *Survey) refuse(env *session.Env, f session.Footprint, more string) error {
	r := s.Settings
	remedy := fmt.Sprintf("lower batch (%d, %s) or max_length (%d), raise micro_batches (%d)", r.Train.Batch, r.Place("batch"), s.MaxLength, r.Train.Loop.MicroBatches)
	if r.Machine.Precision == kernel.Float32 {
		remedy += ", or set precision to i16"
	}
	return env.Fits(f, "training", more, remedy)
}
