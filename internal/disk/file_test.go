package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var errFull = errors.New("no space left on device")

func filled(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "sweep.csv")
	for _, want := range []string{"first\n", "second, and longer\n", "3\n"} {
		if err := WriteFile(path, filled(want)); err != nil || content(t, path) != want {
			t.Fatalf("WriteFile: %v, content %q, want %q", err, content(t, path), want)
		}
	}
	half := func(w io.Writer) error {
		if err := filled("half of i")(w); err != nil {
			return err
		}
		return errFull
	}
	err := WriteFile(path, half)
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), path) {
		t.Errorf("failing write: %v; want the cause and the path", err)
	}
	if got := content(t, path); got != "3\n" {
		t.Errorf("after a failed write the file holds %q", got)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm()&0o044 != 0o044 {
		t.Errorf("mode %v, %v: others cannot read it", i.Mode(), err)
	}
}

func TestWriteFileElsewhere(t *testing.T) {
	folder := t.TempDir()
	if err := WriteFile(filepath.Join(folder, "none", "x"), filled("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
	if err := WriteFile(folder, filled("x")); err == nil {
		t.Error("a folder was written over")
	}
	target, link := filepath.Join(folder, "target"), filepath.Join(folder, "link")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	if err := WriteFile(link, filled("new")); err != nil || content(t, target) != "new" {
		t.Errorf("through a link: %v, target holds %q", err, content(t, target))
	}
	if i, err := os.Lstat(link); err != nil || i.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", i, err)
	}
	if err := WriteFile(os.DevNull, filled("x")); err != nil {
		t.Errorf("to a device: %v", err)
	}
	if i, err := os.Stat(os.DevNull); err != nil || i.Mode()&os.ModeDevice == 0 {
		t.Fatalf("the device was replaced: %v, %v", i, err)
	}
}
