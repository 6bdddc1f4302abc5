package plan

import (
	"path/filepath"

	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// State is how far a training has come.
type State string

// The states. Missing has no run folder; Stopped has one that can be resumed; Failed ended
// with an error when it was last tried.
const (
	Missing State = "missing"
	Running State = "running"
	Stopped State = "stopped"
	Failed  State = "failed"
	Done    State = "done"
)

// Status is the state of a line, and of one that failed why.
type Status struct {
	State State
	Why   string
	Begun bool // there is a run to resume, or a complete one
}

// Look finds out how far a line has come, by its run folder. A folder that holds a training
// of other settings is an error of class Usage that names both.
func Look(p *Plan, l *Line) (s Status, err error) {
	s = Status{State: Missing, Begun: exists(l.Run, train.SettingsName)}
	if s.Begun {
		s.State = Stopped
		if err := p.owns(l); err != nil {
			return s, err
		}
	}
	switch {
	case exists(l.Run, finetune.SweepName):
		s.State = Done
		return s, nil
	case train.InUse(l.Run):
		s.State = Running
		return s, nil
	}
	if s.Why, err = readFailure(l); s.Why != "" {
		s.State = Failed
	}
	return s, err
}

// owns refuses a run of other settings than the line's. A folder without a record is a run of
// its own; it is taken if its settings are those of the line.
func (p *Plan) owns(l *Line) error {
	r, err := readRecord(l.Run)
	if err != nil {
		return err
	}
	if r != nil {
		if r.ID != l.ID {
			return foreign(p.Place(l), l.Run, r.String())
		}
		return nil
	}
	run, err := settings.FileLayer(settings.Run, filepath.Join(l.Run, train.SettingsName))
	if err != nil {
		return err
	}
	// A run remembers the adapter that it started from by the place where it found it, and the
	// kind of a task of the user's own as the base model said.
	run = run.Without("init_adapter")
	layer := l.Layer(p.Place(l)).Without("init_adapter")
	whole, err := settings.WithRecipe(layer)
	if err != nil {
		return err
	}
	was, err := settings.Resolve(run)
	if err != nil {
		return foreign(p.Place(l), l.Run, "a run whose settings cannot be read")
	}
	if _, kind := layer.Value("kind"); !kind {
		whole = whole.With("kind", was.Data.Kind)
	}
	if ID(was) != ID(whole) {
		return foreign(p.Place(l), l.Run, "a run of other settings, which is none of a plan's")
	}
	return nil
}
