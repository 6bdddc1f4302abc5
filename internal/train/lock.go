package train

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/dylora/dylora/internal/fault"
)

// lockName is the file whose lock is the run folder's. The system gives the lock back
// when its owner dies, so nobody has to remove the file. Only its owner may.
const lockName = ".lock"

// A lock that is taken is tried so often before its folder is said to be in use.
const (
	lockTries = 5
	lockPause = 10 * time.Millisecond
)

// InUse says whether a process is training in the folder. It has the folder's lock for a moment,
// which is why lockRun tries more than once. Of a folder that cannot be looked at nobody knows: it is
// said not to be in use, and to lock it will tell.
func InUse(dir string) bool {
	path := filepath.Join(dir, lockName)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY))
	ok, err := l.TryRLock()
	return errors.Join(err, l.Close()) == nil && !ok
}

type lock struct{ file *flock.Flock }

// lockRun locks a run folder for this process, or says who has it. The error wraps
// fs.ErrNotExist if the folder or the file was removed meanwhile: a lock of a file that
// nobody else finds locks nothing.
func lockRun(dir string) (*lock, error) {
	path := filepath.Join(dir, lockName)
	l := flock.New(path)
	ok, err := l.TryLock()
	for try := 1; err == nil && !ok && try < lockTries; try++ { // whoever looks at the folder has the lock for a moment
		time.Sleep(lockPause)
		ok, err = l.TryLock()
	}
	switch {
	case errors.Is(err, syscall.ENOSYS), errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		_ = errors.Join(l.Close(), os.Remove(path)) // nobody can have it
		return nil, fmt.Errorf("cannot lock the run folder %s: its file system has no locks (%w), so nothing would keep two trainings apart; name a folder on another", dir, err)
	case err != nil:
		return nil, fmt.Errorf("cannot lock the run folder %s: %w", dir, err)
	}
	if !ok {
		return nil, inUse(dir)
	}
	if err := inPlace(l); err != nil {
		return nil, fmt.Errorf("cannot lock the run folder %s: %w", dir, errors.Join(err, l.Close()))
	}
	// Who has it is for messages only, so a system that forbids writing to a locked file
	// does no harm.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o666)
	return &lock{l}, nil
}

// inUse refuses a folder that another process trains in.
func inUse(dir string) error {
	return fault.Errorf(fault.Locked, "%s is in use%s: wait for it to end, or name another folder", dir, owner(filepath.Join(dir, lockName)))
}

// inPlace fails if the locked file is no longer the one at its path.
func inPlace(l *flock.Flock) error {
	locked, err := l.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(l.Path())
	if err == nil && !os.SameFile(locked, there) {
		err = &fs.PathError{Op: "lock", Path: l.Path(), Err: fs.ErrNotExist}
	}
	return err
}

// owner says which process wrote the lock's file.
func owner(path string) string {
	b, err := os.ReadFile(path)
	pid, convErr := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil || convErr != nil {
		return ""
	}
	return fmt.Sprintf(" by process %d", pid)
}

func (l *lock) release() error { return l.file.Close() }

// remove removes the lock's file and releases the lock, in this order: once it is
// released the file may be another's.
func (l *lock) remove() error {
	err := os.Remove(l.file.Path())
	if closed := l.release(); err == nil || errors.Is(err, fs.ErrNotExist) || closed != nil {
		return closed
	}
	// Where an open file cannot be removed, a file that another has locked cannot either.
	return os.Remove(l.file.Path())
}
