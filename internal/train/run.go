package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// RunOptions say which folder a run is kept in.
type RunOptions struct {
	Root   string // of runs: where latest is
	Dir    string // the run's folder; "": Root/<Task>-<time>, or what latest points to if Resume
	Task   string
	Resume bool // go on with a run; otherwise the folder must be new or empty
	Now    func() time.Time
}

// Run is a run folder that this process has locked.
type Run struct {
	Dir   string
	Notes []string // what a user should be told about the folder

	resume bool
	lock   *lock
	log    *metricsLog
	events *events
	now    func() time.Time
	disk   disk.Files
}

// OpenRun makes and locks the folder and points Root/latest at it. A folder in use is
// fault.Locked; one that holds something is fault.Usage unless it is to be resumed.
func OpenRun(o RunOptions) (*Run, error) {
	dir, err := o.folder()
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(dir, lockName)); err != nil { // no file is made in a folder that is no run's
		if err := o.usable(dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	r := &Run{Dir: dir, resume: o.Resume, disk: disk.Real{}, now: o.Now}
	if r.lock, err = lockRun(dir); err != nil {
		return nil, err
	}
	if err = o.usable(dir); err == nil { // whoever had the lock before may have run here
		err = removeUnfinished(dir)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if err := point(o.Root, dir); err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("%v: commands without --adapter will not find this run", err))
	}
	return r, nil
}

// folder is the run's folder by the options.
func (o RunOptions) folder() (string, error) {
	switch {
	case o.Dir != "":
		return filepath.Clean(o.Dir), nil
	case o.Resume:
		return Latest(o.Root)
	}
	base := filepath.Join(o.Root, o.Task+"-"+o.Now().Format("20060102-150405"))
	for dir, n := base, 2; ; n++ {
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			return dir, nil
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}

// usable refuses a folder that a new run would write over, or that has no run to resume.
func (o RunOptions) usable(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.Resume:
		return fault.Invalidf("%s: there is no run to resume: leave --resume out to start one", dir)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Usagef("run folder: %w", err)
	case o.Resume && !isRun(dir):
		return fault.Invalidf("%s: it holds no config.yaml, so there is no run to resume", dir)
	case o.Resume:
		return nil
	}
	for _, e := range entries {
		if e.Name() == lockName || disk.Unfinished(e.Name(), SettingsName) {
			continue // what a run that was killed before it had begun leaves
		}
		if isRun(dir) {
			return fault.Usagef("%s holds a run: add --resume to go on with it, or name another folder", dir)
		}
		return fault.Usagef("%s is not empty (%s): name another folder", dir, e.Name())
	}
	return nil
}

// SettingsName is the file of a run folder that remembers its settings; with it the folder is a run.
const SettingsName = "config.yaml"

func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, SettingsName))
	return err == nil
}

// removeUnfinished removes settings that were being written when a process was killed; the
// folder is locked, so nobody writes them now.
func removeUnfinished(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if disk.Unfinished(e.Name(), SettingsName) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// Close closes log and events and unlocks the folder.
func (r *Run) Close() error {
	var err error
	if r.log != nil {
		err = errors.Join(r.log.file.Close(), r.events.close())
	}
	return errors.Join(err, r.lock.release())
}
