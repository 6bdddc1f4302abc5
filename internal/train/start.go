package train

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// CheckpointPolicy says when a run is saved, and what a resume has to agree with. The two
// newest checkpoints are kept.
type CheckpointPolicy struct {
	Every  int               // steps between checkpoints; 0: only after each epoch and at a stop
	Inputs map[string]string // what the run depends on beside its Config, such as the hash of the base model; a resume with others is refused

	MayDiffer []string // of Inputs, those that a resume may have others of
}

// Resumed says what Start found.
type Resumed struct {
	Found  bool // a checkpoint, which the loop now is at
	Step   int
	Longer bool     // it was the end of the run, which is longer now
	Notes  []string // what a user should be told
}

// Start makes the claimed folder a run. Before anything else it writes settings, the text
// of SettingsName, or, if the run is resumed, puts the loop where the run was; settings, where there are any, are then
// written only where nothing has been trained yet, or where they make a finished run longer. Then it points Root/started at the folder, opens the log, and adds
// the hooks that keep log, events and checkpoints. Call it before other hooks are added,
// so that a checkpoint is on the disk before anything is shown of it.
func (r *Run) Start(l *Loop, settings []byte, p CheckpointPolicy) (Resumed, error) {
	c := &checkpoints{dir: filepath.Join(r.Dir, "checkpoints"), disk: r.disk}
	var out Resumed
	var logged int64
	var err error
	if r.resume {
		if out, logged, err = r.restore(l, c, p); err == nil && len(settings) > 0 && (out.Longer || !out.Found) {
			err = r.writeSettings(settings)
		}
	} else {
		err = r.begin(settings)
	}
	if err != nil {
		return out, err
	}
	out.Notes = r.point(startedName, out.Notes)
	log, notes, err := openLog(filepath.Join(r.Dir, LogName), logged)
	if err != nil {
		return out, err
	}
	out.Notes = append(out.Notes, notes...)
	r.log, r.events = log, &events{dir: r.Dir, first: out.Step + 1, now: r.now}
	l.On(log.hook(), r.events.hook(), c.hook(r, p))
	return out, nil
}

// begin makes the claimed folder a new run. The folders that were made for it are on the disk before it is.
func (r *Run) begin(settings []byte) error {
	for _, dir := range append(slices.Clone(r.made), r.Dir) {
		if err := r.disk.Sync(filepath.Dir(dir)); err != nil {
			return fmt.Errorf("run folder: %w", err)
		}
	}
	if r.old != nil {
		if err := r.clearUnfinished(); err != nil {
			return err
		}
	}
	return r.writeSettings(settings)
}

func (r *Run) writeSettings(text []byte) error {
	return disk.WriteFile(filepath.Join(r.Dir, SettingsName), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// restore puts the loop where the newest whole checkpoint is, if there is one, and says
// how many bytes of the log that checkpoint vouches for.
func (r *Run) restore(l *Loop, c *checkpoints, p CheckpointPolicy) (out Resumed, logged int64, err error) {
	m, tensors, notes, err := c.load()
	out.Notes = notes
	if err != nil || m == nil {
		return out, 0, err
	}
	was, is := maps.Clone(m.Inputs), maps.Clone(p.Inputs)
	for _, key := range p.MayDiffer {
		delete(was, key)
		delete(is, key)
	}
	if other := differences(was, is); len(other) > 0 {
		return out, 0, fault.Usagef("resume: other inputs than the run was started with: %s", strings.Join(other, ", "))
	}
	if err := l.restore(m, tensors); err != nil {
		return out, 0, fmt.Errorf("%s: %w", r.Dir, err)
	}
	out.Found, out.Step = true, m.State.Step
	out.Longer, err = l.longerThan(m)
	return out, m.Log, err
}

// hook saves checkpoints: every so many steps, after each epoch, and at a stop.
func (c *checkpoints) hook(r *Run, p CheckpointPolicy) Hook {
	save := func(l *Loop) error {
		m, tensors, err := l.capture()
		if err != nil {
			return err
		}
		if err := errors.Join(r.log.file.Sync(), r.events.sync(), r.disk.Sync(r.Dir)); err != nil { // the manifest vouches for so many bytes of the log
			return err
		}
		m.Log, m.Inputs = r.log.size, p.Inputs
		return c.save(m, tensors)
	}
	return Hook{
		Name: "checkpoint",
		Step: func(l *Loop, s Step) error {
			if p.Every > 0 && s.Step%p.Every == 0 {
				return save(l)
			}
			return nil
		},
		Epoch: save,
		Stop:  save,
	}
}
