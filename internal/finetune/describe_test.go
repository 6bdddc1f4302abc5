package finetune

import (
	"reflect"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/settings"
)

// TestBaselineText: label counts and what always the same answer reaches.
func TestBaselineText(t *testing.T) {
	for want, tt := range map[string]struct {
		task     data.Task
		examples []data.Example
	}{
		"labels no 1, yes 3; always yes: accuracy 75.0": {
			data.Task{Labels: []string{"no", "yes"}, Metrics: []string{"accuracy"}}, []data.Example{{Class: 1}, {Class: 0}, {Class: 1}, {Class: 1}}},
		"labels a 1, b 0, c 1; always a: accuracy 50.0": {
			data.Task{Labels: []string{"a", "b", "c"}, Metrics: []string{"accuracy"}}, []data.Example{{Class: 2}, {Class: 0}}},
		"mean score 2.33; always the mean: Pearson undefined": {
			data.Task{Kind: data.Regression, Metrics: []string{"pearson"}}, []data.Example{{Score: 1}, {Score: 2}, {Score: 4}}},
		"mean scores v 2, a 0.5; always the means: MSE 0.625": {
			data.Task{Kind: data.Regression, Labels: []string{"v", "a"}, Metrics: []string{"mse"}}, []data.Example{{Targets: []float32{1, 0}}, {Targets: []float32{3, 1}}}},
		"labels joy 3, fear 1; always joy: micro F1 85.7": {
			data.Task{Kind: data.MultiLabel, Labels: []string{"joy", "fear"}, Metrics: []string{"micro_f1"}}, []data.Example{{Targets: []float32{1, 0}}, {Targets: []float32{1, 1}}, {Targets: []float32{1, 0}}}},
		"labels no 1, yes 1; these shares as probabilities: log loss 0.6931": {
			data.Task{Labels: []string{"no", "yes"}, Metrics: []string{"log_loss"}}, []data.Example{{Class: 1}, {Class: 0}}},
		"labels joy 1, fear 0; these shares as probabilities: ROC-AUC undefined": {
			data.Task{Kind: data.MultiLabel, Labels: []string{"joy", "fear"}, Metrics: []string{"roc_auc"}}, []data.Example{{Targets: []float32{1, 0}}}},
		"labels joy 0, fear 0; always none: micro F1 0.0": {
			data.Task{Kind: data.MultiLabel, Labels: []string{"joy", "fear"}, Metrics: []string{"micro_f1"}}, []data.Example{{Targets: []float32{0, 0}}}},
	} {
		b, err := evaluate.NewBaseline(&tt.task, tt.examples)
		must(t, err)
		if got := baselineText(&tt.task, b); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestDescribe: what a user is told before a training, in this order.
func TestDescribe(t *testing.T) {
	f := newFolder(t)
	must(t, f.prepare(f.settled(alike+"; rank: 2; targets: query; max_eval_examples: 3"), Place{Run: "run"}).Close())
	want := []string{
		"warning: 3 texts are in train and in dev, which then measures what was learnt by heart",
		"warning: 8 texts stand with different labels",
		"run: new run",
		"model bert: 2 layers of 20; adapter: rank 2 on query, 181 trained parameters", // 2 modules of 2·(20+20), a head of 20+1
		"alike.csv train: 24 examples, mean score 2.46; always the mean: Pearson undefined",
		"alike.csv dev: 3 examples, mean score 2.5; always the mean: Pearson undefined",
	}
	if !slices.Equal(*f.notes, want) {
		t.Errorf("told\n%q, want\n%q", *f.notes, want)
	}
}

// TestProvenance: what an adapter remembers of its training.
func TestProvenance(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled(alike+"; rank: 3; r_min: 2; alpha: 6; targets: value,query; sampler: geometric; update: frozen; seed: 9; max_steps: 5; patience: 2; warmup: 0; max_train_examples: 20; best: R"), Place{Run: "run"})
	_, p := f.load("run")
	if p.Version != "test" || p.Task != "alike.csv" || len(p.Labels) != 0 || !p.Regression || p.Model != "bert" || p.Revision != "" || p.HubModel || len(p.ModelHash) != 64 {
		t.Errorf("task and model: %+v", p)
	}
	if p.Rank != 3 || p.RankMax != 3 || p.RankMin != 2 || p.Alpha != 6 || p.CutFrom != 0 || p.Block != 1 || p.Update != "frozen" || p.Seed != 9 ||
		!slices.Equal(p.Targets, []string{"query", "value"}) || p.MaxLength != 26 {
		t.Errorf("adapter: %+v", p)
	}
	if s, err := f.settled("rank: 3; r_min: 2; sampler: geometric").Adapter.NewSampler(); err != nil || p.Sampler != s.String() {
		t.Errorf("sampler %s, %v", p.Sampler, err)
	}
	if p.TextColumn != "first" || p.PairColumn != "second" || p.LabelColumn != "score" || p.InitAdapter+p.InitTask+p.InitHash != "" {
		t.Errorf("columns, start: %+v", p)
	}
	// Settings that are 0 are left out, and those that stand in a field of their own.
	want := map[string]string{
		"batch": "4", "best": "R", "clip": "1", "epochs": "2", "grad_accumulation": "1", "lr": "0.01", "max_steps": "5", "max_train_examples": "20",
		"patience": "2", "precision": "float32", "ranks_per_step": "one", "recipe": "cpu", "weight_decay": "0.01",
	}
	if !reflect.DeepEqual(p.Training, want) {
		t.Errorf("training %v, want %v", p.Training, want)
	}
}

// TestProvenanceColumns: a task of the table has no columns, whatever the settings' defaults
// are, and its labels.
func TestProvenanceColumns(t *testing.T) {
	f := newFolder(t)
	j := f.prepare(f.settled("task: demo; model: "+settings.BuiltIn+"; max_train_examples: 4; max_eval_examples: 4"), Place{})
	p := j.provenance(nil)
	if p.TextColumn+p.PairColumn+p.LabelColumn != "" || p.Task != "demo" || len(p.Labels) < 2 || p.Regression || p.Model != settings.BuiltIn || len(p.Metrics) != 0 {
		t.Errorf("%+v", p)
	}
	if p.MaxLength != j.Encoder.MaxLength || p.ModelHash != j.Encoder.Model.Hash {
		t.Errorf("length %d, hash %s", p.MaxLength, p.ModelHash)
	}
}
