package data

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// scanAnyJSON reads what files that end in .json hold: one array of objects, or one object
// per line. Which of them it is, the first letter says.
func scanAnyJSON(path string, r *bufio.Reader, want []field, row func(place, []string) error) error {
	isArray, whole := beginsArray(r)
	if isArray {
		return scanArray(path, whole, want, row)
	}
	return scanJSON(path, whole, want, row)
}

// beginsArray says whether the first letter that is no blank opens an array, and gives all of r.
func beginsArray(r *bufio.Reader) (bool, io.Reader) {
	var start []byte
	for len(start) < maxLine {
		b, err := r.ReadByte()
		if err != nil {
			break // whoever reads on meets it again
		}
		if start = append(start, b); bytes.IndexByte([]byte(" \t\r\n"), b) < 0 {
			break
		}
	}
	return bytes.HasSuffix(start, []byte("[")), io.MultiReader(bytes.NewReader(start), r)
}

// scanArray reads an array of objects, one at a time.
func scanArray(path string, r io.Reader, want []field, row func(place, []string) error) error {
	o := newObject(want)
	return elements(path, r, func(at place, value jsontext.Value) error {
		if err := o.read(jsontext.NewDecoder(bytes.NewReader(value)), at); err != nil {
			return err
		}
		if err := o.complete(at); err != nil {
			return err
		}
		return row(at, o.values)
	})
}

// elements gives those of an array, one at a time. Each may take as many bytes as a line
// of the other formats.
func elements(path string, r io.Reader, element func(place, jsontext.Value) error) error {
	a := &array{path: path, bound: &bounded{r: r, left: maxLine}}
	a.lines.r = a.bound
	d := jsontext.NewDecoder(&a.lines)
	if _, err := d.ReadToken(); err != nil {
		return a.broken(err, 0)
	}
	for n := 1; ; n++ {
		a.bound.left = maxLine
		if d.PeekKind() == ']' {
			break
		}
		value, err := d.ReadValue()
		if err != nil {
			return a.broken(err, n)
		}
		line, _ := a.lines.position(d.InputOffset() - int64(len(value)))
		if err := element(place{path: path, line: line, element: n}, value); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return a.broken(err, 0)
	}
	a.bound.left = maxLine
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		line, _ := a.lines.position(d.InputOffset())
		return place{path: path, line: line}.wrong("the file goes on after its array")
	}
	return nil
}

// array is the state of reading one.
type array struct {
	path  string
	bound *bounded
	lines lineCounter
}

// broken returns the error that ended the reading, at an element or, for 0, between them.
func (a *array) broken(err error, element int) error {
	at := place{path: a.path, line: a.lines.line + 1, element: element}
	var s *jsontext.SyntacticError
	switch {
	case errors.Is(err, errTooLong):
		return at.wrong("longer than %d bytes", maxLine)
	case errors.As(err, &s):
		var column int64
		at.line, column = a.lines.position(s.ByteOffset)
		return at.wrong("column %d: not as JSON should be: %v", column, s.Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return at.wrong("the file ends before its array does")
	}
	return fault.Invalidf("cannot read %s: %w", a.path, reason(errors.Unwrap(err)))
}

// lineCounter finds the line of a byte in what is read through it. It remembers line ends
// from the last position that was asked for on.
type lineCounter struct {
	r     io.Reader
	read  int64   // bytes
	line  int     // complete lines before the last position
	start int64   // offset of that line
	ends  []int64 // offsets of the line ends after it
}

// Read reads and notes where lines end.
func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// position is the line and column of a byte, both from 1, by its offset. Offsets must not
// decrease from call to call.
func (l *lineCounter) position(offset int64) (line int, column int64) {
	for len(l.ends) > 0 && l.ends[0] < offset {
		l.line, l.start, l.ends = l.line+1, l.ends[0]+1, l.ends[1:]
	}
	return l.line + 1, max(1, offset-l.start+1)
}
