package disk

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestLeftBehind: what killed processes have left beside a place is removed by the next that writes there, and
// what living ones have, or what is called otherwise, is not.
func TestLeftBehind(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("nothing is locked here")
	}
	long := strings.Repeat("x", 255)
	for _, base := range []string{"out", "out.csv", long} {
		dir := t.TempDir()
		place := filepath.Join(dir, base)
		folder, held, err := newFolder(Real{}, place)
		if err != nil {
			t.Fatal(err)
		}
		file, mine, err := newFile(place)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "a"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
		others := []string{".out.csv", ".out.0123456", ".out.0123456x", ".out-", ".out-12x", "out.01234567", ".other.01234567", ".other-12"}
		for _, name := range others {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		write := func() []string {
			if err := WriteFile(place, func(io.Writer) error { return nil }); err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, e := range entries {
				if e.Name() != base && !slices.Contains(others, e.Name()) {
					left = append(left, e.Name())
				}
			}
			if len(entries) != len(left)+len(others)+1 {
				t.Errorf("%.20s: other files were removed: %v", base, entries)
			}
			return left
		}
		if left := write(); len(left) != 2 {
			t.Errorf("%.20s: of living processes is left %v", base, left)
		}
		held.release()
		mine.release()
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if left := write(); len(left) != 0 {
			t.Errorf("%.20s: left %v", base, left)
		}
	}
}

// TestHold: of two that want a folder one has it, and nobody has one that is gone.
func TestHold(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("nothing is locked here")
	}
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	first, err := hold(dir)
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	if second, err := hold(dir); err == nil {
		t.Errorf("two have it: %v", second)
	}
	first.release()
	again, err := hold(dir)
	if err != nil || again == nil {
		t.Fatal(again, err)
	}
	again.release()
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if gone, err := hold(dir); err == nil {
		t.Errorf("held %v", gone)
	}
}

// TestMkdirAll makes what is missing, and refuses a file.
func TestMkdirAll(t *testing.T) {
	root := t.TempDir()
	for range 2 {
		if err := MkdirAll(filepath.Join(root, "a", "b", "c")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := MkdirAll(filepath.Join(root, "file", "below")); err == nil || !strings.Contains(err.Error(), filepath.Join(root, "file")) {
		t.Error(err)
	}
}
