package data

import (
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// Files is a task in somebody's own files, each with named columns: comma-separated
// (.csv), tab-separated (.tsv), one JSON object per line (.jsonl), or such lines or one
// array of objects (.json), also compressed (.gz, .zst). Blank lines are no rows.
type Files struct {
	Train, Dev        string // a path, or several as Paths reads them; Dev may be ""
	Text, Pair, Label string // names of columns; Pair "" for tasks of one text; Label may name several, see LabelColumns
	Kind              Kind
	Quoting           Quoting
	Delimiter         string   // between the columns of .csv and .tsv files, see ParseDelimiter
	Separator         string   // between the labels of a cell; "": a comma
	Labels            []string // by class, in any order; nil: those of the training file, in order

	held *Held   // rows of the training files that are the dev split; nil: it has files of its own
	seen *[]File // the training files as the labels were found in them; nil: nobody looked
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
	f.seen = new([]File)
	t := &Task{Name: FilesName(f.Train), Kind: f.Kind, Pair: f.Pair != "", files: &f}
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

// read reads the files of a split, and tells which they were.
func (f Files) read(t *Task, split string) ([]Example, []File, error) {
	path, held := f.Train, f.held
	if split == "dev" && f.Dev != "" {
		path, held = f.Dev, nil
	}
	if split == "dev" && f.Dev == "" && held == nil {
		return nil, nil, fault.Because(NoDevFile, fault.Usagef("task %s has no file for %s", t.Name, split))
	}
	target, err := f.target(t)
	if err != nil {
		return nil, nil, err
	}
	want := append(slices.Clone(target.columns), f.texts()...)
	var examples []Example
	files, err := f.rows(path, want, func(at place, values []string) error {
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
	if err != nil || held == nil {
		return examples, files, err
	}
	train, dev, err := held.Divide(t.Name, examples)
	if split == "dev" {
		return dev, files, err
	}
	return train, files, err
}

// paths are the files of a split.
func (f Files) paths(split string) ([]string, error) {
	if split == "dev" && f.Dev != "" {
		return Paths(f.Dev)
	}
	return Paths(f.Train)
}

// texts are the columns of the texts.
func (f Files) texts() []field {
	fields := []field{{name: f.Text, text: true}}
	if f.Pair != "" {
		fields = append(fields, field{name: f.Pair, text: true})
	}
	return fields
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

// rows gives the wanted columns of every row of one file or several, in their order; values are valid during the
// call. It tells which files they were. Training files must be those that the labels were found in.
func (f Files) rows(spec string, want []field, row func(place, []string) error) (files []File, err error) {
	paths, err := Paths(spec)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		file, err := f.fileRows(path, want, row)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if spec != f.Train || f.seen == nil {
		return files, nil
	}
	if before := *f.seen; len(before) > 0 && !slices.Equal(before, files) {
		return nil, fault.Invalidf("%s has changed while it was read", spec)
	}
	*f.seen = files
	return files, nil
}

// fileRows is rows for one file.
func (f Files) fileRows(path string, want []field, row func(place, []string) error) (File, error) {
	file, err := open(path)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	n := 0
	count := func(at place, values []string) error {
		n++
		return row(at, values)
	}
	if err := scanRows(path, file.r, Format{extension(path), f.Quoting, f.Delimiter}, want, count); err != nil {
		return File{}, err
	}
	if n == 0 {
		return File{}, fault.Invalidf("%s has no rows", path)
	}
	return file.done()
}
