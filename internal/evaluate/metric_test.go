package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// randomCase is one of testdata/metrics.json, which scripts/make-metrics writes.
type randomCase struct {
	Kind    string
	Outputs int
	Labels  []float64
	Logits  []float32
	Metrics map[string]Value
}

// result is the case as an evaluation has it, and its task, whose labels are "0", "1", ….
func (c *randomCase) result() (*data.Task, *Result) {
	t := &data.Task{Name: c.Kind, Threshold: 0.5}
	for i := range c.Outputs {
		t.Labels = append(t.Labels, strconv.Itoa(i))
	}
	r := &Result{Outputs: c.Outputs, Logits: c.Logits, Index: make([]int, len(c.Logits)/c.Outputs)}
	switch c.Kind {
	case "regression":
		t.Kind, r.Scores = data.Regression, floats(c.Labels)
	case "multilabel":
		t.Kind, r.Scores = data.MultiLabel, floats(c.Labels)
	default:
		r.Classes = narrow(c.Labels)
	}
	return t, r
}

func randomCases(t *testing.T) []randomCase {
	var file struct{ Cases []randomCase }
	b, err := os.ReadFile(filepath.Join("testdata", "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// TestRandomMetrics: equal to scikit-learn and scipy on 200 random cases, undefined ones included,
// and so are the values of the samples that ranks are compared by.
func TestRandomMetrics(t *testing.T) {
	seen, undefined, worst := map[string]int{}, 0, 0.0
	cases := randomCases(t)
	for i, c := range cases {
		task, r := c.result()
		for name, want := range c.Metrics {
			got, err := answersOf(task, r).value(name)
			if err != nil {
				t.Fatalf("case %d: %v", i, err)
			}
			off, ok := distance(got, want)
			if !ok || off > 1e-12 {
				t.Errorf("case %d (%s): %s is %v, want %v", i, c.Kind, name, got, want)
			}
			sample, err := sampleOf(task, name, r, r)
			if err != nil {
				t.Fatalf("case %d: %v", i, err)
			}
			for _, v := range sample.Values() {
				if off, ok := distance(Number(v), want); !ok || off > 1e-12 {
					t.Errorf("case %d (%s): the sample's %s is %v, want %v", i, c.Kind, name, v, want)
				}
			}
			kind, _, _ := strings.Cut(name, ":")
			seen[kind]++
			worst = max(worst, off)
			if _, ok := want.Float(); !ok {
				undefined++
			}
		}
	}
	if len(cases) != 200 || len(seen) != len(metrics) || undefined < 20 {
		t.Errorf("%d cases, metrics %v, %d undefined values", len(cases), seen, undefined)
	}
	t.Logf("%d values, %d undefined, largest relative difference %.1e", len(seen), undefined, worst)
}

// tied says whether two classes of an example have the largest logit: of these a prediction is the
// one with the lower column.
func tied(r *Result) bool {
	for i := range r.Len() {
		row := slices.Sorted(slices.Values(r.Row(i)))
		if n := len(row); row[n-1] == row[n-2] {
			return true
		}
	}
	return false
}

// TestColumnOrder: no metric depends on the order of the head's columns, to the bit.
func TestColumnOrder(t *testing.T) {
	for i, c := range randomCases(t) {
		task, r := c.result()
		if task.Kind != data.Classification || tied(r) {
			continue
		}
		names := slices.Clone(task.Labels)
		slices.Reverse(names)
		turned, ok := task.Columns(names, "")
		if !ok {
			t.Fatal("the labels in another order are not the task's")
		}
		other := &Result{Outputs: r.Outputs, Index: r.Index}
		for e := range r.Len() {
			row := slices.Clone(r.Row(e))
			slices.Reverse(row)
			other.Logits = append(other.Logits, row...)
			other.Classes = append(other.Classes, int32(r.Outputs-1)-r.Classes[e])
		}
		for name := range c.Metrics {
			a, _ := answersOf(task, r).value(name)
			b, err := answersOf(turned, other).value(name)
			if a != b {
				t.Errorf("case %d: %s is %v, with the columns turned %v, %v", i, name, a, b, err)
			}
		}
	}
}

// TestOrdering: no strictly increasing function of the scores changes what depends on their order
// alone, and turned scores give 1 less the area.
func TestOrdering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "n")
		holds := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "holds")
		scores, grown, turned := make([]float64, n), make([]float64, n), make([]float64, n)
		for i, s := range rapid.SliceOfN(rapid.IntRange(-9, 9), n, n).Draw(t, "scores") {
			scores[i], grown[i], turned[i] = float64(s), math.Exp(float64(s)), -float64(s)
		}
		auc, ok := ROCAUC(holds, scores).Float()
		if one := !slices.Contains(holds, true) || !slices.Contains(holds, false); one == ok {
			t.Errorf("defined: %v, of one kind: %v", ok, one)
		}
		if ROCAUC(holds, grown) != ROCAUC(holds, scores) || AveragePrecision(holds, grown) != AveragePrecision(holds, scores) {
			t.Error("an increasing function of the scores makes a difference")
		}
		if other := ROCAUC(holds, turned); ok && !near(other, 1-auc) {
			t.Errorf("area %v, of turned scores %v", auc, other)
		}
	})
}

func TestWithMetric(t *testing.T) {
	two := &data.Task{Name: "two", Labels: []string{"ham", "Spam"}, Metrics: []string{"accuracy", "f1"}}
	three := &data.Task{Name: "three", Labels: []string{"a", "b", "c:d"}, Metrics: []string{"accuracy"}}
	for _, tt := range []struct {
		task *data.Task
		name string
		want string // the metrics, or a part of the error
	}{
		{two, "", "accuracy f1"},
		{two, "accuracy", "accuracy f1"},
		{two, "f1", "f1 accuracy"},
		{two, "ROC-AUC", "roc_auc accuracy f1"},
		{two, " log loss ", "log_loss accuracy f1"},
		{two, "f1:spam", "f1:Spam accuracy f1"},
		{two, "f1:eggs", `metric: "eggs" is not a label of task two: its labels are "ham", "Spam"`},
		{two, "pearson", "does not measure task two, which is a classification: choose one of accuracy, f1, macro_f1, weighted_f1, matthews, roc_auc, average_precision, log_loss, f1:LABEL"},
		{two, "bleu", "does not measure"},
		{two, "f1:", "does not measure"},
		{three, "f1", "choose one of accuracy, macro_f1, weighted_f1,"},
		{three, "F1:c:d", "f1:c:d accuracy"},
		{feelings, "accuracy", "subset_accuracy micro_f1 macro_f1 mean_average_precision"},
		{feelings, "average-precision", "mean_average_precision micro_f1 macro_f1 subset_accuracy"},
		{feelings, "f1:joy", "f1:joy micro_f1 macro_f1 subset_accuracy mean_average_precision"},
		{feelings, "matthews", "is a multi-label task"},
		{moods, "mse", "mse pearson spearman"},
		{moods, "f1:valence", "is a regression: choose one of pearson, spearman, mse"},
	} {
		before := slices.Clone(tt.task.Metrics)
		got, err := WithMetric(tt.task, tt.name)
		switch {
		case err != nil && (!strings.Contains(err.Error(), tt.want) || fault.ClassOf(err) != fault.Usage):
			t.Errorf("%s of %s: %v", tt.name, tt.task.Name, err)
		case err == nil && strings.Join(got.Metrics, " ") != tt.want:
			t.Errorf("%s of %s: %v, want %s", tt.name, tt.task.Name, got.Metrics, tt.want)
		}
		if !slices.Equal(tt.task.Metrics, before) {
			t.Errorf("%s has changed the task", tt.name)
		}
	}
}

// TestKnown: a name is known if some task has the metric.
func TestKnown(t *testing.T) {
	for _, m := range metrics {
		if err := Known(m.name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"F1:a label", "roc-auc", "Macro F1"} {
		if err := Known(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "bleu", "f1:", "accuracy:x", "mse "} {
		if err := Known(name); (err == nil) != (name == "mse ") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestMetricWords(t *testing.T) {
	for _, tt := range []struct {
		metric, name, heading string
		unit, sign, least     float64
		largest               float64
	}{
		{"roc_auc", "ROC-AUC", "ROC-AUC (%)", 100, 1, 0, 1},
		{"f1:a_b", "F1 of a_b", "F1 of a_b (%)", 100, 1, 0, 1},
		{"log_loss", "log loss", "log loss", 1, -1, 0, math.Inf(1)},
		{"mean_average_precision", "mean average precision", "mean average precision (%)", 100, 1, 0, 1},
		{"mse", "MSE", "MSE", 1, -1, 0, math.Inf(1)},
		{"matthews", "Matthews", "Matthews (×100)", 100, 1, -1, 1},
		{"of another version", "of another version", "of another version", 100, 1, 0, 1},
	} {
		if want := slices.Contains([]string{"roc_auc", "log_loss", "mean_average_precision"}, tt.metric); OfScores(tt.metric) != want {
			t.Errorf("%s is of scores: %v", tt.metric, !want)
		}
		least, largest := Range(tt.metric)
		if Name(tt.metric) != tt.name || Heading(tt.metric) != tt.heading || Unit(tt.metric) != tt.unit || Sign(tt.metric) != tt.sign || least != tt.least || largest != tt.largest {
			t.Errorf("%s: %q, %q, %v, %v, %v to %v", tt.metric, Name(tt.metric), Heading(tt.metric), Unit(tt.metric), Sign(tt.metric), least, largest)
		}
	}
}
