package evaluate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/statistics"
)

// metric is a way to measure results. The table below has each of them once: whatever depends on
// which metric it is reads it there.
type metric struct {
	name  string
	words string // in a sentence
	scale scale
	kinds []data.Kind // of the tasks that it measures

	of    func(a *answers, label int) Value       // label is that of f1:LABEL, else -1
	tally func(task *data.Task) statistics.Metric // of the metrics of a table of classes; nil: sample has the samples
	test  string                                  // by which ranks are compared; "": the paired bootstrap
	draw  func(all []*answers) *statistics.Sample // of results of the same examples; nil: tally has it
}

// scale says which values a metric has, and how people read them.
type scale int

// The scales.
const (
	fraction    scale = iota // from 0 to 1, shown as per cent
	correlation              // from -1 to 1, shown in hundredths
	loss                     // from 0 up, the less the better, shown as it is
)

const scoreTest, bootstrapTest = "Tango's score test", "paired bootstrap"

// byLabel begins the name of the F1 of one label: "f1:spam".
const byLabel = "f1:"

var (
	oneLabel    = []data.Kind{data.Classification}
	manyLabels  = []data.Kind{data.MultiLabel}
	anyLabels   = []data.Kind{data.Classification, data.MultiLabel}
	regressions = []data.Kind{data.Regression}
)

// metrics are all of them, in the order in which they are listed.
var metrics = []metric{
	{name: "accuracy", words: "accuracy", kinds: oneLabel, of: ofClasses(Accuracy), tally: plain(statistics.Accuracy), test: scoreTest},
	{name: "subset_accuracy", words: "subset accuracy", kinds: manyLabels, of: ofIndicators((*Indicators).SubsetAccuracy), test: scoreTest},
	{name: "f1", words: "F1", kinds: oneLabel, of: ofClasses(F1), tally: plain(statistics.F1)},
	{name: "macro_f1", words: "macro F1", kinds: anyLabels, of: macroF1, tally: macroTally},
	{name: "micro_f1", words: "micro F1", kinds: manyLabels, of: ofIndicators((*Indicators).MicroF1), tally: plain(statistics.MicroF1)},
	{name: "weighted_f1", words: "weighted F1", kinds: anyLabels, of: weightedF1, tally: plain(statistics.WeightedF1)},
	{name: "matthews", words: "Matthews", kinds: oneLabel, scale: correlation, of: ofClasses(Matthews), tally: plain(statistics.Matthews)},
	{name: "roc_auc", words: "ROC-AUC", kinds: anyLabels, of: rocAUC, draw: drawScores((*statistics.Scores).ROCAUC)},
	{name: "average_precision", words: "average precision", kinds: oneLabel, of: averagePrecision, draw: drawScores((*statistics.Scores).AveragePrecision)},
	{name: "mean_average_precision", words: "mean average precision", kinds: manyLabels, of: averagePrecision, draw: drawScores((*statistics.Scores).AveragePrecision)},
	{name: "log_loss", words: "log loss", kinds: anyLabels, scale: loss, of: meanLoss, draw: drawLosses},
	{name: "pearson", words: "Pearson", kinds: regressions, scale: correlation, of: ofNumbers(Pearson), draw: drawNumbers((*statistics.Numbers).Pearson)},
	{name: "spearman", words: "Spearman", kinds: regressions, scale: correlation, of: ofNumbers(Spearman), draw: drawNumbers((*statistics.Numbers).Spearman)},
	{name: "mse", words: "MSE", kinds: regressions, scale: loss, of: meanLoss, draw: drawLosses},
}

// labelF1 is the F1 of one label, whatever the number of labels.
var labelF1 = metric{name: byLabel, words: "F1", kinds: anyLabels, of: f1Of}

// find is the metric of a name, and the label of "f1:LABEL"; nil if there is none.
func find(name string) (m *metric, label string) {
	if of, ok := strings.CutPrefix(name, byLabel); ok && of != "" {
		return &labelF1, of
	}
	if i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name }); i >= 0 {
		return &metrics[i], ""
	}
	return nil, ""
}

// scaleOf is the scale of a metric; that of a name that is not known is a fraction.
func scaleOf(name string) scale {
	if m, _ := find(name); m != nil {
		return m.scale
	}
	return fraction
}

// Name is how a metric is called in a sentence.
func Name(name string) string {
	switch m, label := find(name); {
	case m == nil:
		return name
	case label != "":
		return m.words + " of " + label
	default:
		return m.words
	}
}

// Heading names a metric together with the unit that Text shows it in.
func Heading(name string) string {
	if m, _ := find(name); m == nil {
		return name
	}
	return Name(name) + map[scale]string{fraction: " (%)", correlation: " (×100)"}[scaleOf(name)]
}

// Unit is what a metric is multiplied by where people read it: 100, or 1 for a loss.
func Unit(name string) float64 {
	if scaleOf(name) == loss {
		return 1
	}
	return 100
}

// Larger says whether a larger value of a metric is a better one.
func Larger(name string) bool { return scaleOf(name) != loss }

// Sign is 1, or -1 for a metric of which less is better: with it more is better of all.
func Sign(name string) float64 {
	if Larger(name) {
		return 1
	}
	return -1
}

// OfScores says whether a metric is one of the scores of labels and not of the labels predicted.
func OfScores(name string) bool {
	m, _ := find(name)
	return m != nil && m.draw != nil && !slices.Contains(m.kinds, data.Regression)
}

// Range is the least and the largest value that a metric can have; the latter is +Inf for a loss.
func Range(name string) (least, largest float64) {
	switch scaleOf(name) {
	case correlation:
		return -1, 1
	case loss:
		return 0, math.Inf(1)
	}
	return 0, 1
}

// Known refuses the name of a metric that no task has. It takes any label behind "f1:".
func Known(name string) error {
	if m, _ := find(Canonical(name)); m != nil {
		return nil
	}
	return fault.Usagef("metric: %q is none of %s, f1:LABEL", name, strings.Join(MetricNames(), ", "))
}

// MetricNames are the names of all metrics; the F1 of one label, "f1:LABEL", is not among them.
func MetricNames() (names []string) {
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

// Canonical writes the name of a metric in small letters and with underscores; a label stays as it is.
func Canonical(name string) string {
	name, label, of := strings.Cut(strings.TrimSpace(name), ":")
	name = strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(name))
	if of {
		return name + ":" + strings.TrimSpace(label)
	}
	return name
}

// Available are the names of the metrics of a task; the F1 of one label stands for all labels.
func Available(t *data.Task) (names []string) {
	for _, m := range metrics {
		if m.suits(t) {
			names = append(names, m.name)
		}
	}
	if t.Kind != data.Regression {
		names = append(names, byLabel+"LABEL")
	}
	return names
}

// suits says whether m measures t; F1 without a label is that of the second of two.
func (m *metric) suits(t *data.Task) bool {
	return slices.Contains(m.kinds, t.Kind) && (m.name != "f1" || len(t.Labels) == 2)
}

// WithMetric is the task with a metric as its first, the headline: by it epochs and ranks are
// compared. The others stay behind it. "" is the task as it is. A metric that the task does not
// have is an error of class Usage that lists those that it has.
func WithMetric(t *data.Task, name string) (*data.Task, error) {
	if name == "" {
		return t, nil
	}
	own, err := nameFor(t, name)
	if err != nil {
		return nil, fmt.Errorf("metric: %w", err)
	}
	n := *t
	n.Metrics = append([]string{own}, slices.DeleteFunc(slices.Clone(t.Metrics), func(other string) bool { return other == own })...)
	return &n, nil
}

// AlsoMetric is the task with a metric behind its others, unless it is among them, and the metric's name for the task.
// Errors are those of WithMetric, without the setting's name.
func AlsoMetric(t *data.Task, name string) (*data.Task, string, error) {
	own, err := nameFor(t, name)
	if err != nil || slices.Contains(t.Metrics, own) {
		return t, own, err
	}
	n := *t
	n.Metrics = append(slices.Clone(t.Metrics), own)
	return &n, own, nil
}

// nameFor is the name that a task has a metric by.
func nameFor(t *data.Task, name string) (string, error) {
	if t.Kind == data.MultiLabel { // as scikit-learn calls them
		if other := map[string]string{"accuracy": "subset_accuracy", "average_precision": "mean_average_precision"}[Canonical(name)]; other != "" {
			name = other
		}
	}
	m, label := find(Canonical(name))
	switch {
	case m == nil || !m.suits(t):
		return "", fault.Usagef("%q does not measure task %s, which is a %s: choose one of %s", name, t.Name, t.Kind.Noun(), strings.Join(Available(t), ", "))
	case label == "":
		return m.name, nil
	}
	at := slices.IndexFunc(t.Labels, func(l string) bool { return l == label })
	if at < 0 {
		at = slices.IndexFunc(t.Labels, func(l string) bool { return strings.EqualFold(l, label) })
	}
	if at < 0 {
		return "", fault.Usagef("%q is not a label of task %s: its labels are %s", label, t.Name, data.Listed(t.Labels))
	}
	return byLabel + t.Labels[at], nil
}
