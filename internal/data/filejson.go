package data

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// scanJSON reads one object per line. Texts must be strings; a label may be a number or a
// truth value as well, and is taken as it is spelled.
func scanJSON(path string, r io.Reader, want []field, row func(place, []string) error) error {
	values, seen := make([]string, len(want)), make([]bool, len(want))
	return lines(path, r, func(at place, line string) error {
		clear(seen)
		d := jsontext.NewDecoder(strings.NewReader(line))
		if err := object(d, at, want, values, seen); err != nil {
			return err
		}
		if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
			return at.wrong("more than one JSON object")
		}
		if i := slices.Index(seen, false); i >= 0 {
			return at.wrong("no key %q", want[i].name)
		}
		return row(at, values)
	})
}

// object reads the wanted members of one.
func object(d *jsontext.Decoder, at place, want []field, values []string, seen []bool) error {
	if d.PeekKind() != '{' {
		return at.wrong("not a JSON object")
	}
	broken := func(err error) error {
		var s *jsontext.SyntacticError
		if errors.As(err, &s) {
			return at.wrong("column %d: not as JSON should be: %v", s.ByteOffset+1, s.Err)
		}
		return at.wrong("not as JSON should be: %v", err)
	}
	if _, err := d.ReadToken(); err != nil {
		return broken(err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return broken(err)
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return broken(err)
		}
		for i, w := range want {
			if w.name != key {
				continue
			}
			if values[i], err = scalar(at, w, value); err != nil {
				return err
			}
			seen[i] = true
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return broken(err)
	}
	return nil
}

// scalar is a value as text.
func scalar(at place, w field, v jsontext.Value) (string, error) {
	switch kind := v.Kind(); {
	case kind == '"':
		b, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return "", at.errorf(w.name, "is not as JSON should be: %v", err)
		}
		return string(b), nil
	case w.text:
		return "", at.errorf(w.name, "holds %.40s where a text belongs", v)
	case kind == '0', kind == 't', kind == 'f':
		return string(v), nil
	}
	return "", at.errorf(w.name, "holds %.40s where a label belongs", v)
}
