package predict

import (
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
)

// plain is an output of lines without columns' names.
type plain struct{ *answers }

func (plain) header(b []byte, _ *Row) ([]byte, error) { return b, nil }
func (plain) end(b []byte) []byte                     { return b }

func (p plain) row(b []byte, r *Row, x *answer.Answer) ([]byte, error) {
	switch {
	case x == nil:
		b = append(b, strings.Repeat("\t", p.columns())...)
		b = append(append(b, "error: "...), strings.ReplaceAll(oneLine(r.Err), "\t", " ")...)
	case p.Task.Kind == data.Regression:
		b = appendFixed(b, x.Scores, '\t')
	case p.Task.Kind == data.MultiLabel:
		b = p.appendHolding(b, x)
	default:
		b = p.appendLabels(b, x)
	}
	if r.Truncated {
		b = append(b, "\ttruncated"...)
	}
	return append(b, '\n'), nil
}

// columns are how many an answer has.
func (p plain) columns() int {
	if p.Task.Kind == data.Regression {
		return p.Task.Outputs()
	}
	return 2 * max(1, p.Choice.Top)
}

// appendLabels writes the label and its probability, and those of the next labels where they are told.
func (p plain) appendLabels(b []byte, x *answer.Answer) []byte {
	for i, label := range x.Ranked(p.Choice) {
		if i > 0 {
			b = append(b, '\t')
		}
		b = append(append(b, unbroken(p.Name(label.Column))...), '\t')
		b = strconv.AppendFloat(b, label.Probability, 'f', 4, 64)
	}
	return b
}

// appendHolding writes the labels that hold, a tab, and their probabilities.
func (p plain) appendHolding(b []byte, x *answer.Answer) []byte {
	var names []string
	var holding []float64
	for _, i := range x.Holding {
		name := unbroken(p.Task.Labels[i])
		if strings.Contains(name, ",") {
			name = strconv.Quote(p.Task.Labels[i])
		}
		names, holding = append(names, name), append(holding, x.Probabilities[i])
	}
	return appendFixed(append(append(b, strings.Join(names, ",")...), '\t'), holding, ',')
}

// unbroken keeps a label from breaking the line.
func unbroken(s string) string {
	if strings.ContainsAny(s, "\t\r\n") {
		return strconv.Quote(s)
	}
	return s
}
