package figure

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/evaluate"
)

// runOf is a run with accuracies at ranks 1, 2, 4, ….
func runOf(name string, values ...float64) Run {
	r := Run{Name: name}
	for i, v := range values {
		r.Ranks = append(r.Ranks, evaluate.RankReport{Rank: 1 << i, Value: evaluate.Number(v)})
	}
	return r
}

// TestRunsChart: each value is its run's letter, equal ones are a star, and dots lead from one to the next.
func TestRunsChart(t *testing.T) {
	f := Runs("dev", "accuracy", []Run{runOf("A low", 0.70, 0.75, 0.80), runOf("B high", 0.80, 0.85, 0.80)})
	chart := f.Chart(60)
	lines := strings.Split(chart, "\n")
	if !strings.HasPrefix(lines[0], "accuracy (%) by rank") || strings.Count(chart, "A") != 2 || strings.Count(chart, "B") != 2 || strings.Count(chart, "*") != 1 || !strings.Contains(chart, "...") {
		t.Errorf("\n%s", chart)
	}
	for _, l := range lines {
		for _, c := range l {
			if c > '~' {
				t.Errorf("%q is not ASCII", l)
				break
			}
		}
	}
	if axis := strings.Fields(lines[len(lines)-2]); !slices.Equal(axis, []string{"1", "2", "4"}) {
		t.Errorf("axis %v", axis)
	}
}

// TestRunsChartOfPoints: runs of a rank each have no chart, and undefined values are left out.
func TestRunsChartOfPoints(t *testing.T) {
	if chart := Runs("dev", "accuracy", []Run{runOf("a", 0.5), runOf("b", 0.6)}).Chart(80); chart != "" {
		t.Errorf("\n%s", chart)
	}
	undefined := Run{Name: "c", Ranks: []evaluate.RankReport{{Rank: 1}, {Rank: 2, Value: evaluate.Number(0.5)}, {Rank: 4, Value: evaluate.Number(0.6)}}}
	if chart := Runs("dev", "matthews", []Run{undefined}).Chart(80); strings.Count(chart, "A") != 2 {
		t.Errorf("\n%s", chart)
	}
}

// TestRunsChartWidth: whatever the values are, nothing panics and no line is wider than the terminal.
func TestRunsChartWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(24, 140).Draw(t, "columns")
		var runs []Run
		for range rapid.IntRange(1, MaxMarks).Draw(t, "runs") {
			runs = append(runs, runOf("run", rapid.SliceOfN(rapid.Float64Range(-1, 1), 1, 6).Draw(t, "values")...))
		}
		for l := range strings.Lines(Runs("dev", "matthews", runs).Chart(columns)) {
			if n := len(strings.TrimRight(l, "\n")); n > columns+8 {
				t.Fatalf("%d characters in %d columns: %q", n, columns, l)
			}
		}
	})
}

func TestRunNames(t *testing.T) {
	for _, tt := range []struct{ paths, want []string }{
		{[]string{"runs/a", "runs/b/"}, []string{"a", "b"}},
		{[]string{"x/seed-1", "y/seed-1"}, []string{"x/seed-1", "y/seed-1"}},
	} {
		if got := RunNames(tt.paths); !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, want %v", tt.paths, got, tt.want)
		}
	}
}
