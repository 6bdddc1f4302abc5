package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile lets write fill the file at path, which is replaced as a whole or not at all:
// the bytes go to a temporary file beside it, reach the disk, and are renamed. A path
// that leads to a device or a pipe (/dev/stdout) is written to directly. What earlier
// processes that were killed have left beside path is removed.
func WriteFile(path string, write func(io.Writer) error) error {
	if i, e := os.Stat(path); e == nil && i.Mode()&(os.ModeDevice|os.ModeNamedPipe|os.ModeSocket) != 0 {
		return writeDirectly(path, write)
	}
	if target, e := filepath.EvalSymlinks(path); e == nil {
		path = target // replace what a link points to, not the link
	}
	removeUnfinished(path)
	f, held, err := newFile(path)
	if err != nil {
		return fmt.Errorf("%s: cannot write beside it: %w", path, err)
	}
	defer held.release()
	if err := fillFile(f, path, write); err != nil {
		return also(fmt.Errorf("%s: not written: %w", path, err), os.Remove(f.Name()))
	}
	if err := (Real{}).Sync(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// fillFile fills the temporary file f, flushes it and renames it to path.
func fillFile(f *os.File, path string, write func(io.Writer) error) error {
	if err := cmp.Or(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeDirectly(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// PathFirst is an error of the file at path in the order "path: reason", without the system
// call that failed; an error of another kind stays as it is.
func PathFirst(err error, path string) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", path, pe.Err)
	}
	return err
}
