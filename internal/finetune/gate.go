package finetune

import (
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// gateFits refuses what has no meaning where a step trains the sum of all ranks at once.
func gateFits(r *settings.Resolved) error {
	if r.Adapter.Gate != adapter.Matryoshka {
		return nil
	}
	for _, s := range []struct {
		key, value string
		ok         bool
		want       string
	}{
		{"update", r.Adapter.Update.String(), r.Adapter.Update == adapter.All, adapter.All.String()},
		{"ranks_per_step", r.Train.Loop.RanksPerStep.String(), r.Train.Loop.RanksPerStep == train.OneRank, train.OneRank.String()},
		{"heads", r.Adapter.Heads.String(), r.Adapter.Heads != adapter.RankHeads, "shared or fitted"},
	} {
		if !s.ok {
			return fault.Usagef("%s: %s needs steps of single ranks, and gate %s sums all of them in every step: want %s (%s)",
				s.key, s.value, adapter.Matryoshka, s.want, r.Place(s.key))
		}
	}
	return nil
}

// Steps draws the ranks of a loop's steps: where each trains the sum of all ranks, the full one.
func (p *Parts) Steps() train.Sampler {
	if p.Settings.Adapter.Gate == adapter.Matryoshka {
		return train.OnlyRank(p.Adapter.Rank)
	}
	return p.Sampler
}
