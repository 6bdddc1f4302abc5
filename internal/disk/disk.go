// Package disk makes folders and files appear whole or not at all, on the disk and not
// only in its caches: everything that dylora writes goes through here. Of folders that are
// read it finds out whether somebody changes them meanwhile (Watched).
package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Files is what a commit asks of the file system. Tests make each step fail.
type Files interface {
	Mkdir(path string) error
	Write(path string, b []byte) error // a new file, flushed to the disk
	Sync(folder string) error          // flushes the folder's entries to the disk
	Rename(from, to string) error      // to must not exist
	Exchange(a, b string) error        // swaps two folders
	RemoveAll(path string) error
}

// Real is the machine's own file system.
type Real struct{}

// Mkdir makes one folder.
func (Real) Mkdir(path string) error { return os.Mkdir(path, 0o777) }

// Rename moves a file or folder.
func (Real) Rename(from, to string) error { return os.Rename(from, to) }

// Exchange swaps two folders, in one step where the system can.
func (Real) Exchange(a, b string) error { return exchange(a, b) }

// RemoveAll removes a folder and what is in it.
func (Real) RemoveAll(path string) error { return os.RemoveAll(path) }

// Write makes a new file and flushes it to the disk.
func (Real) Write(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return cmp.Or(err, f.Sync(), f.Close())
}

// Sync flushes the entries of a folder to the disk. Where a file system has no such call, or the folder is one that may
// not be read, such as the one above a user's own, they are the system's to keep.
func (Real) Sync(folder string) error {
	if runtime.GOOS == "windows" { // which cannot flush a folder
		return nil
	}
	f, err := os.Open(folder)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return cmp.Or(err, f.Close())
}

// MkdirAll is os.MkdirAll for folders that are to last: each that it makes is flushed to the disk with the one that it is in.
func MkdirAll(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := MkdirAll(parent); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(path, 0o777); err != nil { // another process may have made it
		return err
	}
	return Real{}.Sync(parent)
}

// exchangeByRename swaps a and b in three steps. Between the first two there is no b:
// a crash there leaves it beside, under the name it had with ".old" behind.
func exchangeByRename(a, b string) error {
	aside := b + ".old"
	if err := os.Rename(b, aside); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return also(err, os.Rename(aside, b))
	}
	return os.Rename(aside, a)
}

// also adds, on the same line, what went wrong while err was being undone.
func also(err, undo error) error {
	if undo == nil {
		return err
	}
	return fmt.Errorf("%w; and while undoing: %w", err, undo)
}
