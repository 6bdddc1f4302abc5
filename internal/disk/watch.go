package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
	"time"
)

// Watched is a folder of which every file stays the one that it was when it was first opened
// or asked for, present or absent: opening another one in its place is an error, and Unchanged
// finds those that were replaced, written, made or removed since. So whoever reads several
// files through it and then finds them unchanged has read what the folder held at that moment,
// and no mixture of two versions.
//
// A file is known by its Identity, which includes the time of the change that no program can
// set. A write within the same tick of the file system's clock would hide, so a file that was
// changed a moment ago is opened only when that tick is over. It may be used by any number of
// goroutines.
type Watched struct {
	files fs.FS

	mu    sync.Mutex
	seen  map[string]string // identity by name; absent where there was no file
	fault error             // the first difference that was met
}

// ErrChanged is wrapped by errors of a Watched folder in which a file has changed.
var ErrChanged = errors.New("was changed or replaced while it was read: run again when nobody writes to the folder")

const (
	absent = "absent"

	tick    = 12 * time.Millisecond // the clocks of file systems tick every 10 ms or faster
	writing = 2 * time.Second       // so long a file may be written before it is opened
)

// Watch watches the files of a folder.
func Watch(files fs.FS) *Watched {
	return &Watched{files: files, seen: map[string]string{}}
}

// errNoFile is the error of what is neither a file nor a folder: to open a pipe blocks, and some
// devices never end.
var errNoFile = errors.New("not a regular file")

// Open opens a file; ErrChanged if it is not the one that had this name before.
func (w *Watched) Open(name string) (fs.File, error) {
	if info, err := fs.Stat(w.files, name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNoFile}
	}
	f, err := w.files.Open(name)
	if err != nil {
		return nil, w.missed("open", name, err)
	}
	info, err := Settled(f)
	if err == nil {
		err = w.compare("open", name, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Stat describes a file; ErrChanged if it is not the one that had this name before.
func (w *Watched) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(w.files, name)
	if err != nil {
		return nil, w.missed("stat", name, err)
	}
	return info, w.compare("stat", name, info)
}

// Unchanged looks at every file again that was opened or asked for. The error wraps ErrChanged
// and names the file.
func (w *Watched) Unchanged() error {
	w.mu.Lock()
	names := slices.Sorted(maps.Keys(w.seen))
	w.mu.Unlock()
	for _, name := range names {
		if _, err := w.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

// Settled waits until a write could no longer hide in the tick of the clock in which the file
// was changed last, and describes the file as it is then.
func Settled(f fs.File) (fs.FileInfo, error) {
	for end := time.Now().Add(writing); ; {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		since := time.Since(changed(info))
		if since < 0 || since >= tick { // a time to come is another machine's clock
			return info, nil
		}
		if time.Now().After(end) {
			return nil, &fs.PathError{Op: "open", Path: info.Name(), Err: ErrChanged}
		}
		time.Sleep(tick - since)
	}
}

// compare holds a file against what is known of its name.
func (w *Watched) compare(op, name string, info fs.FileInfo) error {
	if info.IsDir() {
		return nil
	}
	id := Identity(info)
	if id == "" {
		id = fmt.Sprint(info.Mode(), info.Size(), info.ModTime())
	}
	return w.note(op, name, id)
}

// missed notes that there is no file; any other error is left to whoever gets it.
func (w *Watched) missed(op, name string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if changed := w.note(op, name, absent); changed != nil {
		return changed
	}
	return err
}

func (w *Watched) note(op, name, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	name = path.Clean(name)
	before, known := w.seen[name]
	if !known {
		w.seen[name] = id
		return nil
	}
	if before == id {
		return nil
	}
	err := &fs.PathError{Op: op, Path: name, Err: ErrChanged}
	if w.fault == nil {
		w.fault = err
	}
	return err
}
