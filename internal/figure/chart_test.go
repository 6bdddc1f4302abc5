package figure

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestChart(t *testing.T) {
	got := Chart(sweepOf([]int{1, 2, 4, 16}, 0.5, 0.6, 0.7, 0.7), 40)
	want := `
accuracy (%) by rank

 70 ┤               ╭─●───────────────●
    │              ╭╯
    │             ╭╯
 65 ┤           ╭─╯
    │          ╭╯
    │        ╭─╯
 60 ┤       ╭●
    │      ╭╯
    │    ╭─╯
 55 ┤   ╭╯
    │  ╭╯
    │╭─╯
 50 ┤●
     1       2        4               16
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("chart (-want +got):\n%s\n%s", diff, got)
	}
}

// TestChartFlat: equal values are a flat line on an axis of four points, not nine equal ticks.
func TestChartFlat(t *testing.T) {
	got := Chart(sweepOf([]int{1, 2, 3, 4}, 0.9, 0.9, 0.9, 0.9), 40)
	want := `
accuracy (%) by rank

 92 ┤
    │
    │
 91 ┤
    │
    │
 90 ┤●──────────●──────────●──────────●
    │
    │
 89 ┤
    │
    │
 88 ┤
     1          2          3          4
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("chart (-want +got):\n%s\n%s", diff, got)
	}
}

// TestChartFits: no line is longer than the terminal, no label of the axis occurs twice, each
// rank has its dot, and no size is too small.
func TestChartFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySweep(t)
		columns := rapid.IntRange(-3, 300).Draw(t, "columns")
		c := Chart(s, columns)
		if !strings.HasSuffix(c, "\n") || strings.Contains(c, "NaN") {
			t.Fatalf("%q", c)
		}
		labels := map[string]bool{}
		for line := range strings.Lines(c) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > max(columns, 50) {
				t.Fatalf("%d columns of %d:\n%s", n, columns, c)
			}
			if before, _, ok := strings.Cut(line, "┤"); ok {
				if labels[before] {
					t.Fatalf("%q twice:\n%s", before, c)
				}
				labels[before] = true
			}
		}
	})
}

// TestPrint: table, chart and answer, in this order; of one rank the table alone.
func TestPrint(t *testing.T) {
	var b strings.Builder
	if err := Print(&b, drawn[1].sweep, 60); err != nil {
		t.Fatal(err)
	}
	rest := b.String()
	for _, part := range []string{"vs rank 8", "accuracy (%) by rank", "┤", "Use rank 4"} {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("no %q in its place in\n%s", part, b.String())
		}
		rest = after
	}
	b.Reset()
	if err := Print(&b, sweepOf([]int{4}, 0.5), 60); err != nil || strings.Contains(b.String(), "by rank") {
		t.Errorf("one rank: %v\n%s", err, b.String())
	}
	if err := Print(full{}, drawn[1].sweep, 60); !errors.Is(err, errFull) {
		t.Errorf("to a full disk: %v", err)
	}
}
