package train

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// Keeping says what a run keeps and when.
type Keeping struct {
	Every  int               // steps between checkpoints; 0: only after each epoch and at a stop
	Keep   int               // checkpoints to keep, at least two
	Inputs map[string]string // what the run depends on beside its Config, such as the hash of the base model; a resume with others is refused
}

// Resumed says what Attach found.
type Resumed struct {
	Found bool // a checkpoint, which the loop now is at
	Step  int
	Notes []string // what a user should be told
}

// Attach opens the run's log and checkpoints, puts the loop where a run that is resumed
// was, and adds the hooks that go on keeping both. Call it before other hooks are added,
// so that a checkpoint is on the disk before anything is shown of it.
func (r *Run) Attach(l *Loop, k Keeping) (Resumed, error) {
	c := &checkpoints{dir: filepath.Join(r.Dir, "checkpoints"), keep: max(2, k.Keep), disk: r.disk}
	var out Resumed
	var logged int64
	if r.resume {
		m, tensors, notes, err := c.load()
		if err != nil {
			return out, err
		}
		out.Notes = notes
		if m != nil {
			if other := differences(m.Inputs, k.Inputs); len(other) > 0 {
				return out, fault.Usagef("resume: other inputs than the run was started with: %s", strings.Join(other, ", "))
			}
			if err := l.restore(m, tensors); err != nil {
				return out, fmt.Errorf("%s: %w", r.Dir, err)
			}
			out.Found, out.Step, logged = true, m.State.Step, m.Log
		}
	}
	log, notes, err := openLog(filepath.Join(r.Dir, logName), logged)
	if err != nil {
		return out, err
	}
	out.Notes = append(out.Notes, notes...)
	r.log, r.events = log, &events{dir: r.Dir, first: out.Step + 1, now: r.now}
	l.On(log.hook(), r.events.hook(), c.hook(r, k))
	return out, nil
}

// hook saves checkpoints: every so many steps, after each epoch, and at a stop.
func (c *checkpoints) hook(r *Run, k Keeping) Hook {
	save := func(l *Loop) error {
		m, tensors, err := l.capture()
		if err != nil {
			return err
		}
		if err := errors.Join(r.log.file.Sync(), r.events.sync()); err != nil { // the manifest vouches for so many bytes of the log
			return err
		}
		m.Log, m.Inputs = r.log.size, k.Inputs
		return c.save(m, tensors)
	}
	return Hook{
		Name: "checkpoint",
		Step: func(l *Loop, s Step) error {
			if k.Every > 0 && s.Step%k.Every == 0 {
				return save(l)
			}
			return nil
		},
		Epoch: save,
		Stop:  save,
	}
}
