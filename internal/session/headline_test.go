package session

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// TestHeadline: the metric of the run comes first, one that the user names before it; that of the
// run is told and left where another task does not have it, the user's is refused.
func TestHeadline(t *testing.T) {
	e := reference(t, "roberta")
	run := runFolder(t, ownTask(own(t))+"; metric: f1:so so", adapterOf(t, peft(e)), provenance(t, e))
	s := opened(t, env(t), run, "", Options{Split: "dev"})
	if want := []string{"f1:so so", "accuracy", "macro_f1"}; !slices.Equal(s.Task.Metrics, want) {
		t.Errorf("metrics %v, want %v", s.Task.Metrics, want)
	}
	if s = opened(t, env(t), run, "metric: log-loss", Options{Split: "dev"}); s.Task.Metrics[0] != "log_loss" {
		t.Errorf("metrics %v", s.Task.Metrics)
	}
	around := surround(t)
	s = opened(t, around.Env, run, "task: mnli; labels: contradiction,entailment,neutral", Options{})
	told := slices.DeleteFunc(slices.Clone(around.notes), func(n string) bool { return !strings.Contains(n, `"so so" is not a label of task mnli`) })
	if s.Task.Metrics[0] != "accuracy" || len(told) != 1 || !strings.HasSuffix(told[0], "; the first metric is accuracy") {
		t.Errorf("metrics %v, told %q", s.Task.Metrics, around.notes)
	}
	_, err := open(t, env(t), run, "metric: mse", Options{})
	refused(t, err, fault.Usage, "", `metric: "mse" does not measure task boats.csv`)
	cut := provenance(t, e)
	cut.Training = map[string]string{"metric": "roc_auc"}
	moved := runFolder(t, ownTask(own(t)), adapterOf(t, peft(e)), cut)
	if s = opened(t, env(t), moved, "", Options{}); s.Task.Metrics[0] != "roc_auc" {
		t.Errorf("of dylora.json: %v", s.Task.Metrics)
	}
}

// TestMeasured: a task that cannot be measured as it is asked is refused before its data or the
// weights are read.
func TestMeasured(t *testing.T) {
	e := reference(t, "roberta")
	run := runFolder(t, "task: gone/boats.csv; dev_file: gone/dev.csv; metric: log_loss", adapterOf(t, peft(e)), provenance(t, e))
	never := errors.New("it is never as good")
	_, err := open(t, env(t), run, "", Options{Split: "dev", Measured: func(task *data.Task) error {
		if task.Metrics[0] != "log_loss" || len(task.Labels) != 3 {
			t.Errorf("task %+v", task)
		}
		return never
	}})
	if !errors.Is(err, never) {
		t.Errorf("%v", err)
	}
}

// TestReport: of a split that has been measured, with its texts where they are asked for.
func TestReport(t *testing.T) {
	e := reference(t, "roberta")
	run := runFolder(t, ownTask(own(t)), adapterOf(t, peft(e)), provenance(t, e))
	s := opened(t, env(t), run, "", Options{Split: "dev"})
	results, err := s.Measure(t.Context(), "dev", []int{2})
	must(t, err)
	for _, texts := range []bool{false, true} {
		p, err := s.Report(t.Context(), "dev", &results[0], texts)
		must(t, err)
		support := 0
		for _, c := range p.Classes {
			support += c.Support
		}
		if support != 9 || p.Calibration.Temperature != 1 || len(p.Worst) == 0 {
			t.Errorf("%d examples: %+v", support, p)
		}
		if slices.ContainsFunc(p.Worst, func(m evaluate.Mistake) bool { return (len(m.Texts) > 0) != texts }) {
			t.Errorf("texts %v: %+v", texts, p.Worst)
		}
	}
}
