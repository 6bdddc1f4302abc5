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
	Root      string // of runs: where latest and started are; "": they do not change, and Dir is not ""
	Dir       string // the run's folder; "": Root/<Task>-<time>, or what started points to if Resume
	Task      string
	Resume    bool // go on with a run; otherwise the folder must be new or empty
	Overwrite bool // of a run in Dir: the new one is trained beside it and takes its place when it is complete
	Now       func() time.Time
}

// folder is the run's folder by the options.
func (o RunOptions) folder() (string, error) {
	switch {
	case o.Dir != "":
		return filepath.Clean(o.Dir), nil
	case o.Resume:
		return Started(o.Root)
	}
	base := filepath.Join(o.Root, o.Task+"-"+o.Now().Format("20060102-150405"))
	for dir, n := base, 2; ; n++ {
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			return dir, nil
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}

// Usable names the folder that OpenRun would claim, and refuses what it would refuse, as far as nothing is written for it.
func Usable(o RunOptions) (dir string, err error) {
	if dir, err = o.folder(); err != nil {
		return "", err
	}
	if o.Overwrite = o.Overwrite && !o.Resume && isRun(dir); o.Overwrite {
		if o, err = o.overwriting(dir); err != nil {
			return "", err
		}
		dir = o.Dir
	}
	if InUse(dir) {
		return "", inUse(dir)
	}
	return dir, o.usable(dir)
}

// usable refuses a folder that a new run would write over, or that has no run to resume.
func (o RunOptions) usable(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.Resume:
		return fault.Because(NothingToResume, fault.Invalidf("%s: there is no run to resume", dir))
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Usagef("run folder: %w", err)
	case o.Resume && !isRun(dir):
		return fault.Invalidf("%s: it holds no config.yaml, so there is no run to resume", dir)
	case o.Resume, o.Overwrite && mayClear(dir):
		return nil
	}
	for _, e := range entries {
		if unfinishedFile(e.Name()) {
			continue
		}
		if isRun(dir) {
			return fault.Because(HoldsRun, fault.Usagef("%s holds a run", dir))
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
