package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// WriteFile lets write fill the file at path, which is replaced as a whole or not at all:
// the bytes go to a temporary file beside it, reach the disk, and are renamed. A path
// that leads to a device or a pipe (/dev/stdout) is written to directly.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	if i, e := os.Stat(path); e == nil && i.Mode()&(os.ModeDevice|os.ModeNamedPipe|os.ModeSocket) != 0 {
		return writeDirectly(path, write)
	}
	if target, e := filepath.EvalSymlinks(path); e == nil {
		path = target // replace what a link points to, not the link
	}
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("%s: cannot write beside it: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			err = also(fmt.Errorf("%s: not written: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return Real{}.Sync(folder)
}

// Unfinished says whether name is that of a temporary file of [WriteFile] for a file called
// base: one that is left where the process was killed meanwhile.
func Unfinished(name, base string) bool {
	random, ok := strings.CutPrefix(name, "."+base+"-")
	return ok && random != "" && strings.Trim(random, "0123456789") == ""
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
