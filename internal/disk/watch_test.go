package disk_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dylora/dylora/internal/disk"
)

// put writes a file beside path and renames it there, as careful programs do.
func put(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path+".new", []byte(text), 0o666))
	must(t, os.Rename(path+".new", path))
}

// TestWatched: each way of changing a folder that was read is found, and named; what changes
// nothing that was read is not.
func TestWatched(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, dir string)
		wrong  string // the file that the error names; "": no error
	}{
		"nothing":                 {func(*testing.T, string) {}, ""},
		"a file that nobody read": {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "other"), "x") }, ""},
		"replaced":                {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "a"), "one") }, "a"},
		"written, as long, its time set back": {func(t *testing.T, dir string) {
			info, err := os.Stat(filepath.Join(dir, "a"))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("eno"), 0o666))
			must(t, os.Chtimes(filepath.Join(dir, "a"), info.ModTime(), info.ModTime()))
		}, "a"},
		"removed": {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "b"))) }, "b"},
		"made":    {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "c"), "three") }, "c"},
		"another folder": {func(t *testing.T, dir string) {
			must(t, os.Rename(dir, dir+".old"))
			must(t, os.CopyFS(dir, os.DirFS(dir+".old")))
		}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "folder")
			must(t, os.Mkdir(dir, 0o777))
			put(t, filepath.Join(dir, "a"), "one")
			put(t, filepath.Join(dir, "b"), "two")
			w := disk.Watch(os.DirFS(dir))
			for file, want := range map[string]string{"a": "one", "b": "two"} {
				if b, err := fs.ReadFile(w, file); err != nil || string(b) != want {
					t.Fatalf("%s is %q, %v", file, b, err)
				}
			}
			if _, err := fs.Stat(w, "c"); !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			must(t, w.Unchanged())
			tt.change(t, dir)
			err := w.Unchanged()
			if tt.wrong == "" {
				must(t, err)
				return
			}
			if !errors.Is(err, disk.ErrChanged) || !strings.Contains(err.Error(), " "+tt.wrong+":") {
				t.Errorf("got %v, want an error that names %s", err, tt.wrong)
			}
			if _, again := w.Open(tt.wrong); !errors.Is(again, disk.ErrChanged) {
				t.Errorf("opened again: %v", again)
			}
		})
	}
}

// TestWatchedRemembers: a difference that was met once is not forgotten when the old file is
// back in its place.
func TestWatchedRemembers(t *testing.T) {
	dir := t.TempDir()
	a := filepath.Join(dir, "a")
	put(t, a, "one")
	w := disk.Watch(os.DirFS(dir))
	if _, err := fs.ReadFile(w, "a"); err != nil {
		t.Fatal(err)
	}
	must(t, os.Rename(a, a+".old"))
	put(t, a, "two")
	if _, err := w.Open("a"); !errors.Is(err, disk.ErrChanged) {
		t.Errorf("opened another file: %v", err)
	}
	must(t, os.Rename(a+".old", a))
	if err := w.Unchanged(); !errors.Is(err, disk.ErrChanged) {
		t.Errorf("got %v", err)
	}
}

// TestWatchedSettles: between opening a file and the check, every later write is found,
// however soon after the one before it happens and though it leaves the length as it is.
func TestWatchedSettles(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		a := filepath.Join(dir, "a")
		must(t, os.WriteFile(a, []byte("one"), 0o666))
		w := disk.Watch(os.DirFS(dir))
		f, err := w.Open("a")
		must(t, err)
		must(t, os.WriteFile(a, []byte("two"), 0o666))
		_, err = io.ReadAll(f)
		must(t, err)
		must(t, f.Close())
		if err := w.Unchanged(); !errors.Is(err, disk.ErrChanged) {
			t.Fatalf("a write within the same tick is not found: %v", err)
		}
	}
}

// restless is a folder with files that are written whenever somebody looks at them.
type restless struct{ dir string }

type restlessFile struct {
	*os.File
	path string
}

func (r restless) Open(name string) (fs.File, error) {
	f, err := os.Open(filepath.Join(r.dir, name))
	return restlessFile{f, filepath.Join(r.dir, name)}, err
}

func (f restlessFile) Stat() (fs.FileInfo, error) {
	now := time.Now()
	if err := os.Chtimes(f.path, now, now); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

// TestWatchedNeverSettles: a file that is written all the time is not opened.
func TestWatchedNeverSettles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a"), nil, 0o666))
	var err error
	for range 5 { // where a busy machine stalls this process for longer than a tick, the file is at rest for once
		if _, err = disk.Watch(restless{dir}).Open("a"); errors.Is(err, disk.ErrChanged) {
			return
		}
	}
	t.Errorf("got %v", err)
}

// TestWatchedMemory: files that are in no file system are compared by size and time, at once.
func TestWatchedMemory(t *testing.T) {
	files := fstest.MapFS{"a": {Data: []byte("one"), ModTime: time.Now()}}
	w := disk.Watch(files)
	if b, err := fs.ReadFile(w, "a"); err != nil || string(b) != "one" {
		t.Fatalf("%q, %v", b, err)
	}
	must(t, w.Unchanged())
	files["a"] = &fstest.MapFile{Data: []byte("three")}
	if err := w.Unchanged(); !errors.Is(err, disk.ErrChanged) {
		t.Errorf("got %v", err)
	}
}

// TestWatchedDevice: what would never end is not opened, through a link either.
func TestWatchedDevice(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Symlink(os.DevNull, filepath.Join(dir, "device")))
	if _, err := disk.Watch(os.DirFS(dir)).Open("device"); err == nil || !strings.Contains(err.Error(), "device: not a regular file") {
		t.Errorf("got %v", err)
	}
}
