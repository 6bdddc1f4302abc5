package data

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// objects reads an object per line.
func (x *records) objects(r *bufio.Reader) error {
	l := lineReader{r: r, path: x.Name}
	for {
		at, line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		x.r = Record{Line: at.line, Raw: line, Err: l.long}
		if l.long == nil {
			x.r.Err = x.object(at)
		}
		if err := x.row(&x.r); err != nil {
			return err
		}
	}
}

// element is a row of an array.
func (x *records) element(at place, value jsontext.Value) error {
	x.r = Record{Line: at.line, Raw: value}
	x.r.Err = x.object(at)
	return x.row(&x.r)
}

// chosen is the member that holds a text: the first of its names that is there.
type chosen struct {
	names []string
	place int // in names; len(names): none is there
	value jsontext.Value
}

func (c *chosen) take(key string, value jsontext.Value) {
	if i := slices.Index(c.names[:c.place], key); i >= 0 {
		c.place, c.value = i, append(c.value[:0], value...)
	}
}

// text is the member's; "" where none is there.
func (c *chosen) text(at place) (string, error) {
	if c.place == len(c.names) {
		return "", nil
	}
	return scalar(at, field{name: c.names[c.place], text: true}, c.value)
}

// object reads the object in x.r.Raw.
func (x *records) object(at place) (err error) {
	a, b := chosen{names: x.A, place: len(x.A)}, chosen{names: x.B, place: len(x.B)}
	var reserved []string
	x.d.Reset(bytes.NewReader(x.r.Raw))
	err = members(&x.d, at, func(key string, value jsontext.Value) error {
		a.take(key, value)
		b.take(key, value)
		if slices.Contains(x.Reserved, key) {
			reserved = append(reserved, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := x.d.ReadToken(); !errors.Is(err, io.EOF) {
		return at.wrong("more than one JSON object")
	}
	if err := x.reserve(at, reserved); err != nil {
		return err
	}
	x.r.Object = true
	lacks := b.place == len(b.names) || x.MayLack && b.value.Kind() == 'n'
	switch {
	case a.place == len(a.names):
		return x.lacking(at, a.names[0])
	case lacks && len(b.names) > 0 && !x.MayLack:
		return x.lacking(at, b.names[0])
	}
	if x.r.A, err = a.text(at); err != nil || lacks {
		return err
	}
	text, err := b.text(at)
	x.r.B = &text
	return err
}

// reserve notes the reserved keys of the first object, and refuses others in later ones.
func (x *records) reserve(at place, keys []string) error {
	if x.keys == nil {
		x.keys = append([]string{}, keys...)
		x.r.Keys = x.keys
	}
	for _, key := range keys {
		if !slices.Contains(x.keys, key) {
			return at.wrong("the key %q is that of an answer, and the first object does not have it: give it to all objects or to none", key)
		}
	}
	return nil
}

// lacking refuses an object without a text.
func (x *records) lacking(at place, name string) error {
	var keys []string
	x.d.Reset(bytes.NewReader(x.r.Raw))
	_ = members(&x.d, at, func(key string, _ jsontext.Value) error { // it has been read
		if len(keys) < mostKeys {
			keys = append(keys, key)
		}
		return nil
	})
	return at.wrong("no key %q; there are: %s", name, listed(keys))
}
