package statistics

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/dylora/dylora/internal/seed"
)

// TestLevel compares bootstrap tests on data of a known truth: how often each says that the
// first system is not worse by the margin, where it is worse by just the margin (an error, in
// 5 % of the cases at most) and where both are equally good (its power). DYLORA_SIMULATIONS is
// the number of simulated tasks of each row, printed with -v.
func TestLevel(t *testing.T) {
	tasks, resamples := 20, 200
	if n, err := strconv.Atoi(os.Getenv("DYLORA_SIMULATIONS")); err == nil && n > 0 {
		tasks, resamples = n, 500
	}
	methods := []string{"percentile", "basic", "BCa", "normal"}
	t.Logf("%-34s %s", "", methods)
	for _, row := range []struct {
		name   string
		n      int
		margin float64
		of     func(truth float64) population
	}{
		{"F1, 277, 2 points", 277, 0.02, func(d float64) population { return newCells(F1, 0.5, 0.8, 0.7, 0.1, d) }},
		{"F1, 408, 0.5 points", 408, 0.005, func(d float64) population { return newCells(F1, 0.68, 0.92, 0.7, 0.05, d) }},
		{"F1, 1000, 2 points, few differ", 1000, 0.02, func(d float64) population { return newCells(F1, 0.68, 0.92, 0.7, 0.0, d) }},
		{"Matthews, 277, 5 points", 277, 0.05, func(d float64) population { return newCells(Matthews, 0.7, 0.9, 0.5, 0.1, d) }},
		{"Matthews, 1043, 0.5 points", 1043, 0.005, func(d float64) population { return newCells(Matthews, 0.7, 0.9, 0.4, 0.05, d) }},
		{"Matthews, 1043, 2 points, few differ", 1043, 0.02, func(d float64) population { return newCells(Matthews, 0.7, 0.9, 0.4, 0.0, d) }},
		{"macro F1, 400, 2 points", 400, 0.02, func(d float64) population { return newCells(MacroF1, 0.2, 0.6, 0.95, 0.1, d) }},
		{"micro F1, 400, 2 points", 400, 0.02, func(d float64) population { return newCells(MicroF1, 0.3, 0.7, 0.9, 0.1, d) }},
		{"Pearson, 200, 2 points", 200, 0.02, func(d float64) population { return newCurve(0.85, d, false, false) }},
		{"Pearson, 500, 0.5 points", 500, 0.005, func(d float64) population { return newCurve(0.85, d, false, false) }},
		{"Pearson, 400, 1 point, tails", 400, 0.01, func(d float64) population { return newCurve(0.85, d, false, true) }},
		{"Spearman, 200, 2 points", 200, 0.02, func(d float64) population { return newCurve(0.85, d, true, false) }},
		{"Spearman, 500, 0.5 points", 500, 0.005, func(d float64) population { return newCurve(0.85, d, true, false) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, plain := range []bool{true, false} {
				_, numbers := row.of(0).(*curve)
				if numbers && !plain {
					continue // there are no cells to smooth
				}
				line := ""
				for _, truth := range []float64{-row.margin, 0} {
					if truth == 0 && row.of(0).truth() < -1e-9 {
						continue
					}
					yes := make([]int, len(methods))
					for task := range tasks {
						random := seed.NewStream(seed.Key(uint64(task), "task", 0))
						s := row.of(truth).sample(row.n, &random)
						d := Bootstrap{Resamples: resamples, Seed: uint64(task), Plain: plain}.Run(s, Difference)
						for i, p := range []float64{d.Percentile(-row.margin), d.Basic(-row.margin), d.BCa(-row.margin), d.Normal(-row.margin)} {
							if p <= 0.05 {
								yes[i]++
							}
						}
					}
					if used := !plain || numbers; used && truth < 0 && float64(yes[0]) > 0.05*float64(tasks)+2.33*math.Sqrt(0.05*0.95*float64(tasks)) {
						t.Errorf("percentile: %d errors in %d tasks", yes[0], tasks)
					}
					line += fmt.Sprintf("   truth %+.3f:", truth)
					for _, y := range yes {
						line += fmt.Sprintf(" %5.1f %%", 100*float64(y)/float64(tasks))
					}
				}
				t.Logf("%-38s plain %-5v %s", row.name, plain, line)
			}
		})
	}
}
