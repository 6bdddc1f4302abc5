//go:build linux || darwin

package disk

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// hold locks a file or folder as this process's own. It is nil where the file system has no locks: nobody
// takes what lies there for left. An error says that another process has it or has removed it.
func hold(path string) (*held, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, nil //nolint:nilerr // as without locks
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		if err = stillThere(f); err == nil {
			return &held{f}, nil
		}
	} else if !errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return nil, errors.Join(err, f.Close())
}
