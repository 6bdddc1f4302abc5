package predict

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Printing says how answers are written.
type Printing struct {
	answer.Choice
	Input       Format  // of the rows
	Output      Format  // as OutputFormat gives it
	Columns     Columns // of the input; a table's rows are written as it has them
	Temperature float64 // divides the logits of a classification before probabilities are made of them
	Errors      bool    // rows with an error are answered
}

// Printer writes rows with their answers. Rows of tables and objects are passed on as they stand, their own bytes, and the
// answer stands behind them: columns label and probability; labels and probabilities of a multi-label task; score, or for a
// regression of several outputs a column for each. truncated says whether the text was cut, and error why there is no answer.
// With Choice.Top there are label_2, probability_2 and so on. Where the input has a column of such a name, the answer's has
// predicted_ before it. Plain lines are not passed on; in tables and objects index has their place instead.
// As JSON:
//
//	{"index":0,"label":"positive","probability":0.9,"probabilities":{"negative":0.1,"positive":0.9}}
//	{"index":0,"labels":["joy"],"probabilities":{"joy":0.8,"fear":0.3}}
//	{"index":0,"score":3.2}
//	{"index":0,"scores":[3.2,0.5],"outputs":["valence","arousal"],"truncated":true}
//	{"index":0,"error":"stdin: line 1: not a JSON object"}
//
// index counts the rows from 0. As plain text the columns of the answer stand between tabs, then "truncated" or "error: " and
// what it is; labels of a multi-label task and their probabilities have commas between.
type Printer struct {
	w        *bufio.Writer
	answers  *answers
	printing Printing
	body     body
	line     []byte
}

// body is what an output consists of, by its format.
type body interface {
	header(b []byte, r *Row) ([]byte, error)                // of rows with columns
	row(b []byte, r *Row, x *answer.Answer) ([]byte, error) // x is nil where the row has an error
	end(b []byte) []byte                                    // behind all rows
}

// NewPrinter prints predictions of t to w. Labels of one name, as an id2label may have them, are
// refused: the answer could not tell them apart. So is what of p has no effect for the task.
func NewPrinter(w io.Writer, t *data.Task, p Printing) (*Printer, error) {
	a, err := newAnswers(t, p.Choice, p.Temperature)
	if err != nil {
		return nil, err
	}
	x := &Printer{w: bufio.NewWriterSize(w, 1<<16), answers: a, printing: p}
	switch {
	case p.Output.objects():
		x.body = &objects{answers: a, input: p.Input, array: p.Output == JSON}
	case p.Output.Named():
		x.body, err = newTable(a, p)
	default:
		x.body = plain{a}
	}
	return x, err
}

// Reserved are the keys of answers as JSON, which an object that is passed on may have in every row or in none.
func (p *Printer) Reserved() []string {
	o, ok := p.body.(*objects)
	if !ok {
		return nil
	}
	names := o.names()
	for _, name := range o.names() {
		names = append(names, beside+name)
	}
	return names
}

// Print writes rows with the logits, (texts, outputs), of those that have a text, and lets go of them.
func (p *Printer) Print(rows []*Row, logits []float32) (err error) {
	width := p.answers.Task.Outputs()
	for _, r := range rows {
		p.line = p.line[:0]
		switch {
		case r.Header:
			p.line, err = p.body.header(p.line, r)
		case r.Err != nil:
			p.line, err = p.body.row(p.line, r, nil)
		default:
			p.line, err = p.row(p.line, r, logits[:width])
			logits = logits[width:]
		}
		if err != nil {
			return err
		}
		if _, err := p.w.Write(p.line); err != nil {
			return err
		}
	}
	return p.w.Flush()
}

// row writes a row with the answer that its logits make.
func (p *Printer) row(b []byte, r *Row, logits []float32) ([]byte, error) {
	if err := answer.Finite(logits); err != nil {
		return b, fmt.Errorf("text %d: %w", r.Index+1, err)
	}
	x := p.answers.Of(logits)
	return p.body.row(b, r, &x)
}

// Close writes what stands behind all rows.
func (p *Printer) Close() error {
	if _, err := p.w.Write(p.body.end(nil)); err != nil {
		return err
	}
	return p.w.Flush()
}

// beside begins the name of an answer's column where the input has one of its name.
const beside = "predicted_"

// free are the names of an answer's columns beside those that the input has.
func free(names, taken []string) ([]string, error) {
	list := slices.Clone(names)
	for i, name := range names {
		if slices.Contains(taken, name) {
			list[i] = beside + name
		}
		if slices.Contains(taken, list[i]) {
			return nil, fault.Invalidf("the input has the columns %q and %q: rename one, its place is the answer's", name, list[i])
		}
	}
	return list, nil
}

// oneLine is an error's text without line ends.
func oneLine(err error) string { return strings.Join(strings.FieldsFunc(err.Error(), lineEnd), " ") }

func lineEnd(r rune) bool { return r == '\n' || r == '\r' }
