package session

import (
	"fmt"
	"os"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
)

// Proposal is the task that settings name, before the base model is known. Where it is of the
// user's own files and nobody says its kind, the base model's problem_type decides that; until
// then the task is taken for a classification.
type Proposal struct {
	Task *data.Task

	settings *settings.Resolved
	labels   []string
	open     bool  // nobody says the kind
	err      error // why the task cannot be a classification; it may be of another kind
}

// Propose makes the task. labels are those that an adapter remembers of a task of files, else
// nil. A training file that cannot be read at all is refused, whatever the kind.
func Propose(r *settings.Resolved, labels []string) (*Proposal, error) {
	p := &Proposal{settings: r, labels: labels, open: data.IsFile(r.Data.Task) && r.Origin("kind") == settings.Default}
	if p.Task, p.err = r.Data.NewTask(labels); p.err == nil {
		return p, nil
	}
	if !p.open || !readable(r.Data.Task) {
		return nil, p.err
	}
	p.Task = &data.Task{Name: data.FilesName(r.Data.Task)}
	return p, nil
}

// readable says whether the files that a setting names are there.
func readable(spec string) bool {
	paths, err := data.Paths(spec)
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return err == nil
}

// Decide gives the task for a base model, and tells in note where its problem_type has decided
// the kind. place is that of its config.json.
func (p *Proposal) Decide(c *model.Config, place string) (t *data.Task, note string, err error) {
	if t, err = p.Task, p.err; p.open {
		if kind := kindOf(c.ProblemType); kind != data.Classification {
			d := p.settings.Data
			d.Kind = kind
			note = fmt.Sprintf("%s is a %s, by problem_type of %s", p.Task.Name, kind.Noun(), place)
			t, err = d.NewTask(p.labels)
		}
	}
	if err != nil {
		return nil, "", err
	}
	return t, note, CheckUse(p.settings, t)
}

// CheckUse refuses settings of multi-label tasks that the user gives for another task, where
// they would do nothing. Their defaults stand in the settings of every run.
func CheckUse(r *settings.Resolved, t *data.Task) error {
	if t.Kind == data.MultiLabel {
		return nil
	}
	defaults := settings.Defaults().Data
	for key, changed := range map[string]bool{
		"threshold": r.Data.Threshold != defaults.Threshold, "label_separator": r.Data.LabelSeparator != defaults.LabelSeparator,
	} {
		if changed && r.Explicit(key) {
			return fault.Usagef("%s: is for a multi-label task, and task %s is a %s (%s)", key, t.Name, t.Kind.Noun(), r.Place(key))
		}
	}
	return nil
}

// kindOf is the kind of the tasks that a head with a problem_type of config.json is for.
func kindOf(problem string) data.Kind {
	switch problem {
	case model.MultiLabel:
		return data.MultiLabel
	case model.Regression:
		return data.Regression
	}
	return data.Classification
}

// problemType is the problem_type of a task in config.json.
func problemType(t *data.Task) string {
	switch t.Kind {
	case data.MultiLabel:
		return model.MultiLabel
	case data.Regression:
		return model.Regression
	}
	return model.SingleLabel
}

// recordedKind is the kind of the task that an adapter was trained for.
func recordedKind(p *adapter.Provenance) data.Kind {
	switch {
	case p.MultiLabel:
		return data.MultiLabel
	case p.Regression:
		return data.Regression
	}
	return data.Classification
}
