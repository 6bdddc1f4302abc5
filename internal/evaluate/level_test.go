package evaluate

import (
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/seed"
	"github.com/dylora/dylora/internal/statistics"
)

// worlds are the simulated tasks, about as large and as good as dev splits of GLUE.
func worlds() []world {
	two := &data.Task{Name: "two classes", Labels: []string{"0", "1"}, Metrics: []string{"accuracy", "f1", "macro_f1", "matthews"}}
	several := &data.Task{Name: "three labels", Kind: data.MultiLabel, Threshold: 0.5, Labels: []string{"a", "b", "c"}, Metrics: []string{"micro_f1", "macro_f1", "subset_accuracy"}}
	number := &data.Task{Name: "a number", Kind: data.Regression, Metrics: []string{"pearson", "spearman"}}
	mrpc := twofold{positive: 0.68, sensitivity: 0.92, specificity: 0.7, changed: 0.05}
	cola := twofold{positive: 0.69, sensitivity: 0.92, specificity: 0.5, changed: 0.05}
	few := twofold{positive: 0.5, sensitivity: 0.92, specificity: 0.92, changed: 0.01}
	tags := twofold{positive: 0.3, sensitivity: 0.75, specificity: 0.93, changed: 0.05}
	with := func(b twofold, m statistics.Metric) twofold { b.metric = m; return b }
	return []world{
		{"accuracy, 872, 0.5", "accuracy", two, 872, 0.005, 1, with(few, statistics.Accuracy)},
		{"accuracy, 277, 2", "accuracy", two, 277, 0.02, 1, with(mrpc, statistics.Accuracy)},
		{"F1, 408, 0.5", "f1", two, 408, 0.005, 1, with(mrpc, statistics.F1)},
		{"F1, 408, 2", "f1", two, 408, 0.02, 1, with(mrpc, statistics.F1)},
		{"macro F1, 408, 2", "macro_f1", two, 408, 0.02, 1, with(mrpc, statistics.MacroF1)},
		{"Matthews, 1043, 0.5", "matthews", two, 1043, 0.005, 1, with(cola, statistics.Matthews)},
		{"Matthews, 1043, 3", "matthews", two, 1043, 0.03, 1, with(cola, statistics.Matthews)},
		{"micro F1, 400, 2", "micro_f1", several, 400, 0.02, 1, with(tags, func(t *statistics.Tally) float64 {
			return 2 * t.Right[1] / (t.Labels[1] + t.Predictions[1])
		})},
		{"Pearson, 400, 0.5", "pearson", number, 400, 0.005, 1, twofold{}},
		{"Pearson, 400, 1", "pearson", number, 400, 0.01, 1, twofold{}},
		{"Spearman, 400, 1", "spearman", number, 400, 0.01, 1, twofold{}},
		{"accuracy, 408, 2, 3 seeds", "accuracy", two, 408, 0.02, 3, with(mrpc, statistics.Accuracy)},
		{"Matthews, 1043, 3, 5 seeds", "matthews", two, 1043, 0.03, 5, with(cola, statistics.Matthews)},
	}
}

// TestDecisionLevel draws tasks of known truth and counts decisions for a rank that is worse than
// rank 8 by the tolerance: 5 % at most, with what 1 % of all series of as many tasks may have
// more. At the boundary all lower ranks are worse by just the tolerance; inside rank 4 is as good
// as rank 8, and only 2 and 1 are worse by it. DYLORA_SIMULATIONS is the number of tasks, of which
// the row printed with -v tells errors and power; scripts/simulate-decisions makes the table.
func TestDecisionLevel(t *testing.T) {
	tasks, resamples := 20, 200
	if n, err := strconv.Atoi(os.Getenv("DYLORA_SIMULATIONS")); err == nil && n > 0 {
		tasks, resamples = n, 500
	}
	limit := int(0.05*float64(tasks) + 2.33*math.Sqrt(0.05*0.95*float64(tasks)))
	for _, w := range worlds() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			d := w.delta
			var errors, power [2]int
			for i, truths := range [][]float64{{-d, -d, -d}, {0, -d, -d}} {
				for task := range tasks {
					random := seed.NewStream(seed.Key(uint64(task), "world", uint64(i)))
					got, err := Decide(w.task, w.draw(truths, &random), Question{
						Metric: w.metric, Tolerance: d, Confidence: 0.95, Seed: uint64(task), Resamples: resamples,
					})
					if err != nil {
						t.Fatal(err)
					}
					switch {
					case got.Rank > 0 && got.Rank < 4 || got.Rank == 4 && i == 0:
						errors[i]++
					case got.Rank == 4:
						power[i]++
					}
				}
				if errors[i] > limit {
					t.Errorf("%v: %d errors in %d tasks, more than %d", truths, errors[i], tasks, limit)
				}
			}
			share := func(n int) float64 { return 100 * float64(n) / float64(tasks) }
			t.Logf("| %s | %.1f %% | %.1f %% | %.1f %% |", w.name, share(errors[0]), share(errors[1]), share(power[1]+errors[1]))
		})
	}
}
