package adapter

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// maxJSON bounds the JSON files of a folder; PEFT's take about a kilobyte.
const maxJSON = 16 << 20

// folder is a folder that is being read. All of its files are read through files, so that
// a change of any of them in between is found.
type folder struct {
	dir   string // as it is called in messages
	files *disk.Watched
}

// openFolder opens a folder. Where dir is a link, all files are those of the folder that it
// leads to now, wherever it leads to later.
func openFolder(dir string) folder {
	at := dir
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		at = target
	}
	return folder{dir: dir, files: disk.Watch(os.DirFS(at))}
}

// path is a file's path for messages.
func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

// has says whether there is a file of that name, readable or not.
func (f folder) has(name string) bool {
	_, err := f.files.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// open opens a regular file; nothing else is opened, as a pipe would never end.
func (f folder) open(name string) (fs.File, error) {
	info, err := f.files.Stat(name)
	if err != nil {
		return nil, fault.Invalidf("%w", f.named(name, err))
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Invalidf("%s: not a regular file", f.path(name))
	}
	file, err := f.files.Open(name)
	if err != nil {
		return nil, fault.Invalidf("%w", f.named(name, err))
	}
	return file, nil
}

// named is an error of the system with the file's whole path.
func (f folder) named(name string, err error) error {
	var p *fs.PathError
	if !errors.As(err, &p) {
		return err
	}
	return &fs.PathError{Op: p.Op, Path: f.path(name), Err: p.Err}
}

// json reads a file of bounded size.
func (f folder) json(name string) (b []byte, err error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if b, err = io.ReadAll(io.LimitReader(file, maxJSON+1)); err != nil {
		return nil, fault.Invalidf("%s: %w", f.path(name), err)
	}
	if len(b) > maxJSON {
		return nil, fault.Invalidf("%s: more than %d MiB; this is no %s", f.path(name), maxJSON>>20, name)
	}
	return b, lfs.Check(f.path(name), b)
}

// weights reads all of a file.
func (f folder) weights(name string) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, fault.Invalidf("cannot read weights: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fault.Invalidf("cannot read weights: %w", f.named(name, err))
	}
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(file, b); err != nil {
		return nil, fault.Invalidf("cannot read weights: %s: %w", f.path(name), err)
	}
	return b, nil
}

// unchanged refuses a folder of which a file was changed since it was read.
func (f folder) unchanged() error {
	err := f.files.Unchanged()
	var p *fs.PathError
	if errors.As(err, &p) {
		return fault.Invalidf("%s: %w", f.path(p.Path), p.Err)
	}
	return err
}
