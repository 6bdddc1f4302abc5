package data

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Files is a task in somebody's own files, each with named columns: comma-separated
// (.csv), tab-separated (.tsv), one JSON object per line (.jsonl), or such lines or one
// array of objects (.json). Blank lines are no rows.
type Files struct {
	Train, Dev        string // paths; Dev may be ""
	Text, Pair, Label string // names of columns; Pair "" for tasks of one text
	Kind              Kind
	Quoting           Quoting
	Labels            []string // in class order; nil: those of the training file
}

// Quoting says what a quote means in .csv and .tsv files.
type Quoting string

// QuoteAuto is QuoteCSV for .csv and QuoteNone for .tsv files.
const (
	QuoteAuto Quoting = "auto"
	QuoteCSV  Quoting = "csv"  // as RFC 4180 has it: fields in quotes may hold anything; within others a quote is a letter
	QuoteNone Quoting = "none" // a quote is a letter like any other
)

var quotings = enum.Strings[Quoting]{QuoteAuto, QuoteCSV, QuoteNone}

// ParseQuoting reads "auto", "csv" or "none".
func ParseQuoting(s string) (Quoting, error) {
	q, err := quotings.Parse(s)
	if err != nil {
		return "", fault.Usagef("%w", err)
	}
	return q, nil
}

// ParseKind reads "classification" or "regression".
func ParseKind(s string) (Kind, error) {
	k, err := kindNames.Parse(s)
	if err != nil {
		return 0, fault.Usagef("%w", err)
	}
	return k, nil
}

// FileEndings are the endings of the files that Files takes, for messages.
const FileEndings = ".csv, .tsv, .json or .jsonl"

// IsFile says whether a task's name is that of a file: no task of the table has a dot.
func IsFile(name string) bool {
	return slices.Contains([]string{".csv", ".tsv", ".json", ".jsonl"}, extension(name))
}

func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

const (
	mostLabels    = 1000 // of a classification
	longestLabel  = 200  // bytes
	mostSpellings = 4000 // of labels that are remembered, so that they are parsed once
)

// Task is the task that f describes, by the name of its training file. For a
// classification without Labels it reads that file: the labels are those that occur,
// whole numbers in their order, else sorted as text. Numbers are compared by value and truth
// values without regard to case; blanks around a label do not count. Binary tasks are measured by
// accuracy, F1 (of the second label) and macro F1, others by accuracy and macro F1,
// regressions by Pearson's and Spearman's correlations.
func (f Files) Task() (*Task, error) {
	t := &Task{Name: filepath.Base(f.Train), Kind: f.Kind, Pair: f.Pair != "", files: &f}
	if f.Kind == Regression {
		t.Metrics = []string{"pearson", "spearman"}
		return t, nil
	}
	if t.Labels = f.Labels; t.Labels == nil {
		var err error
		if t.Labels, err = f.findLabels(); err != nil {
			return nil, err
		}
	}
	t.Metrics = []string{"accuracy", "macro_f1"}
	if len(t.Labels) == 2 {
		t.Metrics = []string{"accuracy", "f1", "macro_f1"}
	}
	return t, nil
}

// findLabels reads the training file's column of labels.
func (f Files) findLabels() ([]string, error) {
	found, known := newLabelSet(), map[string]bool{}
	err := f.rows(f.Train, []field{{name: f.Label}}, func(at place, values []string) error {
		label := strings.TrimSpace(values[0])
		if known[label] {
			return nil
		}
		switch {
		case label == "":
			return at.errorf(f.Label, "is empty: every example of training needs its label")
		case len(label) > longestLabel:
			return fault.Because(LongLabel, at.errorf(f.Label, "has %d bytes, no label is so long", len(label)))
		}
		if rival := found.add(at, label); rival != nil {
			return at.errorf(f.Label, "is %.40q, but %s has %.40q: write them alike if they are one label, and as words if not", label, rival.at.row(), rival.text)
		}
		if len(found.found) > mostLabels {
			return fault.Because(ManyLabels, at.errorf(f.Label, "is the label %.40q, one more than %d different ones", label, mostLabels))
		}
		if len(known) < mostSpellings {
			known[strings.Clone(label)] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	labels := found.names()
	if len(labels) == 1 {
		return nil, fault.Invalidf("%s: column %q holds %.40q in every row: there is nothing to learn", f.Train, f.Label, labels[0])
	}
	return labels, nil
}

// sortLabels orders whole numbers by value and anything else as text.
func sortLabels(labels []string) {
	whole := !slices.ContainsFunc(labels, func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err != nil })
	slices.SortFunc(labels, func(a, b string) int {
		if !whole {
			return cmp.Compare(a, b)
		}
		x, _ := strconv.ParseInt(a, 10, 64) // checked above
		y, _ := strconv.ParseInt(b, 10, 64)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b)) // 1 and +1 and 01 stay apart
	})
}

// read reads the file of a split.
func (f Files) read(t *Task, split string) ([]Example, error) {
	path := f.Train
	if split == "dev" {
		path = f.Dev
	}
	if path == "" {
		return nil, fault.Because(NoDevFile, fault.Usagef("task %s has no file for %s", t.Name, split))
	}
	want := []field{{name: f.Label}, {name: f.Text, text: true}}
	if t.Pair {
		want = append(want, field{name: f.Pair, text: true})
	}
	var examples []Example
	index := newLabelIndex(t.Labels)
	err := f.rows(path, want, func(at place, values []string) error {
		e, err := f.example(t, index, at, values)
		if err != nil {
			return err
		}
		e.Index = len(examples)
		examples = append(examples, e)
		return nil
	})
	return examples, err
}

// example makes one of a row's label, text and second text.
func (f Files) example(t *Task, index *labelIndex, at place, values []string) (e Example, err error) {
	for i, v := range values[1:] {
		if strings.TrimSpace(v) == "" {
			return e, at.errorf([]string{f.Text, f.Pair}[i], "is empty: correct or delete the row")
		}
	}
	e.A = strings.Clone(values[1])
	if t.Pair {
		b := strings.Clone(values[2])
		e.B = &b
	}
	label := values[0]
	if strings.TrimSpace(label) == "" {
		return e, at.errorf(f.Label, "is empty: every example needs its label")
	}
	if t.Kind == Regression {
		e.Score, err = at.number(f.Label, label)
		return e, err
	}
	if e.Class = index.class(label); e.Class != NoLabel {
		return e, nil
	}
	const shown = 10
	list := strings.Join(t.Labels[:min(shown, len(t.Labels))], ", ")
	if len(t.Labels) > shown {
		list += ", …"
	}
	return e, at.errorf(f.Label, "is %.40q, which training does not know: its labels are %s", label, list)
}

// rows gives the wanted columns of every row, in their order; values are valid during the call.
func (f Files) rows(path string, want []field, row func(place, []string) error) error {
	if !IsFile(path) {
		return fault.Usagef("%s: want a file that ends in %s", path, FileEndings)
	}
	file, err := os.Open(path)
	if err != nil {
		return fault.Invalidf("cannot read %s: %w", path, reason(err))
	}
	defer file.Close()
	if !isFile(path) {
		return fault.Invalidf("%s is not a file", path)
	}
	n := 0
	count := func(at place, values []string) error {
		n++
		return row(at, values)
	}
	if err := scanRows(path, file, f.Quoting, want, count); err != nil {
		return err
	}
	if n == 0 {
		return fault.Invalidf("%s has no rows", path)
	}
	return nil
}
