// Package tabular writes tables that fit the terminal.
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
	page, ok := w.(interface{ Columns() int })
	if !ok || page.Columns() <= 0 || text.LongestLineLen(rendered) <= page.Columns() {
		return rendered
	}
	// Cells with tabs, quotes or line ends are quoted, as in CSV.
	r := csv.NewReader(strings.NewReader(t.RenderTSV()))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		return rendered
	}
	return paragraphs(rows[0], rows[1:], page.Columns())
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
