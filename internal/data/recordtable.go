package data

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// table reads rows of separated fields behind a header.
func (x *records) table(r *bufio.Reader) error {
	separator, err := x.separator()
	if err != nil {
		return err
	}
	next := x.quoted(r, separator)
	if x.Quoting == QuoteNone || x.Quoting != QuoteCSV && x.Ending == ".tsv" {
		next = x.unquoted(r, separator)
	}
	for {
		at, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		x.r.Line = at.line
		switch {
		case err != nil:
			return err
		case x.places == nil && x.r.Err != nil:
			return x.r.Err
		case x.places == nil:
			err = x.header(at)
		case x.r.Err == nil && len(x.r.Fields) != x.width:
			x.r.Err = at.wrong("%d columns where the header has %d", len(x.r.Fields), x.width)
		case x.r.Err == nil:
			x.take(at)
		}
		if err == nil {
			err = x.row(&x.r)
		}
		if err != nil {
			return err
		}
		x.r = Record{}
	}
}

// header finds the columns of the texts.
func (x *records) header(at place) error {
	x.r.Header, x.width = true, len(x.r.Fields)
	if x.mark {
		x.r.Raw = append([]byte("\ufeff"), x.r.Raw...)
	}
	a, _ := firstThere(x.r.Fields, x.A)
	x.want = []field{{name: a, text: true}}
	if b, there := firstThere(x.r.Fields, x.B); there || x.B != nil && !x.MayLack {
		x.want = append(x.want, field{name: b, text: true})
	}
	var err error
	if x.places, err = columns(at, x.r.Fields, x.want); err != nil {
		return fault.Because(NoTextColumn, err)
	}
	return nil
}

// firstThere is the first of the names that a header has, with or without blanks around it; where
// it has none the first name.
func firstThere(header, names []string) (name string, there bool) {
	for _, name := range names {
		if slices.ContainsFunc(header, func(s string) bool { return s == name || strings.TrimSpace(s) == name }) {
			return name, true
		}
	}
	if len(names) > 0 {
		name = names[0]
	}
	return name, false
}

// take chooses the texts of a row.
func (x *records) take(at place) {
	values := make([]string, len(x.want))
	if x.r.Err = pick(at, x.r.Fields, x.places, x.want, values); x.r.Err != nil {
		return
	}
	x.r.A = strings.Clone(values[0])
	if len(values) > 1 {
		b := strings.Clone(values[1])
		x.r.B = &b
	}
}

// quoted reads records whose fields may stand in quotes into x.r.
func (x *records) quoted(r *bufio.Reader, separator string) func() (place, error) {
	c := &csvReader{r: r, path: x.Name, separator: separator[0], blanks: blanks(separator), kept: &keptLines{}}
	return func() (place, error) {
		fields, err := c.read()
		at := place{path: x.Name, line: c.start}
		x.r.Raw, x.r.End = c.kept.record()
		x.r.Fields = fields
		if err != nil && c.kept.torn {
			x.r = Record{Fields: slices.Clone(c.split()), Err: err} // those before the fault
			c.kept.back(r)
			c.count = c.start
			return at, nil
		}
		return at, err
	}
}

// unquoted reads lines of fields without quoting into x.r.
func (x *records) unquoted(r *bufio.Reader, separator string) func() (place, error) {
	l := lineReader{r: r, path: x.Name}
	return func() (place, error) {
		for {
			at, line, err := l.next()
			if err != nil {
				return at, err
			}
			if l.long == nil && blank(string(line), separator) {
				continue
			}
			x.r.Raw, x.r.End, x.r.Err = line, l.end, l.long
			if l.long == nil {
				x.r.Fields = strings.Split(string(line), separator)
			}
			return at, nil
		}
	}
}
