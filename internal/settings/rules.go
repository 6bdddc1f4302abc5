package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/track"
)

// broken checks what can be checked without reading a file: the bounds of the tags, and the
// small languages of single settings, which other packages read.
func (s *Settings) broken() []schema.Fault {
	faults := schema.Check(s)
	rule := func(key string, err error) {
		if err != nil {
			faults = append(faults, schema.Fault{Key: key, What: withoutKey(key, err)})
		}
	}
	sound := func(keys ...string) bool {
		return !slices.ContainsFunc(faults, func(f schema.Fault) bool { return slices.Contains(keys, f.Key) })
	}
	a := s.Adapter
	if sound("rank", "r_min") && a.RMin > a.Rank {
		rule("r_min", fmt.Errorf("%d is above rank %d", a.RMin, a.Rank))
	}
	faults = append(faults, s.Data.broken()...)
	rule("recipe", recipeKnown(s.Data.Recipe))
	_, err := a.TargetList()
	rule("targets", err)
	if sound("rank", "r_min", "block") {
		_, err = a.NewSampler()
		rule("sampler", err)
	}
	if sound("rank") {
		_, err = s.EvalRanks()
		rule("eval_ranks", err)
		best, err := s.best()
		rule("best", err)
		if best.Last() && s.Train.Loop.Patience > 0 {
			rule("patience", errors.New("stops by which epoch is the best, and best last takes the last: set patience 0, or best mean"))
		}
	}
	_, err = data.ParseClassWeights(s.Train.ClassWeights)
	rule("class_weights", err)
	if task, unknown := data.LookupTask(s.Data.Task); unknown == nil && task.Kind == data.Regression && s.Train.ClassWeights != "" {
		rule("class_weights", fmt.Errorf("is for a task of labels, and task %s is a %s", task.Name, task.Kind.Noun()))
	}
	rule("kernel", kernelKnown(s.Machine.Kernel))
	if s.Machine.Track != "" && s.Machine.Track != track.MLflow {
		rule("track", fmt.Errorf("%q is no server that is known: want %s, or nothing", s.Machine.Track, track.MLflow))
	}
	return faults
}

// withoutKey is the text of an error that may name the key itself.
func withoutKey(key string, err error) string { return strings.TrimPrefix(err.Error(), key+": ") }

// kernelKnown refuses a name that no machine could honour; whether this one can is decided
// when the kernels are set up.
func kernelKnown(name string) error {
	if kernel.Known(name) {
		return nil
	}
	_, err := kernel.New(name, 1)
	return err
}

// broken checks the settings of the task. Those of the user's own files are refused where
// there are none: they would do nothing.
func (d Data) broken() (faults []schema.Fault) {
	rule := func(ok bool, key, what string) {
		if !ok {
			faults = append(faults, schema.Fault{Key: key, What: what})
		}
	}
	if d.Metric != "" {
		if err := evaluate.Known(d.Metric); err != nil {
			rule(false, "metric", withoutKey("metric", err))
		}
	}
	stated, err := data.ParseLabels(d.Labels)
	if err != nil {
		rule(false, "labels", err.Error())
	}
	if !data.IsFile(d.Task) {
		if t, err := data.LookupTask(d.Task); err == nil && len(stated) > 0 {
			rule(t.Kind == data.Classification, "labels", "is for a classification, and task "+t.Name+" is a "+t.Kind.String())
		}
		if _, err := data.LookupTask(d.Task); err != nil {
			rule(false, "task", withoutKey("task", err))
		}
		defaults := schema.Fields(&Defaults().Data)
		for i, f := range schema.Fields(&d) {
			if f.In(schema.Files) && f.Value.Interface() != defaults[i].Value.Interface() {
				rule(false, f.Key, "is for a task of your own files: task is the training file, such as train.csv")
			}
		}
		return faults
	}
	rule(d.DevFile == "" || data.IsFile(d.DevFile), "dev_file", "want a file that ends in "+data.FileEndings)
	if _, err := data.ParseDelimiter(d.Delimiter); err != nil {
		rule(false, "delimiter", err.Error())
	}
	rule(d.Delimiter == "" || data.Delimited(d.Task, d.DevFile), "delimiter", "is for .csv and .tsv files, and none is given")
	rule(d.TextColumn != "", "text_column", "is empty: name the column of the text")
	rule(d.LabelColumn != "", "label_column", "is empty: name the column of the label")
	rule(len(stated) != 1 || d.Kind != data.Classification, "labels", "is a single label: a classification has two or more")
	labels, err := data.LabelColumns(d.LabelColumn, d.Kind)
	if err != nil {
		rule(false, "label_column", withoutKey("label_column", err))
	}
	rule(!slices.Contains(labels, d.TextColumn), "label_column", "is the text's column")
	rule(d.PairColumn == "" || d.PairColumn != d.TextColumn && !slices.Contains(labels, d.PairColumn), "pair_column", "is the column of the text or of the label")
	rule(!strings.ContainsAny(d.LabelSeparator, "[\"\r\n"), "label_separator", "has a bracket, a quote or a line end, which have a meaning of their own")
	return faults
}
