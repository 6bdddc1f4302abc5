package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// A run that is to replace another one is trained in a folder beside it, called as the other one
// with besideEnding. A file there, replacesName, holds the other's name, so that also a run that was
// stopped and resumed takes that place once it is complete. Until then the other run stays as it is.
const (
	besideEnding = ".new"
	replacesName = "replaces"
)

// replacement is the run that another one will take the place of.
type replacement struct {
	dir  string
	lock *lock // so that nobody trains in it meanwhile; nil: the folder is gone
}

// overwriting is o with the folder beside the run in dir, which is to be replaced.
func (o RunOptions) overwriting(dir string) (RunOptions, error) {
	dir, err := filepath.EvalSymlinks(dir) // a link such as runs/latest stays a link
	o.Dir = dir + besideEnding
	return o, err
}

// replaced is the folder whose place the run in dir is to take; "" for a run that has its place.
func replaced(dir string) string {
	b, err := readUpTo(filepath.Join(dir, replacesName), 4096)
	name := strings.TrimSpace(string(b))
	if err != nil || name == "" || name != filepath.Base(name) || !filepath.IsLocal(name) || name == "." || name == filepath.Base(dir) {
		return ""
	}
	return filepath.Join(filepath.Dir(dir), name)
}

// lockReplaced locks the run that r is to replace.
func (r *Run) lockReplaced(dir string) error {
	r.old = &replacement{dir: dir}
	if !isRun(dir) {
		return nil
	}
	var err error
	r.old.lock, err = lockRun(dir)
	return err
}

// clearUnfinished removes what an earlier try to replace the same run has left in r's folder, and
// notes what r replaces. The folder's lock stays.
func (r *Run) clearUnfinished() error {
	entries, err := os.ReadDir(r.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != lockName {
			if err := os.RemoveAll(filepath.Join(r.Dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return noteReplaced(r.Dir, r.old.dir)
}

func noteReplaced(dir, other string) error {
	return os.WriteFile(filepath.Join(dir, replacesName), []byte(filepath.Base(other)+"\n"), 0o666)
}

// Place is the folder that the run will have when it is complete.
func (r *Run) Place() string {
	if r.old != nil {
		return r.old.dir
	}
	return r.Dir
}

// Complete ends a run that has its result: it takes the place of the run that it is to replace,
// which is removed, and Root/latest points to it. Log and events are closed. The notes are what a
// user should be told. On an error the run is complete in the folder where it was trained.
func (r *Run) Complete() (notes []string, err error) {
	if r.old != nil {
		if err := r.takePlace(); err != nil {
			return nil, fault.Errorf(fault.Failure, "%s: the new run is complete, and cannot take the place of %s: %w", r.Dir, r.old.dir, err)
		}
		r.Dir = r.old.dir
		notes = r.point(startedName, notes)
	}
	return r.point(latestName, notes), nil
}

// point makes a name below the root point to the run; that it cannot is a note.
func (r *Run) point(name string, notes []string) []string {
	if err := point(r.root, name, r.Dir); err != nil {
		notes = append(notes, fmt.Sprintf("%v: only commands that are given this run's folder will find it", err))
	}
	return notes
}

// takePlace exchanges the folders of the new run and the old one, and removes the old one. A process that is
// killed in between leaves the old run beside, marked as one that the next try may remove.
func (r *Run) takePlace() error {
	if err := r.closeFiles(); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // which moves no folder that has open files
		if err := r.unlock(); err != nil {
			return err
		}
	}
	if _, err := os.Lstat(r.old.dir); errors.Is(err, fs.ErrNotExist) {
		if err := r.disk.Rename(r.Dir, r.old.dir); err != nil {
			return err
		}
		return os.Remove(filepath.Join(r.old.dir, replacesName))
	}
	if err := os.WriteFile(filepath.Join(r.old.dir, replacesName), nil, 0o666); err != nil { // once it is beside, it replaces nothing
		return err
	}
	if err := r.disk.Exchange(r.Dir, r.old.dir); err != nil {
		return errors.Join(err, os.Remove(filepath.Join(r.old.dir, replacesName)))
	}
	if err := r.disk.Sync(filepath.Dir(r.old.dir)); err != nil {
		return err
	}
	if err := r.disk.RemoveAll(r.Dir); err != nil { // the old run by now
		return err
	}
	return os.Remove(filepath.Join(r.old.dir, replacesName))
}

// mayClear says whether a folder's content is what an earlier try to replace a run has left.
func mayClear(dir string) bool { return strings.HasSuffix(dir, besideEnding) && marked(dir) }

func marked(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, replacesName))
	return err == nil && info.Mode().IsRegular()
}

// unfinishedFile says whether a file of a run folder is what a run that was killed before it had begun leaves.
func unfinishedFile(name string) bool {
	return name == lockName || disk.Unfinished(name, SettingsName)
}
