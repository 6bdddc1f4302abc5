package evaluate

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/dylora/dylora/internal/tabular"
)

// widestConfusion is how many labels a confusion matrix for people has at most.
const widestConfusion = 12

// WriteText writes the report for people.
func (p *Report) WriteText(w io.Writer) error {
	var parts []string
	if len(p.Classes) > 0 {
		parts = append(parts, tabular.Render(p.classTable(), w))
	}
	if n := len(p.Confusion); n > 0 && n <= widestConfusion {
		parts = append(parts, "Confusion matrix: a row for each label, a column for each prediction.\n"+tabular.Render(p.confusionTable(), w))
	} else if len(p.Confused) > 0 {
		lines := []string{"Most frequent wrong answers:"}
		for _, c := range p.Confused {
			lines = append(lines, fmt.Sprintf("%6s  %s taken for %s", Grouped(c.Examples), c.Label, c.Prediction))
		}
		parts = append(parts, strings.Join(lines, "\n"))
	}
	for _, d := range p.Outputs {
		parts = append(parts, d.String())
	}
	if c := p.Calibration; c != nil {
		parts = append(parts, c.String()+"\n"+tabular.Render(c.table(), w))
	}
	parts = append(parts, p.worstText())
	_, err := fmt.Fprintf(w, "\n%s\n", tabular.Prose(strings.Join(parts, "\n\n"), w))
	return err
}

func (p *Report) classTable() table.Writer {
	t := numberTable(table.Row{"label", "precision (%)", "recall (%)", "F1 (%)", "examples", "predicted"})
	row := func(name string, s ClassScores) {
		t.AppendRow(table.Row{name, hundred(s.Precision), hundred(s.Recall), hundred(s.F1), Grouped(s.Support), Grouped(s.Predicted)})
	}
	for _, s := range p.Classes {
		row(s.Label, s)
	}
	t.AppendSeparator()
	row("mean over labels", *p.Macro)
	row("weighted by examples", *p.Weighted)
	return t
}

func (p *Report) confusionTable() table.Writer {
	header := table.Row{"label"}
	for _, s := range p.Classes {
		header = append(header, s.Label)
	}
	t := numberTable(header)
	for label, counts := range p.Confusion {
		row := table.Row{p.Classes[label].Label}
		for _, n := range counts {
			row = append(row, Grouped(n))
		}
		t.AppendRow(row)
	}
	return t
}

// numberTable is a table of numbers behind a name.
func numberTable(header table.Row) table.Writer {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.AppendHeader(header)
	var columns []table.ColumnConfig
	for i := 2; i <= len(header); i++ {
		columns = append(columns, table.ColumnConfig{Number: i, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

func hundred(share float64) string { return Text("accuracy", Number(share)) }

// String is the calibration in a sentence.
func (r *Reliability) String() string {
	s := fmt.Sprintf("Calibration: mean confidence %s %%, right %s %%; expected calibration error (ECE) %s %%, largest of a bin %s %%.",
		hundred(r.Confidence), hundred(r.Right), hundred(r.ECE), hundred(r.Largest))
	if r.Temperature != 1 {
		s += fmt.Sprintf(" Logits are divided by the adapter's temperature, %.4g.", r.Temperature)
	}
	return s
}

func (r *Reliability) table() table.Writer {
	t := numberTable(table.Row{"confidence (%)", "answers", "mean confidence (%)", "right (%)"})
	for _, b := range r.Bins {
		t.AppendRow(table.Row{hundred(b.Low) + "–" + hundred(b.High), Grouped(b.Answers), hundred(b.Confidence), hundred(b.Right)})
	}
	return t
}

// worstText lists the worst examples, one a line and each of their texts, quoted, below.
func (p *Report) worstText() string {
	if len(p.Worst) == 0 {
		return "No example is answered wrongly."
	}
	lines := []string{"Wrong answers with the largest losses, by the example's place in the split from 0:"}
	for _, m := range p.Worst {
		lines = append(lines, fmt.Sprintf("%6d  label %s, answer %s, loss %.3g", m.Index, m.Label, m.Answer, m.Loss))
		for _, text := range m.Texts {
			lines = append(lines, fmt.Sprintf("        %q", text))
		}
	}
	return strings.Join(lines, "\n")
}
