package main

import (
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// ownKeys are the settings that only a task of somebody's own files has.
func ownKeys() []string {
	return []string{"dev_file", "text_column", "pair_column", "label_column", "kind", "quoting"}
}

// newTask is the task that the settings name. Its labels are those given, which an adapter
// remembers, or for nil those of the training file.
func (d dataConfig) newTask(labels []string) (*data.Task, error) {
	if !data.IsFile(d.Task) {
		return data.LookupTask(d.Task)
	}
	kind, err := data.ParseKind(d.Kind)
	if err != nil {
		return nil, err
	}
	quoting, err := data.ParseQuoting(d.Quoting)
	if err != nil {
		return nil, err
	}
	return data.Files{
		Train: d.Task, Dev: d.DevFile, Text: d.TextColumn, Pair: d.PairColumn, Label: d.LabelColumn,
		Kind: kind, Quoting: quoting, Labels: labels,
	}.Task()
}

// taskFaults checks the settings of the task, as {key, what is wrong}. Those of somebody's
// own files are refused where there are none: they would do nothing.
func (d dataConfig) taskFaults() (out [][2]string) {
	rule := func(ok bool, key, text string) {
		if !ok {
			out = append(out, [2]string{key, text})
		}
	}
	known := func(key string, err error) {
		if err != nil {
			rule(false, key, err.Error())
		}
	}
	if !data.IsFile(d.Task) {
		_, err := data.LookupTask(d.Task)
		known("task", err)
		all, defaults := config{Data: d}, defaultConfig()
		before := defaults.settings()
		for i, s := range all.settings() {
			if slices.Contains(ownKeys(), s.key) && s.value.Interface() != before[i].value.Interface() {
				rule(false, s.key, "is for a task of your own files: task is the training file, such as train.csv")
			}
		}
		return out
	}
	_, err := data.ParseKind(d.Kind)
	known("kind", err)
	_, err = data.ParseQuoting(d.Quoting)
	known("quoting", err)
	rule(d.DevFile == "" || data.IsFile(d.DevFile), "dev_file", "want a file that ends in .csv, .tsv or .jsonl")
	rule(d.TextColumn != "", "text_column", "is empty: name the column of the text")
	rule(d.LabelColumn != "", "label_column", "is empty: name the column of the label")
	rule(d.TextColumn != d.LabelColumn, "label_column", "is the text's column")
	rule(d.PairColumn == "" || d.PairColumn != d.TextColumn && d.PairColumn != d.LabelColumn, "pair_column", "is the column of the text or of the label")
	return out
}

// labels are those that the adapter was trained with, nil where its folder does not say or
// the task is not one of somebody's own.
func (o *opened) labels() []string {
	if o.facts == nil || !data.IsFile(o.facts.Task) {
		return nil
	}
	return o.facts.Labels
}

// rememberTask adds to l what f knows of a task of somebody's own.
func rememberTask(l layer, f *adapter.Provenance, file string) {
	if !data.IsFile(f.Task) {
		return
	}
	kind := data.Classification
	if f.Regression {
		kind = data.Regression
	}
	for key, v := range map[string]string{
		"text_column": f.TextColumn, "pair_column": f.PairColumn, "label_column": f.LabelColumn, "kind": kind.String(),
	} {
		if v != "" {
			l.values[key], l.where[key] = v, file
		}
	}
}

// sameTask refuses a task of another nature than the adapter was trained for.
func (s *session) sameTask() error {
	f := s.facts
	if f == nil || f.Task == "" || f.Regression == (s.task.Kind == data.Regression) {
		return nil
	}
	return fault.Invalidf("%s was trained for %s, task %s is a %s: say the task that it was trained on", s.folder, f.Task, s.task.Name, s.task.Kind)
}
