package settings

import (
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/train"
)

// NewTask is the task that the settings name. Its labels are those given, which an adapter
// remembers, or for nil those of the training file.
func (d Data) NewTask(labels []string) (*data.Task, error) {
	if !data.IsFile(d.Task) {
		return data.LookupTask(d.Task)
	}
	t, err := data.Files{
		Train: d.Task, Dev: d.DevFile, Text: d.TextColumn, Pair: d.PairColumn, Label: d.LabelColumn,
		Kind: d.Kind, Quoting: d.Quoting, Separator: d.LabelSeparator, Labels: labels,
	}.Task()
	if err == nil && t.Kind == data.MultiLabel {
		t.Threshold = d.Threshold
	}
	return t, err
}

// TargetList are the names of the adapted maps, in canonical order.
func (a Adapter) TargetList() ([]string, error) {
	names := strings.Split(a.Targets, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return adapter.ParseTargets(names)
}

// NewSampler draws the ranks of training steps.
func (a Adapter) NewSampler() (*adapter.Sampler, error) {
	return adapter.NewSampler(a.Sampler, a.RMin, a.Rank, a.Block)
}

// EvalRanks are the ranks that training evaluates each epoch.
func (s *Settings) EvalRanks() ([]int, error) {
	if s.Train.EvalRanks == "" {
		return evaluate.PowerRanks(s.Adapter.Rank), nil
	}
	return evaluate.ParseRanks(s.Train.EvalRanks, s.Adapter.Rank)
}

// LoopConfig is the training loop's configuration: its own settings, by what the best epoch
// is chosen, and whether the optimizer is strict, which the update mode says.
func (s *Settings) LoopConfig() (c train.Config, err error) {
	c = s.Train.Loop
	c.Strict = s.Adapter.Update == adapter.Strict
	c.Best, err = train.ParseBest(s.Train.Best, s.Adapter.Rank)
	return c, err
}
