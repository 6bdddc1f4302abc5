package data

import (
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// The keys of the lines that ReadLines takes.
const (
	KeyA     = "text_a"
	KeyB     = "text_b" // of tasks of two texts
	KeyLabel = "label"  // one of the task's labels, or a number
)

// ReadLines reads a split of a GLUE task from lines of JSON, with the rules of the official
// files. name is the path, for messages; what is not as it should be is an Invalid error.
func (t *Task) ReadLines(name, split string, r io.Reader) ([]Example, error) {
	want := []field{{name: KeyA, text: true}}
	if t.Pair {
		want = append(want, field{name: KeyB, text: true})
	}
	labelled := Labelled(split)
	if labelled {
		want = append(want, field{name: KeyLabel})
	}
	var examples []Example
	err := scanJSON(name, r, want, func(at place, values []string) error {
		e := Example{Index: len(examples), A: strings.Clone(values[0])}
		if t.Pair {
			b := strings.Clone(values[1])
			e.B = &b
		}
		if !t.rough && (strings.TrimSpace(e.A) == "" || e.B != nil && strings.TrimSpace(*e.B) == "") {
			return at.wrong("a text is empty")
		}
		e.unlabel(t)
		if labelled {
			if err := e.label(t, at, values[len(values)-1]); err != nil {
				return err
			}
		}
		examples = append(examples, e)
		return nil
	})
	if err == nil && len(examples) == 0 {
		err = fault.Invalidf("%s has no rows", name)
	}
	return examples, err
}

// label gives an example of a GLUE task the label that a line spells.
func (e *Example) label(t *Task, at place, text string) error {
	if t.Kind == Regression {
		v, err := strconv.ParseFloat(text, 32)
		if e.Score = float32(v); err != nil || !(v >= 0 && v <= 5) {
			return at.errorf(KeyLabel, "is %.40q, not a number from 0 to 5", text)
		}
		return nil
	}
	if e.Class = int32(slices.Index(t.Labels, text)); e.Class < 0 {
		return at.errorf(KeyLabel, "is %.40q, not one of %s", text, strings.Join(t.Labels, ", "))
	}
	return nil
}

// OfficialFile is a split's file in the official GLUE folder: "SST-2/dev.tsv".
func (t *Task) OfficialFile(split string) string {
	folder := t.Folder
	if split == diagnostic {
		folder = diagnostic
	}
	return path.Join(folder, t.fileName(split))
}
