package train

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"

	"github.com/dylora/dylora/internal/fault"
)

// lockName is the file whose lock is the run folder's. The system gives the lock back
// when its owner dies, so nobody has to remove the file.
const lockName = ".lock"

type lock struct{ file *flock.Flock }

// lockRun locks a run folder for this process, or says who has it.
func lockRun(dir string) (*lock, error) {
	path := filepath.Join(dir, lockName)
	l := flock.New(path)
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("cannot lock the run folder: %w", err)
	}
	if !ok {
		return nil, fault.Errorf(fault.Locked, "%s is in use%s: wait for it to end, or name another folder", dir, owner(path))
	}
	// Who has it is for messages only, so a system that forbids writing to a locked file
	// does no harm.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o666)
	return &lock{l}, nil
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
