package tabular

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
)

// narrow is a page of so many columns.
type narrow struct {
	bytes.Buffer
	columns int
}

func (n *narrow) Columns() int { return n.columns }

// A table that is too wide for the terminal becomes paragraphs with all of its cells; elsewhere it stays as it is.
func TestRender(t *testing.T) {
	t.Parallel()
	w := table.NewWriter()
	w.AppendHeader(table.Row{"rank", "accuracy (%)", "what"})
	w.AppendRow(table.Row{1, "50.0", `a text with "quotes", a	tab and more words than a line of the terminal has`})
	w.AppendRow(table.Row{16, "51.5", "short"})
	const paragraphs = `rank          1
accuracy (%)  50.0
what          a text with
              "quotes", a tab
              and more words
              than a line of
              the terminal
              has

rank          16
accuracy (%)  51.5
what          short`
	whole := w.Render()
	for columns, want := range map[int]string{0: whole, 500: whole, 30: paragraphs} {
		got := Render(w, &narrow{columns: columns})
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") {
			t.Errorf("%d columns:\n%s\nwant\n%s", columns, got, want)
		}
		for line := range strings.Lines(got) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); columns > 0 && n > columns {
				t.Errorf("%d columns: %d in %q", columns, n, line)
			}
		}
	}
	const sentence = "Use rank 4: it is not worse than rank 8 by more than half a point.\n\nThe test is exact."
	for columns, want := range map[int]string{
		0: sentence, 80: sentence, 30: "Use rank 4: it is not worse\nthan rank 8 by more than half\na point.\n\nThe test is exact.",
	} {
		if got := Prose(sentence, &narrow{columns: columns}); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
	if got := Render(w, new(bytes.Buffer)); got != whole {
		t.Errorf("a buffer gets\n%s", got)
	}
}
