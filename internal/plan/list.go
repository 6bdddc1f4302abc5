package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tensorboard"
	"github.com/dylora/dylora/internal/train"
)

// Entry is a training with its state and, as far as it has come, its result. Last has values
// from the first evaluation on, the rest of the result is there when the training is done.
type Entry struct {
	State State  `json:"state"`
	Why   string `json:"why,omitempty"` // of one that failed
	Step  int    `json:"step,omitzero"` // the last one of one that is running or stopped
	*Result
}

// Entries are trainings as a table has them.
type Entries []Entry

// ListPath lists a plan or, if path is a folder, the run folders below it, of which there must be one.
func ListPath(path string) (Entries, error) {
	if info, err := os.Stat(path); err != nil && path == session.RunsRoot || err == nil && info.IsDir() {
		entries, err := Below(path)
		if err == nil && len(entries) == 0 {
			err = fault.Because(train.NoRun, fault.Invalidf("%s: there is no run below it", path))
		}
		return entries, err
	}
	p, err := Read(path)
	if err != nil {
		return nil, err
	}
	return List(p)
}

// List is the state of every line of a plan. A line whose folder holds something else is Failed,
// and says what.
func List(p *Plan) (Entries, error) {
	var all Entries
	for i := range p.Lines {
		l := &p.Lines[i]
		s, err := Look(p, l)
		if err != nil {
			s = Status{State: Failed, Why: err.Error()}
		}
		e, err := entry(l, s)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// entry reads what there is of a line in a state.
func entry(l *Line, s Status) (Entry, error) {
	e := Entry{State: s.State, Why: s.Why, Result: &Result{Record: &Record{Line: *l}, Task: taskOf(l)}}
	var err error
	switch {
	case s.State == Done:
		e.Result, err = result(l)
	case s.Begun:
		record, readErr := readRecord(l.Run)
		if record != nil {
			e.Record = record
		}
		log, logErr := readLog(filepath.Join(l.Run, train.LogName))
		if !errors.Is(logErr, fs.ErrNotExist) && s.State != Running { // whose last line may be half written
			err = logErr
		}
		e.Last, e.Metric, e.Step = log.scores, log.metric, log.step
		err = errors.Join(readErr, err)
	}
	if err == nil {
		e.Line = *l
	}
	return e, err
}

// maxDepth bounds how deep below a root run folders are looked for.
const maxDepth = 8

// Below lists the run folders below a root, in the order of their names.
func Below(root string) (all Entries, err error) {
	err = filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if in, err := filepath.Rel(root, dir); err != nil || strings.Count(in, string(filepath.Separator)) >= maxDepth {
			return fs.SkipDir
		}
		if !exists(dir, train.SettingsName) {
			return nil
		}
		e, err := found(dir, len(all))
		if err != nil {
			return err
		}
		all = append(all, e)
		return fs.SkipDir
	})
	if errors.Is(err, fs.ErrNotExist) && len(all) == 0 {
		return nil, nil
	}
	return all, err
}

// planEnding is that of the plans that dylora writes.
const planEnding = ".jsonl"

// RunFolders are the run folders that paths name: a folder of runs, such as that of several seeds, stands for those below it,
// in the order of their names, and a plan for its own. A run, and what has no run below it, stays as it is.
func RunFolders(paths []string) (all []string, err error) {
	found := map[string]bool{} // by a folder or a plan
	for _, path := range paths {
		var runs []string
		switch info, err := os.Stat(path); {
		case err != nil:
		case info.IsDir() && !exists(path, train.SettingsName):
			entries, err := Below(path)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				runs = append(runs, e.Run)
			}
		case !info.IsDir() && filepath.Ext(path) == planEnding:
			p, err := Read(path)
			if err != nil {
				return nil, err
			}
			for i := range p.Lines {
				runs = append(runs, filepath.FromSlash(p.Lines[i].Run))
			}
		}
		if len(runs) == 0 && !found[filepath.Clean(path)] {
			all = append(all, path)
		}
		for _, run := range runs { // seeds/* names a plan and its runs, which are meant once
			if run = filepath.Clean(run); !found[run] && !slices.Contains(all, run) {
				all = append(all, run)
			}
			found[run] = true
		}
	}
	return all, nil
}

// found is the entry of a run folder of whatever origin.
func found(dir string, index int) (Entry, error) {
	l := &Line{Settings: map[string]any{}}
	record, err := readRecord(dir)
	if err != nil {
		return Entry{}, err
	}
	if record != nil {
		l = &record.Line
	} else if err := l.remember(dir); err != nil {
		return Entry{}, err
	}
	l.Run, l.Index = dir, index
	s := Status{State: Stopped, Begun: true}
	switch {
	case exists(dir, finetune.SweepName):
		s.State = Done
	case train.InUse(dir):
		s.State = Running
	default:
		if s.Why, err = readFailure(l); s.Why != "" {
			s.State = Failed
		}
	}
	if err != nil {
		return Entry{}, err
	}
	e, err := entry(l, s)
	if err == nil && record == nil { // a run without a plan tells by its events how long it has trained
		e.TrainingSeconds, err = tensorboard.Span(dir)
	}
	return e, err
}

// remember takes the settings of a run without a record: those that are not the default.
func (l *Line) remember(dir string) error {
	run, err := settings.FileLayer(settings.Run, filepath.Join(dir, train.SettingsName))
	if err != nil {
		return err
	}
	r, err := settings.Resolve(run)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	l.ID = ID(r)
	defaults := settings.Defaults().Fields()
	for i, f := range r.Fields() {
		if f.Key == "task" || f.Value.Interface() != defaults[i].Value.Interface() && !slices.Contains(MachineKeys(), f.Key) {
			l.Settings[f.Key] = settings.Plain(f.Value)
		}
	}
	return nil
}
