package data

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
)

// Raw is a row of the user's own files as it is written, faults of its label and empty texts included.
type Raw struct {
	Path    string
	Line    int // from 1
	Element int // of a JSON array, from 1; else 0

	A string
	B *string // nil in a task of single texts

	Label  string   // the cell; of several columns the cells with commas between
	Labels []string // what it says: one label, those that hold, or the numbers of a regression; nil where Fault is not ""
	Fault  string   // why the label cannot be read
}

// Raw goes through the rows of the files that spec names. What makes rows unreadable is an error, as in training.
func (f Files) Raw(spec string, each func(Raw) error) ([]File, error) {
	columns, err := LabelColumns(f.Label, f.Kind)
	if err != nil {
		return nil, err
	}
	var want []field
	for _, name := range columns {
		want = append(want, field{name: name, list: f.Kind == MultiLabel && len(columns) == 1, single: f.Kind == Classification})
	}
	f.seen = nil
	return f.rows(spec, append(want, f.texts()...), func(at place, values []string) error {
		r := Raw{Path: at.path, Line: at.line, Element: at.element, A: strings.Clone(values[len(columns)])}
		if f.Pair != "" {
			b := strings.Clone(values[len(columns)+1])
			r.B = &b
		}
		r.Label = strings.Join(values[:len(columns)], ",")
		var err error
		if r.Labels, err = f.says(at, columns, values); err != nil {
			r.Labels, r.Fault = nil, strings.TrimPrefix(err.Error(), at.path+": "+at.row()+": ")
		}
		return each(r)
	})
}

// says is what the label columns of a row say.
func (f Files) says(at place, columns, values []string) (list []string, err error) {
	if f.Kind == MultiLabel && len(columns) == 1 {
		return f.labelList(at, values[0])
	}
	for i, name := range columns {
		value := strings.TrimSpace(values[i])
		if err := present(at, name, value); err != nil {
			return nil, err
		}
		switch f.Kind {
		case MultiLabel:
			var holds float32
			if holds, err = truth(at, name, value); holds == 1 {
				list = append(list, name)
			}
		case Regression:
			_, err = at.number(name, value)
			list = append(list, strings.Clone(value))
		default:
			list = append(list, strings.Clone(value))
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Label is a label by what it counts as: labels whose Key is equal are one, and those whose Look is equal differ by
// nothing but case, blanks, what joins words, and letters that are not seen.
type Label struct{ Key, Look string }

// LabelOf is that of a label's text.
func LabelOf(text string) Label {
	text = strings.TrimSpace(text)
	key, _, _ := keyOf(text)
	l := Label{Key: "text " + key.text}
	switch key.kind {
	case numberLabel:
		l.Key = fmt.Sprintf("number %v %s e%d", key.number.negative, key.number.digits, key.number.exponent)
	case truthLabel:
		l.Key = "truth " + key.text
	}
	seen := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r) || r == '_' || r == '-':
			return ' '
		}
		return r
	}, text)
	l.Look = strings.Join(strings.Fields(cases.Fold().String(seen)), " ")
	if key.kind == numberLabel {
		l.Look = l.Key
	}
	return l
}

// Rows gives examples as rows of unknown place.
func (t *Task) Rows(examples []Example) []Raw {
	rows := make([]Raw, len(examples))
	for i, e := range examples {
		rows[i] = Raw{A: e.A, B: e.B}
		switch {
		case t.Kind == Classification && e.Class >= 0:
			rows[i].Labels = t.Labels[e.Class : e.Class+1]
		case t.Kind == MultiLabel:
			for k, v := range e.Targets {
				if v == 1 {
					rows[i].Labels = append(rows[i].Labels, t.Labels[k])
				}
			}
		case t.Kind == Regression:
			for _, v := range append([]float32{e.Score}[:1-min(1, len(e.Targets))], e.Targets...) {
				rows[i].Labels = append(rows[i].Labels, strconv.FormatFloat(float64(v), 'g', -1, 32))
			}
		}
		rows[i].Label = strings.Join(rows[i].Labels, ",")
	}
	return rows
}
