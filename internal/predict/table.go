package predict

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// table is an output of rows with separators.
type table struct {
	*answers
	separator string
	quotes    bool // fields may stand in quotes
	passes    bool // rows of the input's own stand in front
	errors    bool // there is a column of errors

	width  int    // columns of the input
	ending string // of a line
	begun  bool
	cells  []string
}

func newTable(a *answers, p Printing) (*table, error) {
	separator, err := data.ParseDelimiter(p.Columns.Delimiter)
	if err != nil {
		return nil, fault.Usagef("delimiter: %w", err)
	}
	quoting := p.Columns.Quoting
	t := &table{answers: a, separator: cmp.Or(separator, ","), quotes: quoting != data.QuoteNone, passes: p.Input != Plain, errors: p.Errors, ending: "\n"}
	if p.Output == TSV {
		t.separator, t.quotes = cmp.Or(separator, "\t"), quoting == data.QuoteCSV
	}
	if t.quotes {
		return t, nil
	}
	if a.Task.Kind == data.MultiLabel && t.separator == "," {
		return nil, fault.Invalidf("several labels cannot stand in a field without quotes: write objects of JSON, or say that fields may be quoted")
	}
	for _, label := range append(slices.Clone(a.Task.Labels), a.Choice.Unsure) {
		if strings.ContainsAny(label, t.separator+"\r\n") {
			return nil, fault.Invalidf("the label %.80q cannot stand in a table without quotes: write objects of JSON, or say that fields may be quoted", label)
		}
	}
	return t, nil
}

// names are the columns of an answer.
func (t *table) names() (names []string) {
	if !t.passes {
		names = []string{"index"}
	}
	switch {
	case t.Task.Kind == data.MultiLabel:
		names = append(names, "labels", "probabilities")
	case t.Task.Kind == data.Classification:
		names = append(names, "label", "probability")
		for i := 2; i <= t.Choice.Top; i++ {
			names = append(names, fmt.Sprintf("label_%d", i), fmt.Sprintf("probability_%d", i))
		}
	case t.Task.Outputs() > 1:
		names = append(names, t.Task.Labels...)
	default:
		names = append(names, "score")
	}
	if names = append(names, "truncated"); t.errors {
		names = append(names, "error")
	}
	return names
}

func (t *table) header(b []byte, r *Row) ([]byte, error) {
	taken := make([]string, len(r.Fields))
	for i, name := range r.Fields {
		taken[i] = strings.TrimSpace(name)
	}
	names, err := free(t.names(), taken)
	if t.width, t.begun = len(r.Fields), true; r.End == "\r\n" {
		t.ending = r.End
	}
	return t.line(append(b, r.Raw...), names), err
}

// line ends a line with an answer's cells, behind what stands in it.
func (t *table) line(b []byte, cells []string) []byte {
	for i, cell := range cells {
		if i > 0 || t.width > 0 {
			b = append(b, t.separator...)
		}
		b = t.appendCell(b, cell)
	}
	return append(b, t.ending...)
}

// appendCell writes a field as Python's csv.writer does, or without quotes.
func (t *table) appendCell(b []byte, s string) []byte {
	if !t.quotes || !strings.ContainsAny(s, t.separator+"\"\r\n") {
		return append(b, s...)
	}
	b = append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}

func (t *table) end(b []byte) []byte {
	if !t.begun && !t.passes { // no line came in
		return t.line(b, t.names())
	}
	return b
}

func (t *table) row(b []byte, r *Row, x *answer.Answer) ([]byte, error) {
	if !t.begun {
		t.begun = true
		b = t.line(b, t.names())
	}
	t.cells = t.cells[:0]
	if !t.passes {
		t.cells = append(t.cells, strconv.Itoa(r.Index))
	}
	b = t.passed(b, r)
	if x == nil {
		for len(t.cells) < len(t.names())-1 {
			t.cells = append(t.cells, "")
		}
		return t.line(b, append(t.cells, t.unquotable(oneLine(r.Err)))), nil
	}
	switch t.Task.Kind {
	case data.Regression:
		for _, v := range x.Scores {
			t.cells = append(t.cells, shortest(float64(v)))
		}
	case data.MultiLabel:
		t.hold(x)
	default:
		for _, label := range x.Ranked(t.Choice) {
			t.cells = append(t.cells, t.Name(label.Column), shortest(label.Probability))
		}
	}
	t.cells = append(t.cells, strconv.FormatBool(r.Truncated))
	if t.errors {
		t.cells = append(t.cells, "")
	}
	return t.line(b, t.cells), nil
}

// passed writes the row's own fields: as they stand, and of a row that is not as it should be those
// that it has, as far as the header goes.
func (t *table) passed(b []byte, r *Row) []byte {
	if len(r.Fields) == t.width && r.Raw != nil {
		return append(b, r.Raw...)
	}
	for i := range t.width {
		if i > 0 {
			b = append(b, t.separator...)
		}
		if i < len(r.Fields) {
			b = t.appendCell(b, r.Fields[i])
		}
	}
	return b
}

// hold adds the labels that hold and their probabilities, with commas between as training reads them; where a comma is in a
// label they are an array of JSON.
func (t *table) hold(x *answer.Answer) {
	names, probabilities := []string{}, []string{}
	for _, i := range x.Holding {
		names, probabilities = append(names, t.Task.Labels[i]), append(probabilities, shortest(x.Probabilities[i]))
	}
	list := strings.Join(names, ",")
	if strings.Count(list, ",") >= max(1, len(names)) || strings.HasPrefix(list, "[") {
		b, _ := json.Marshal(names) // texts are always values
		list = string(b)
	}
	t.cells = append(t.cells, list, strings.Join(probabilities, ","))
}

// unquotable takes out of a cell what would break a row without quotes.
func (t *table) unquotable(s string) string {
	if t.quotes {
		return s
	}
	return strings.ReplaceAll(s, t.separator, " ")
}

// shortest is a number as the digits that read back as the same float32.
func shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 32) }
