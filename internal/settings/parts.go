package settings

import (
	"fmt"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/suggest"
	"github.com/dylora/dylora/internal/train"
)

// NewTask is the task that the settings name, its labels in the order that they state. Where
// they state none, labels of the user's own files are those given, which an adapter
// remembers, or for nil those of the training file.
func (d Data) NewTask(labels []string) (*data.Task, error) {
	stated, err := d.StatedLabels()
	if err != nil {
		return nil, err
	}
	if !data.IsFile(d.Task) {
		t, err := data.LookupTask(d.Task)
		if err != nil || stated == nil {
			return t, err
		}
		ordered, ok := t.Columns(stated, t.Name)
		if !ok {
			return nil, fault.Usagef("labels: %s are not those of task %s, %s: give each of them once", data.Listed(stated), t.Name, data.Listed(t.Labels))
		}
		return ordered, nil
	}
	if stated != nil {
		labels = stated
	}
	t, err := data.Files{
		Train: d.Task, Dev: d.DevFile, Text: d.TextColumn, Pair: d.PairColumn, Label: d.LabelColumn,
		Kind: d.Kind, Quoting: d.Quoting, Delimiter: d.Delimiter, Separator: d.LabelSeparator, Labels: labels,
	}.Task()
	if err == nil && stated != nil && t.Labels == nil {
		return nil, fault.Usagef("labels: kind is %s, and its one output needs no label", d.Kind)
	}
	if err == nil && t.Kind == data.MultiLabel {
		t.Threshold = d.Threshold
	}
	return t, err
}

// StatedLabels are those of the setting labels, in their order; nil where it is empty.
func (d Data) StatedLabels() ([]string, error) {
	labels, err := data.ParseLabels(d.Labels)
	if err != nil {
		return nil, fault.Usagef("labels: %w", err)
	}
	return labels, nil
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

// best is by what the best epoch is chosen: a metric, or what train.ParseBest reads.
func (s *Settings) best() (train.Best, error) {
	spec := s.Train.Best
	if evaluate.Known(spec) == nil {
		return train.BestOf(evaluate.Canonical(spec)), nil
	}
	b, err := train.ParseBest(spec, s.Adapter.Rank)
	if err != nil {
		err = fmt.Errorf("%w, nor a metric, such as macro_f1 or log_loss%s", err, suggest.Hint(spec, evaluate.MetricNames()))
	}
	return b, err
}

// LoopConfig is the training loop's configuration: its own settings, by what the best epoch
// is chosen, and whether the optimizer is strict, which the update mode says.
func (s *Settings) LoopConfig() (c train.Config, err error) {
	c = s.Train.Loop
	c.Strict, c.OwnRow = s.Adapter.Update == adapter.Strict, s.Adapter.Update != adapter.All
	c.Best, err = s.best()
	return c, err
}
