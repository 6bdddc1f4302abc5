// Package tabular writes tables and sentences that fit the terminal.
package tabular

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Render is a table as text for w. Where w says how many columns its lines have, by a method Columns, and the table is wider, each
// row becomes a paragraph with a line for each of its cells, so that nothing is cut and nothing wraps in the middle of a row.
func Render(t table.Writer, w io.Writer) string {
	rendered := t.Render()
	columns := columnsOf(w)
	if columns <= 0 || text.LongestLineLen(rendered) <= columns {
		return rendered
	}
	// Cells with tabs, quotes or line ends are quoted, as in CSV.
	r := csv.NewReader(strings.NewReader(t.RenderTSV()))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		return rendered
	}
	return paragraphs(rows[0], rows[1:], columns)
}

// Prose is text whose lines are sentences, broken at blanks where w says how many columns its lines have, as in Render.
func Prose(s string, w io.Writer) string {
	columns := columnsOf(w)
	if columns <= 0 {
		return s
	}
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if text.StringWidth(line) <= columns {
			lines = append(lines, line)
			continue
		}
		for part := range strings.SplitSeq(text.WrapSoft(line, columns), "\n") {
			lines = append(lines, strings.TrimRight(part, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// columnsOf is how many columns the lines of w have; 0 where it does not say.
func columnsOf(w io.Writer) int {
	if page, ok := w.(interface{ Columns() int }); ok {
		return page.Columns()
	}
	return 0
}

// paragraphs are rows, a line per cell: the heading, and the cell beside it, or below it if there is no room.
func paragraphs(header []string, rows [][]string, columns int) string {
	widest := 0
	for _, h := range header {
		widest = max(widest, text.StringWidth(h))
	}
	var b strings.Builder
	for i, row := range rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		for j, cell := range row {
			heading := ""
			if j < len(header) {
				heading = header[j]
			}
			lines := strings.Split(text.WrapSoft(cell, max(columns-widest-2, 10)), "\n")
			for k, line := range lines {
				if k > 0 {
					heading = ""
				}
				fmt.Fprintf(&b, "%s  %s\n", text.Pad(heading, widest, ' '), strings.TrimRight(line, " "))
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
