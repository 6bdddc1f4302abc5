package data

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// defaultSeparator stands between labels where the user names no other.
const defaultSeparator = ","

// otherSeparators are letters that a label which a training file brings does not have, as
// long as the user names no separator: they would be separators that were missed.
const otherSeparators = ";|"

// labelList takes a cell of several labels apart. It is a JSON array where it begins with a
// bracket, else texts between separators. An empty cell has no label.
func (f Files) labelList(at place, text string) ([]string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case text[0] == '[':
		return f.labelArray(at, text)
	}
	separator := f.Separator
	if separator == "" {
		separator = defaultSeparator
	}
	list := strings.Split(text, separator)
	for i, label := range list {
		if list[i] = strings.TrimSpace(label); list[i] == "" {
			return nil, at.errorf(f.Label, "is %.40q: there is no label before or behind a %q", text, separator)
		}
	}
	return list, nil
}

// labelArray reads a JSON array of texts, numbers and truth values.
func (f Files) labelArray(at place, text string) (list []string, err error) {
	d := jsontext.NewDecoder(strings.NewReader(text))
	wrong := func(err error) error {
		return at.errorf(f.Label, "is %.40q: it begins as a JSON array of labels and is none: %v", text, err)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, wrong(err)
	}
	for d.PeekKind() != ']' {
		value, err := d.ReadValue()
		if err != nil {
			return nil, wrong(err)
		}
		label, err := scalar(at, field{name: f.Label}, value)
		if err != nil {
			return nil, err
		}
		if label = strings.TrimSpace(label); label == "" {
			return nil, at.errorf(f.Label, "is %.40q: a label in it is empty", text)
		}
		list = append(list, label)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, wrong(err)
	}
	if rest := strings.TrimSpace(text[d.InputOffset():]); rest != "" {
		return nil, at.errorf(f.Label, "is %.40q: more follows its JSON array of labels", text)
	}
	return list, nil
}

// marked reads a column of lists: 1 for each label of a row's. Rows that are spelled alike
// share their targets: with a thousand labels these take more memory than the texts.
func (f Files) marked(t *Task) func(*Example, place, []string) error {
	index, known := newLabelIndex(t.Labels), map[string][]float32{}
	return func(e *Example, at place, values []string) error {
		if targets, ok := known[values[0]]; ok {
			e.Targets = targets
			return nil
		}
		list, err := f.labelList(at, values[0])
		if err != nil {
			return err
		}
		e.Targets = make([]float32, len(t.Labels))
		for _, label := range list {
			class := index.class(label)
			if class == NoLabel {
				return t.unknown(at, f.Label, label)
			}
			e.Targets[class] = 1
		}
		if len(known) < mostSpellings {
			known[strings.Clone(values[0])] = e.Targets
		}
		return nil
	}
}

// listedLabels are the labels of a multi-label task's training file: the names of its
// columns, or what occurs in its column of lists, in the order of a classification's.
func (f Files) listedLabels() ([]string, error) {
	columns, err := LabelColumns(f.Label, MultiLabel)
	if err != nil || len(columns) > 1 {
		return columns, err
	}
	found, always := newLabels(f), true
	_, err = f.rows(f.Train, []field{{name: columns[0], list: true}}, func(at place, values []string) error {
		list, err := f.labelList(at, values[0])
		if err != nil {
			return err
		}
		for _, label := range list {
			if i := strings.IndexAny(label, otherSeparators); i >= 0 && f.Separator == "" {
				return fault.Because(UnclearSeparator, at.errorf(f.Label, "holds %.40q, where %q may stand between labels or in a label", label, label[i:i+1]))
			}
			if err := found.add(at, label); err != nil {
				return err
			}
		}
		always = always && len(list) > 0
		return nil
	})
	if err != nil {
		return nil, err
	}
	labels := found.names()
	switch {
	case len(labels) == 0:
		return nil, fault.Invalidf("%s: column %q holds no label in any row: there is nothing to learn", f.Train, f.Label)
	case len(labels) == 1 && always:
		return nil, fault.Invalidf("%s: column %q holds %.40q in every row: there is nothing to learn", f.Train, f.Label, labels[0])
	}
	return slices.Clip(labels), nil
}
