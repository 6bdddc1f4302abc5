package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
)

// trainReport is what train prints: the sweep of the best epoch, and where it is.
type trainReport struct {
	*evaluate.Sweep
	Run   string `json:"run"`
	Epoch int    `json:"epoch"`
	Step  int    `json:"step"`
}

// finish saves the adapter of the best epoch and reports it.
func (t *training) finish(ctx context.Context, dir string, asJSON bool) error {
	best := t.loop.State().Best
	if !t.loop.UseBest() {
		return errors.New("train: nothing was evaluated")
	}
	sweep := t.sweeps[best.Step]
	if sweep == nil { // it was before this process resumed the run
		var err error
		if sweep, err = t.sweep(ctx); err != nil {
			return err
		}
	}
	facts := t.facts(sweep)
	facts.Epoch, facts.Step = best.Epoch, best.Step
	if err := adapter.Save(filepath.Join(dir, "adapter"), t.adapter, facts, adapter.SaveOptions{Replace: true}); err != nil {
		return err
	}
	report := trainReport{sweep, dir, best.Epoch, best.Step}
	write := func(w io.Writer) error { return printJSON(w, report) }
	if err := disk.WriteFile(filepath.Join(dir, "sweep.json"), write); err != nil {
		return err
	}
	if asJSON {
		return printJSON(t.io.out, report)
	}
	by := "the mean over these ranks"
	if b := t.loop.Config().Best; b.Rank() > 0 {
		by = fmt.Sprintf("rank %d", b.Rank())
	}
	if _, err := fmt.Fprintf(t.io.out, "%s dev after epoch %d, the best by %s\n", t.task.Name, best.Epoch, by); err != nil {
		return err
	}
	if err := sweep.WriteTable(t.io.out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.io.out, "adapter: %s\n", filepath.Join(dir, "adapter"))
	return err
}

// facts are what the adapter's folder remembers of the run. Epoch and step are finish's.
func (t *training) facts(s *evaluate.Sweep) *adapter.Provenance {
	a := t.settings.Adapter
	info, _ := debug.ReadBuildInfo()
	targets, _ := t.settings.targets() // checked when the settings were resolved
	f := &adapter.Provenance{
		Version: versionOf(info).Version, Task: t.task.Name, Labels: t.task.Labels, Regression: t.task.Kind == data.Regression,
		Model: t.base.name, Revision: t.base.revision, ModelHash: t.base.model.Hash, RankMax: a.Rank, RankMin: a.RMin,
		Sampler: t.sampler.String(), Block: a.Block, Update: a.Update, Seed: t.settings.Train.Seed,
		HubModel: t.base.hub, Training: t.settings.training(),
		Targets: targets, MaxLength: t.maxLength, Metrics: map[string]map[string]float64{},
	}
	if t.start != nil {
		f.InitAdapter, f.InitTask, f.InitHash = t.start.path, t.start.task, t.start.fingerprint
	}
	if d := t.settings.Data; data.IsFile(d.Task) {
		f.TextColumn, f.PairColumn, f.LabelColumn = d.TextColumn, d.PairColumn, d.LabelColumn
	}
	if s != nil {
		for _, r := range s.Ranks {
			f.Metrics[strconv.Itoa(r.Rank)] = r.Metrics.Floats()
		}
	}
	return f
}

// training are the settings that a reader of the model card asks for, those that are set.
func (r *resolved) training() map[string]string {
	keys := []string{
		"recipe", "epochs", "max_steps", "batch", "grad_accumulation", "lr", "weight_decay", "warmup", "clip",
		"ranks_per_step", "best", "patience", "max_train_examples", "precision",
	}
	m := map[string]string{}
	for _, s := range r.settings() {
		if slices.Contains(keys, s.key) && !s.value.IsZero() {
			m[s.key] = fmt.Sprint(s.value.Interface())
		}
	}
	return m
}

// describe tells what is about to be trained on what: label counts and what answering
// the most frequent label would reach.
func (t *training) describe() error {
	c := t.base.model.Config
	t.say(fmt.Sprintf("model %s: %d layers of %d; adapter: rank %d on %s, %d trained parameters",
		t.base.name, c.Layers, c.HiddenSize, t.adapter.Rank, t.settings.Adapter.Targets, t.adapter.Parameters()))
	if t.start != nil {
		t.say(t.start.describe())
	}
	for _, set := range []struct {
		name     string
		examples []data.Example
	}{{"train", t.trainSet}, {"dev", t.dev}} {
		b, err := evaluate.NewBaseline(t.task, set.examples)
		if err != nil {
			return err
		}
		t.say(fmt.Sprintf("%s %s: %d examples, %s", t.task.Name, set.name, len(set.examples), baselineText(t.task, b)))
	}
	return nil
}

// baselineText is the label counts, and the headline metric of always the same answer.
func baselineText(t *data.Task, b *evaluate.Baseline) string {
	headline := b.Metrics.Headline()
	value := fmt.Sprintf("%s %s", evaluate.Name(headline.Name), evaluate.Text(headline.Name, headline.Value))
	if t.Kind == data.Regression {
		return fmt.Sprintf("mean score %.3g; always the mean: %s", b.Mean, value)
	}
	counts := make([]string, len(t.Labels))
	for i, l := range t.Labels {
		counts[i] = fmt.Sprintf("%s %d", l, b.Counts[i])
	}
	return fmt.Sprintf("labels %s; always %s: %s", strings.Join(counts, ", "), t.Labels[b.Majority], value)
}

// withRank is the ranks with one more, if it is above 0.
func withRank(ranks []int, rank int) []int {
	if rank == 0 || slices.Contains(ranks, rank) {
		return ranks
	}
	ranks = append(slices.Clone(ranks), rank)
	slices.Sort(ranks)
	return ranks
}

// orNaN is the number of a value, NaN if it is undefined.
func orNaN(v evaluate.Value) float64 {
	if f, ok := v.Float(); ok {
		return f
	}
	return math.NaN()
}
