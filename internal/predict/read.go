// Package predict turns texts into labels and scores: rows of text, tables or JSON as they come in, which are
// passed on with their answers, and whole test splits as the files that GLUE's server takes.
package predict

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Text is one thing to predict: a text, or a pair.
type Text struct {
	A string
	B *string // nil in a task of single texts
}

// size is the bytes of a text.
func (t Text) size() int {
	if t.B == nil {
		return len(t.A)
	}
	return len(t.A) + len(*t.B)
}

// Arity is how many texts a row holds.
type Arity int

// Singles and Pairs are what a task takes. Either is where nobody names the task: each row holds one text or two.
const (
	Singles Arity = iota
	Pairs
	Either
)

// Columns are the names that the columns, or keys, of the texts may have: the first that an
// input has counts.
type Columns struct {
	A, B      []string // B for pairs
	Quoting   data.Quoting
	Delimiter string // between columns; "": by the ending of files of the format
}

// usual are the names of columns where nobody names others.
var usual = Columns{A: []string{"text"}, B: []string{"text_pair"}}

// Input says how texts stand in what is read.
type Input struct {
	Name    string // for messages
	Format  Format
	Columns Columns // of formats with named ones; nil A or B: text and text_pair
	Arity   Arity

	Pass     bool     // rows are passed on, so that they are kept
	Convert  bool     // as objects of JSON, whatever they were
	Reserved []string // keys of answers, which an object may have in all rows or in none
}

// Row is a row of an input.
type Row struct {
	Text
	Index     int   // counts the rows from 0, those with an error included
	Err       error // fault.Invalid: why there is no text
	Truncated bool  // the text was longer than the limit and is cut

	Header bool     // the names of the columns: no text
	Raw    []byte   // the row's own bytes, if it is to be passed on and has an end
	End    string   // of the header's line
	Fields []string // of tables, likewise
	Object bool     // Raw is an object of JSON
	Keys   []string // of the first object: those that are reserved
}

// Rows goes through the rows of r, and in front of those of tables the header. A row that cannot be read has Err, which names
// input and line; the error beside it ends the reading. A blank line of plain text is an empty text, so that line n
// of the answers is that of line n; elsewhere it is nothing.
func (in Input) Rows(r io.Reader) iter.Seq2[*Row, error] {
	source, err := in.source()
	if err != nil {
		return func(yield func(*Row, error) bool) { yield(nil, err) }
	}
	return func(yield func(*Row, error) bool) {
		enough, index := errors.New("enough"), 0
		err := source.Records(r, func(x *data.Record) error {
			row := &Row{Text: Text{x.A, x.B}, Err: x.Err, Header: x.Header, Object: x.Object, Keys: x.Keys, End: x.End}
			if !row.Header {
				row.Index = index
				index++
			}
			if in.complete(row, x); !yield(row, nil) {
				return enough
			}
			return in.unique(row)
		})
		if err != nil && !errors.Is(err, enough) {
			yield(nil, err)
		}
	}
}

// source is the input as package data reads it.
func (in Input) source() (data.Source, error) {
	format := data.Format{Ending: endings[in.Format], Quoting: in.Columns.Quoting, Delimiter: in.Columns.Delimiter}
	s := data.Source{Name: in.Name, Format: format, Reserved: in.Reserved}
	if in.Format == Plain {
		return s, nil
	}
	s.A, s.B = in.Columns.A, in.Columns.B
	if s.A == nil {
		s.A = usual.A
	}
	switch {
	case in.Arity == Singles && s.B != nil:
		return s, fault.Usagef("pair_column: %q is a second text, and the task takes one", s.B[0])
	case in.Arity == Singles && in.Format.objects() && slices.Contains(s.A, usual.A[0]):
		s.B, s.MayLack = usual.B, true // a pair is refused
	case in.Arity != Singles && s.B == nil:
		s.B, s.MayLack = usual.B, in.Arity == Either
	}
	return s, nil
}

// complete gives a row what of the record it needs, and refuses the wrong number of texts.
func (in Input) complete(row *Row, x *data.Record) {
	if in.Pass {
		row.Raw, row.Fields = slices.Clone(x.Raw), slices.Clone(x.Fields)
	}
	switch {
	case row.Err != nil:
	case in.Format == Plain:
		text, err := texts(string(x.Raw), in.Arity)
		if row.Text = text; err != nil {
			row.Err = in.invalid(x, err)
		}
	case in.Arity == Singles && row.B != nil:
		row.Err = in.invalid(x, fmt.Errorf("the object has a %q, and the task takes one text", usual.B[0]))
	case in.Convert && row.Fields != nil:
		if i := slices.IndexFunc(row.Fields, func(s string) bool { return !utf8.ValidString(s) }); i >= 0 {
			row.Err, row.Fields = in.invalid(x, fmt.Errorf("column %d is not UTF-8: convert the file", i+1)), nil
		}
	}
}

func (in Input) invalid(x *data.Record, err error) error {
	return fault.Invalidf("%s: line %d: %w", in.Name, x.Line, err)
}

// unique refuses a header that cannot be the keys of an object.
func (in Input) unique(row *Row) error {
	if !row.Header || !in.Convert {
		return nil
	}
	if row.Err != nil {
		return row.Err
	}
	for i, name := range row.Fields {
		if slices.Contains(row.Fields[:i], name) {
			return fault.Invalidf("%s: column %q is there twice, and an object has a key once", in.Name, name)
		}
	}
	return nil
}

// texts takes a plain line apart.
func texts(line string, n Arity) (Text, error) {
	columns := strings.Split(line, "\t")
	switch {
	case n != Singles && len(columns) == 2:
		return Text{columns[0], &columns[1]}, nil
	case n == Pairs:
		return Text{}, fmt.Errorf("%d columns, the task takes two texts with one tab between", len(columns))
	case n == Either && len(columns) != 1:
		return Text{}, fmt.Errorf("%d columns, a line holds one text or two with a tab between", len(columns))
	case len(columns) != 1:
		return Text{}, fmt.Errorf("%d columns, the task takes one text: drop the others, or write JSON lines, where a text may have tabs", len(columns))
	}
	return Text{A: line}, nil
}

// Names are the columns of an input: those that the user names, else those of the adapter's training,
// else the usual ones and those of the task's own files.
func Names(t *data.Task, user, trained Columns) Columns {
	a, b := t.TextColumns()
	c := Columns{A: user.A, B: user.B, Quoting: cmp.Or(user.Quoting, trained.Quoting), Delimiter: cmp.Or(user.Delimiter, trained.Delimiter)}
	if c.A == nil {
		c.A = withOwn(trained.A, usual.A, a)
	}
	if c.B == nil && t.Pair {
		c.B = withOwn(trained.B, usual.B, b)
	}
	return c
}

// withOwn are the names of a text's column in the order in which they count.
func withOwn(trained, usual []string, own string) (names []string) {
	if names = slices.Clone(trained); len(names) == 0 {
		names = slices.Clone(usual)
	}
	if own != "" && !slices.Contains(names, own) {
		names = append(names, own)
	}
	return names
}
