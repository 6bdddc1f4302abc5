package data

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// LabelColumns are the columns that a label column setting names for a kind of task. A
// classification has one, whatever letters its name has. For the other kinds the names stand
// between commas, and a name that has a comma itself in double quotes.
func LabelColumns(spec string, k Kind) ([]string, error) {
	if k == Classification || !strings.ContainsAny(spec, `,"`) {
		return []string{spec}, nil
	}
	r := csv.NewReader(strings.NewReader(spec))
	r.TrimLeadingSpace = true
	names, err := r.Read()
	if err != nil {
		return nil, fault.Usagef("label_column: %q is not a list of columns, a,b,c: %w", spec, err)
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		switch {
		case names[i] == "":
			return nil, fault.Usagef("label_column: %q has a column without a name", spec)
		case slices.Contains(names[:i], names[i]):
			return nil, fault.Usagef("label_column: %q names %q twice", spec, names[i])
		}
	}
	return names, nil
}

// target is how the rows of a task's files say what is to be learnt.
type target struct {
	columns []field
	set     func(e *Example, at place, values []string) error // values are those of columns
}

// target is that of t, whose labels are known.
func (f Files) target(t *Task) (*target, error) {
	columns, err := LabelColumns(f.Label, t.Kind)
	if err != nil {
		return nil, err
	}
	x := &target{}
	for _, name := range columns {
		x.columns = append(x.columns, field{name: name, list: t.Kind == MultiLabel && len(columns) == 1, single: t.Kind == Classification})
	}
	switch {
	case t.Kind == Classification:
		x.set = f.class(t)
	case t.Kind == MultiLabel && len(columns) == 1:
		x.set = f.marked(t)
	case len(columns) == 1:
		x.set = func(e *Example, at place, values []string) (err error) {
			if err = present(at, f.Label, values[0]); err == nil {
				e.Score, err = at.number(f.Label, values[0])
			}
			return err
		}
	default:
		if x.columns, err = f.ordered(t, columns); err != nil {
			return nil, err
		}
		x.set = eachColumn(t.Kind, x.columns)
	}
	return x, nil
}

// present refuses a cell without a label.
func present(at place, column, value string) error {
	if strings.TrimSpace(value) == "" {
		return at.errorf(column, "is empty: every example needs its label")
	}
	return nil
}

// class reads the label of a classification.
func (f Files) class(t *Task) func(*Example, place, []string) error {
	index := newLabelIndex(t.Labels)
	return func(e *Example, at place, values []string) error {
		if err := present(at, f.Label, values[0]); err != nil {
			return err
		}
		if e.Class = index.class(values[0]); e.Class == NoLabel {
			return t.unknown(at, f.Label, values[0])
		}
		return nil
	}
}

// unknown refuses a label that is none of the task's.
func (t *Task) unknown(at place, column, label string) error {
	const shown = 10
	list := strings.Join(t.Labels[:min(shown, len(t.Labels))], ", ")
	if len(t.Labels) > shown {
		list += ", …"
	}
	return at.errorf(column, "is %.40q, which training does not know: its labels are %s", label, list)
}

// ordered are the fields of columns in the order of the task's labels, each of which is the
// name of one; letters match in either case.
func (f Files) ordered(t *Task, columns []string) ([]field, error) {
	var fields []field
	for _, label := range t.Labels {
		i := slices.Index(columns, label)
		if i < 0 {
			i = slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, label) })
		}
		if i >= 0 {
			fields = append(fields, field{name: columns[i]})
		}
	}
	if len(fields) != len(columns) || len(fields) != len(t.Labels) {
		return nil, fault.Usagef("label_column: the columns %s are not the outputs of the task, %s", listed(columns), listed(t.Labels))
	}
	return fields, nil
}

// eachColumn reads a number or a truth value of each column.
func eachColumn(k Kind, columns []field) func(*Example, place, []string) error {
	return func(e *Example, at place, values []string) (err error) {
		e.Targets = make([]float32, len(columns))
		for i, c := range columns {
			if err = present(at, c.name, values[i]); err != nil {
				return err
			}
			if k == MultiLabel {
				e.Targets[i], err = truth(at, c.name, values[i])
			} else {
				e.Targets[i], err = at.number(c.name, values[i])
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// truth is 1 for 1, 1.0 and true, 0 for 0, 0.0 and false.
func truth(at place, column, text string) (float32, error) {
	_, value, valued := keyOf(strings.TrimSpace(text))
	switch {
	case valued && value == decimal{}:
		return 0, nil
	case valued && value == decimal{digits: "1"}:
		return 1, nil
	}
	return 0, at.errorf(column, "is %.40q: where each label has a column, it holds 1 or 0", text)
}
