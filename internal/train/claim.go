package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/disk"
)

// Run is a run folder that this process has locked. It is claimed by OpenRun, and becomes
// a run by Start.
type Run struct {
	Dir string

	root   string
	made   []string // the folders that OpenRun created, outermost first
	resume bool
	lock   *lock
	log    *metricsLog
	events *events
	now    func() time.Time
	disk   disk.Files
	old    *replacement // the run that this one is to replace; nil: none
}

// OpenRun claims the run's folder: it creates the folder if there is none, locks it, and
// writes nothing else, so that it can come before all that a run reads. A folder in use is
// fault.Locked; one that holds something is fault.Usage unless it is to be resumed; one
// without a run to resume is fault.Invalid.
func OpenRun(o RunOptions) (*Run, error) {
	dir, err := o.folder()
	if err != nil {
		return nil, err
	}
	target := ""
	switch {
	case o.Resume:
		target = replaced(dir)
	case o.Overwrite && isRun(dir):
		if o, err = o.overwriting(dir); err != nil {
			return nil, err
		}
		target, dir = strings.TrimSuffix(o.Dir, besideEnding), o.Dir
	default:
		o.Overwrite = false
	}
	r, err := o.claimAgain(dir)
	if err != nil || target == "" {
		return r, err
	}
	if err := r.lockReplaced(target); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// claimAgain is OpenRun for a folder, without what the run replaces.
func (o RunOptions) claimAgain(dir string) (*Run, error) {
	// Another process may let go of the same folder meanwhile, and remove it.
	const tries = 100
	for try := 1; ; try++ {
		r, err := o.claim(dir)
		if try == tries || !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
}

// claim is one try of OpenRun. Its error wraps fs.ErrNotExist if the folder or the lock's
// file was removed meanwhile.
func (o RunOptions) claim(dir string) (*Run, error) {
	if _, err := os.Lstat(filepath.Join(dir, lockName)); err != nil { // no file is made in a folder that is no run's
		if err := o.usable(dir); err != nil {
			return nil, err
		}
	}
	r := &Run{Dir: dir, root: o.Root, resume: o.Resume, disk: disk.Real{}, now: o.Now}
	var err error
	if r.made, err = makeFolders(dir); err != nil {
		removeFolders(r.made)
		return nil, fmt.Errorf("run folder: %w", err)
	}
	if r.lock, err = lockRun(dir); err != nil {
		removeFolders(r.made)
		return nil, err
	}
	if err = o.usable(dir); err == nil { // whoever had the lock before may have run here
		err = removeUnfinished(dir)
	}
	if err != nil {
		err = errors.Join(err, r.lock.release())
		removeFolders(r.made)
		return nil, err
	}
	return r, nil
}

// Close closes log and events and unlocks the folder. Of a folder that was claimed and
// never became a run it leaves nothing that was not there before. Closed again it does nothing.
func (r *Run) Close() error {
	if r.lock != nil && !r.resume && !isRun(r.Dir) {
		err := r.lock.remove()
		r.lock = nil
		removeFolders(r.made)
		return errors.Join(err, r.unlock())
	}
	return errors.Join(r.closeFiles(), r.unlock())
}

// closeFiles closes log and events; once they are closed it does nothing.
func (r *Run) closeFiles() (err error) {
	if r.log != nil {
		err = errors.Join(r.log.file.Close(), r.events.close())
	}
	r.log = nil
	return err
}

// unlock gives back the folder, and that of the run to be replaced; once it has it does nothing.
func (r *Run) unlock() (err error) {
	if r.lock != nil {
		err = r.lock.release()
	}
	if r.old != nil && r.old.lock != nil {
		err = errors.Join(err, r.old.lock.release())
		r.old.lock = nil
	}
	r.lock = nil
	return err
}

// makeFolders creates dir and the folders above it that are missing. It lists those that
// it created, outermost first, on an error too.
func makeFolders(dir string) (made []string, err error) {
	err = os.Mkdir(dir, 0o777)
	if parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir {
		if made, err = makeFolders(parent); err != nil {
			return made, err
		}
		err = os.Mkdir(dir, 0o777)
	}
	switch {
	case err == nil:
		return append(made, dir), nil
	case !errors.Is(err, fs.ErrExist):
		return made, err
	}
	if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
		return made, nil
	}
	if _, statErr := os.Lstat(dir); statErr != nil {
		return made, statErr // it was removed meanwhile
	}
	return made, err
}

// removeFolders removes the folders that makeFolders created, but for those that hold
// something now. An empty folder that cannot be removed does no harm: a run can have it.
func removeFolders(made []string) {
	for _, dir := range slices.Backward(made) {
		if os.Remove(dir) != nil {
			return
		}
	}
}
