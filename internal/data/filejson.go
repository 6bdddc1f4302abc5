package data

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/suggest"
)

// scanJSON reads one object per line. Texts must be strings; a label may be a number or a
// truth value as well, and is taken as it is spelled. Blank lines are skipped.
func scanJSON(path string, r io.Reader, want []field, row func(place, []string) error) error {
	o := newObject(want)
	return lines(path, r, func(at place, line string) error {
		if blank(line, ",") {
			return nil
		}
		d := jsontext.NewDecoder(strings.NewReader(line))
		if err := o.read(d, at); err != nil {
			return err
		}
		if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
			return at.wrong("more than one JSON object")
		}
		if err := o.complete(at); err != nil {
			return err
		}
		return row(at, o.values)
	})
}

// object is the wanted members of one.
type object struct {
	want   []field
	values []string
	seen   []bool
	keys   []string // of the object, for messages
}

func newObject(want []field) *object {
	return &object{want: want, values: make([]string, len(want)), seen: make([]bool, len(want))}
}

// mostKeys bounds the keys that a message lists.
const mostKeys = 50

// complete refuses an object that lacks a wanted key.
func (o *object) complete(at place) error {
	if i := slices.Index(o.seen, false); i >= 0 {
		return o.want[i].missing(at.wrong("no key %q; there are: %s%s", o.want[i].name, listed(o.keys), suggest.Hint(o.want[i].name, o.keys)))
	}
	return nil
}

// broken returns the fault in the text of an object that is read from its start.
func broken(at place, err error) error {
	var s *jsontext.SyntacticError
	if errors.As(err, &s) && errors.Is(s.Err, io.ErrUnexpectedEOF) {
		return at.wrong("column %d: the line ends within a JSON object, which must be on one line", s.ByteOffset+1)
	}
	if errors.As(err, &s) {
		return at.wrong("column %d: not as JSON should be: %v", s.ByteOffset+1, s.Err)
	}
	return at.wrong("not as JSON should be: %v", err)
}

// read reads an object's members.
func (o *object) read(d *jsontext.Decoder, at place) error {
	clear(o.seen)
	o.keys = o.keys[:0]
	return members(d, at, func(key string, value jsontext.Value) error { return o.take(at, key, value) })
}

// members gives each member of the object that d is before.
func members(d *jsontext.Decoder, at place, member func(key string, value jsontext.Value) error) error {
	if d.PeekKind() != '{' {
		return at.wrong("not a JSON object")
	}
	if _, err := d.ReadToken(); err != nil {
		return broken(at, err)
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return broken(at, err)
		}
		key := name.String()
		value, err := d.ReadValue()
		if err != nil {
			return broken(at, err)
		}
		if err := member(key, value); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return broken(at, err)
	}
	return nil
}

// take keeps a member that is wanted.
func (o *object) take(at place, key string, value jsontext.Value) (err error) {
	if len(o.keys) < mostKeys {
		o.keys = append(o.keys, key)
	}
	for i, w := range o.want {
		if w.name != key {
			continue
		}
		if o.values[i], err = scalar(at, w, value); err != nil {
			return err
		}
		o.seen[i] = true
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
	case kind == '[' && w.single:
		return "", fault.Because(SeveralLabels, at.errorf(w.name, "holds %.40s where a label belongs", v))
	case kind == '0', kind == 't', kind == 'f', kind == '[' && w.list:
		return string(v), nil
	case kind == 'n' && w.list:
		return "", at.errorf(w.name, "holds null where labels belong: write [] for none")
	}
	return "", at.errorf(w.name, "holds %.40s where a label belongs", v)
}
