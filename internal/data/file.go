package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Files is a task in somebody's own files, each with named columns: comma-separated
// (.csv), tab-separated (.tsv), one JSON object per line (.jsonl), or such lines or one
// array of objects (.json). Blank lines are no rows.
type Files struct {
	Train, Dev        string // paths; Dev may be ""
	Text, Pair, Label string // names of columns; Pair "" for tasks of one text; Label may name several, see LabelColumns
	Kind              Kind
	Quoting           Quoting
	Separator         string   // between the labels of a cell; "": a comma
	Labels            []string // by class, in any order; nil: those of the training file, in order
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

// ParseKind reads "classification", "regression" or "multi-label".
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

// Task is the task that f describes, by the name of its training file. For a
// classification without Labels it reads that file: the labels are those that occur,
// whole numbers in their order, else sorted as text. Numbers are compared by value and truth
// values without regard to case; blanks around a label do not count. Binary tasks are measured by
// accuracy, F1 (of the second label of that order, however the
// head's columns are ordered) and macro F1, others by accuracy and macro F1,
// regressions by Pearson's and Spearman's correlations.
//
// A multi-label task has a column that holds lists, or a column of 1 and 0 for each label.
// A regression may have a column for each of several outputs.
func (f Files) Task() (*Task, error) {
	t := &Task{Name: filepath.Base(f.Train), Kind: f.Kind, Pair: f.Pair != "", files: &f}
	switch f.Kind {
	case Regression:
		return f.regression(t)
	case MultiLabel:
		t.Metrics = []string{"micro_f1", "macro_f1", "subset_accuracy", "mean_average_precision"}
		t.Threshold = 0.5
		if t.Labels = f.Labels; t.Labels != nil {
			return t, nil
		}
		var err error
		t.Labels, err = f.listedLabels()
		return t, err
	}
	if t.Labels = f.Labels; t.Labels == nil {
		var err error
		if t.Labels, err = f.findLabels(); err != nil {
			return nil, err
		}
	}
	t.own = slices.Clone(t.Labels)
	sortLabels(t.own)
	t.Metrics = ownMetrics(len(t.Labels))
	return t, nil
}

// ownMetrics are those of a classification in the user's own files.
func ownMetrics(labels int) []string {
	if labels == 2 {
		return []string{"accuracy", "f1", "macro_f1"}
	}
	return []string{"accuracy", "macro_f1"}
}

// regression completes a regression: of several outputs where the file has a column for each.
func (f Files) regression(t *Task) (*Task, error) {
	columns, err := LabelColumns(f.Label, Regression)
	if err != nil {
		return nil, err
	}
	t.Metrics = []string{"pearson", "spearman"}
	if len(columns) == 1 {
		return t, nil
	}
	t.Metrics = append(t.Metrics, "mse")
	if t.Labels = f.Labels; t.Labels == nil {
		t.Labels = columns
	}
	return t, nil
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
	target, err := f.target(t)
	if err != nil {
		return nil, err
	}
	want := append(slices.Clone(target.columns), field{name: f.Text, text: true})
	if t.Pair {
		want = append(want, field{name: f.Pair, text: true})
	}
	var examples []Example
	err = f.rows(path, want, func(at place, values []string) error {
		e, err := f.example(t, at, values[len(target.columns):])
		if err != nil {
			return err
		}
		if err := target.set(&e, at, values); err != nil {
			return err
		}
		e.Index = len(examples)
		examples = append(examples, e)
		return nil
	})
	return examples, err
}

// example makes one of a row's text and second text.
func (f Files) example(t *Task, at place, texts []string) (e Example, err error) {
	for i, v := range texts {
		if strings.TrimSpace(v) == "" {
			return e, at.errorf([]string{f.Text, f.Pair}[i], "is empty: correct or delete the row")
		}
	}
	e.A = strings.Clone(texts[0])
	if t.Pair {
		b := strings.Clone(texts[1])
		e.B = &b
	}
	return e, nil
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
	if err := scanRows(path, extension(path), file, f.Quoting, want, count); err != nil {
		return err
	}
	if n == 0 {
		return fault.Invalidf("%s has no rows", path)
	}
	return nil
}
