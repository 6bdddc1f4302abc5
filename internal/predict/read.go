// Package predict turns texts into labels and scores: lines or JSON as they come in, and
// whole test splits as the files that GLUE's server takes.
package predict

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// Text is one thing to predict: a text, or a pair.
type Text struct {
	A string
	B *string // nil in a task of single texts
}

// Format is how texts are written down.
type Format int

// The formats of Read, and those of files with named columns.
const (
	Lines Format = iota // a text, or two with a tab between, per line
	JSONL               // an object per line: text, and text_pair for the second
	CSV                 // comma-separated, with a header
	TSV                 // tab-separated, with a header
	JSON                // an array of objects, or an object per line
)

var formatNames = enum.Names[Format]{"lines", "jsonl", "csv", "tsv", "json"}

// ParseFormat reads "lines", "jsonl", "csv", "tsv" or "json".
func ParseFormat(name string) (Format, error) {
	f, err := formatNames.Parse(name)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return f, nil
}

// maxLine bounds a line's bytes: no model reads a thousandth of it.
const maxLine = 1 << 20

// Read goes through the texts of r, one per line, of the kind that a task needs: pairs or
// single texts. Errors name the input and the line and end it; what comes before is good.
// An empty line is an empty text, so that line n of the output answers line n; between objects
// it is nothing.
func Read(r io.Reader, name string, f Format, pair bool) iter.Seq2[Text, error] {
	if pair {
		return read(r, name, f, pairs)
	}
	return read(r, name, f, singles)
}

// ReadAny is Read for a task that nobody names: each line holds one text or a pair.
func ReadAny(r io.Reader, name string, f Format) iter.Seq2[Text, error] {
	return read(r, name, f, either)
}

// arity is how many texts a line holds.
type arity int

const (
	singles arity = iota
	pairs
	either
)

func read(r io.Reader, name string, f Format, n arity) iter.Seq2[Text, error] {
	parse := line
	if f == JSONL {
		parse = object
	}
	return func(yield func(Text, error) bool) {
		sc := bufio.NewScanner(r)
		sc.Buffer(nil, maxLine)
		at := 0
		for sc.Scan() {
			text := sc.Text()
			if at++; at == 1 {
				if err := lfs.Check(name, sc.Bytes()); err != nil {
					yield(Text{}, err)
					return
				}
				text = strings.TrimPrefix(text, "\ufeff")
			}
			if f == JSONL && strings.TrimSpace(text) == "" {
				continue // as in every reader of JSON lines
			}
			t, err := parse(text, n)
			if err != nil {
				yield(Text{}, fault.Invalidf("%s: line %d: %w", name, at, err))
				return
			}
			if !yield(t, nil) {
				return
			}
		}
		switch err := sc.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield(Text{}, fault.Invalidf("%s: line %d: longer than %d bytes: put one text on a line", name, at+1, maxLine))
		case err != nil:
			yield(Text{}, fault.Invalidf("cannot read %s: %w", name, err))
		}
	}
}

// line takes a plain line apart.
func line(s string, n arity) (Text, error) {
	if !utf8.ValidString(s) {
		return Text{}, errors.New("the text is not UTF-8: convert the input")
	}
	columns := strings.Split(s, "\t")
	switch {
	case n != singles && len(columns) == 2:
		return Text{columns[0], &columns[1]}, nil
	case n == pairs:
		return Text{}, fmt.Errorf("%d columns, the task takes two texts with one tab between", len(columns))
	case n == either && len(columns) != 1:
		return Text{}, fmt.Errorf("%d columns, a line holds one text or two with a tab between", len(columns))
	case len(columns) != 1:
		return Text{}, fmt.Errorf("%d columns, the task takes one text: drop the others, or write JSON lines, where a text may have tabs", len(columns))
	}
	return Text{A: s}, nil
}

// object reads {"text": …, "text_pair": …}; other members mean nothing here.
func object(s string, n arity) (Text, error) {
	var o struct {
		Text *string `json:"text"`
		Pair *string `json:"text_pair"`
	}
	if err := json.Unmarshal([]byte(s), &o); err != nil {
		return Text{}, fmt.Errorf("no JSON object with text: %s", strings.Join(strings.Fields(err.Error()), " "))
	}
	switch {
	case o.Text == nil:
		return Text{}, errors.New(`the object has no "text"`)
	case n == pairs && o.Pair == nil:
		return Text{}, errors.New(`the object has no "text_pair", and the task takes two texts`)
	case n == singles && o.Pair != nil:
		return Text{}, errors.New(`the object has a "text_pair", and the task takes one text`)
	}
	return Text{*o.Text, o.Pair}, nil
}
