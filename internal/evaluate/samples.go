package evaluate

import (
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/statistics"
)

// tests names by metric what decides about it.
func testOf(metric string) string {
	switch metric {
	case "accuracy", "subset_accuracy":
		return "Tango's score test"
	case "f1", "macro_f1", "micro_f1", "matthews", "pearson", "spearman":
		return "paired bootstrap"
	}
	return ""
}

// sampleOf is the sample of results of the same examples, a system each, for a metric of
// testOf.
func sampleOf(t *data.Task, metric string, results ...*Result) (*statistics.Sample, error) {
	first := results[0]
	if t.Kind == data.Regression {
		n := &statistics.Numbers{Outputs: first.Outputs, Labels: widen(first.Scores)}
		for _, r := range results {
			n.Systems = append(n.Systems, widen(r.Logits))
		}
		if metric == "spearman" {
			return n.Spearman(), nil
		}
		return n.Pearson(), nil
	}
	known := map[string]statistics.Metric{
		"accuracy": statistics.Accuracy, "f1": statistics.F1, "macro_f1": statistics.MacroF1, "matthews": statistics.Matthews,
	}
	table := &statistics.Table{Classes: len(t.Labels)}
	if t.Kind == data.MultiLabel {
		known = map[string]statistics.Metric{"micro_f1": statistics.MicroF1, "macro_f1": statistics.MeanF1}
		table.Labels = listsOf(holding(first.Scores), first.Outputs)
		for _, r := range results {
			table.Systems = append(table.Systems, listsOf(Holding(r.Logits, t.Threshold), r.Outputs))
		}
	} else {
		table.Labels = statistics.One(t.OwnClasses(first.Classes))
		for _, r := range results {
			table.Systems = append(table.Systems, statistics.One(t.OwnClasses(r.Predictions())))
		}
	}
	of, ok := known[metric]
	if !ok {
		return nil, fault.Usagef("metric %s: there is no bootstrap of it for a %s", metric, t.Kind.Noun())
	}
	return table.Sample(of), nil
}

// listsOf gives of rows of a width the columns that hold.
func listsOf(holds []bool, width int) [][]int32 {
	lists := make([][]int32, len(holds)/width)
	for i, h := range holds {
		if h {
			lists[i/width] = append(lists[i/width], int32(i%width))
		}
	}
	return lists
}

// rightOf says of each example whether r is right about it, for a metric that is a share of
// right answers.
func rightOf(t *data.Task, r *Result) []bool {
	right := make([]bool, r.Len())
	if t.Kind != data.MultiLabel {
		for i, p := range r.Predictions() {
			right[i] = p == r.Classes[i]
		}
		return right
	}
	truth, predicted := holding(r.Scores), Holding(r.Logits, t.Threshold)
	for i := range right {
		right[i] = true
		for j := i * r.Outputs; j < (i+1)*r.Outputs; j++ {
			right[i] = right[i] && truth[j] == predicted[j]
		}
	}
	return right
}
