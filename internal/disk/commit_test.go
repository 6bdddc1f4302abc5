package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/disk/disktest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree is every path under root: a file's content, a folder's type.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	m := map[string]string{}
	must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		must(t, err)
		name, err := filepath.Rel(root, path)
		must(t, err)
		m[name] = e.Type().String()
		if e.Type().IsRegular() {
			b, err := os.ReadFile(path)
			m[name] = string(b)
			return err
		}
		return nil
	}))
	return m
}

const folder = "d---------"

var (
	before = []disk.Content{{Name: "a", Data: []byte("old")}}
	after  = []disk.Content{{Name: "a", Data: []byte("new")}, {Name: "in/b", Data: []byte("deep")}, {Name: "in/c", Data: nil}}
)

// TestCommitBroken breaks a commit at each of its steps, over nothing and over a folder,
// by an error and by death: what is there afterwards is the old or the new, whole.
func TestCommitBroken(t *testing.T) {
	oldTree := map[string]string{".": folder, "a": "old"}
	newTree := map[string]string{".": folder, "a": "new", "in": folder, "in/b": "deep", "in/c": ""}
	for _, over := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			for at := 1; ; at++ {
				root := t.TempDir()
				dir := filepath.Join(root, "dir")
				if over {
					must(t, disk.Commit(disk.Real{}, dir, before, false))
				}
				start := tree(t, root)
				d := &disktest.Broken{At: at, Dead: dead}
				err := disk.Commit(d, dir, after, over)
				if d.Failed == "" {
					must(t, err)
					if at < 9 { // make 2, write 3, flush 2, place, flush
						t.Errorf("only %d steps", at-1)
					}
					break
				}
				if _, e := os.Stat(dir); e == nil || over {
					if got := tree(t, dir); !cmp.Equal(got, newTree) && (!over || !cmp.Equal(got, oldTree)) {
						t.Errorf("over %v, dead %v, step %d: half a folder: %v", over, dead, at, got)
					}
				}
				if err != nil && !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("over %v, dead %v, step %d: %v is not the cause", over, dead, at, err)
				}
				if got := tree(t, root); err != nil && !dead && !cmp.Equal(start, got) {
					t.Errorf("over %v, step %d left something (-before +after):\n%s", over, at, cmp.Diff(start, got))
				}
			}
		}
	}
}

func TestCommitMakesParents(t *testing.T) {
	root := t.TempDir()
	must(t, disk.Commit(disk.Real{}, filepath.Join(root, "x", "y")+"/", before, false))
	want := map[string]string{".": folder, "x": folder, "x/y": folder, "x/y/a": "old"}
	if diff := cmp.Diff(want, tree(t, root)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTempPattern: what a killed commit leaves matches the pattern by which it is found.
func TestTempPattern(t *testing.T) {
	root := t.TempDir()
	d := &disktest.Broken{At: 4, Dead: true}
	if disk.Commit(d, filepath.Join(root, "dir"), after, false) == nil {
		t.Fatal("a dead disk wrote")
	}
	left, err := filepath.Glob(filepath.Join(root, disk.TempPattern))
	if err != nil || len(left) != 1 || !strings.HasPrefix(filepath.Base(left[0]), ".dir.") {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestExchangeByRename: two folders change places, and an impossible exchange changes nothing.
func TestExchangeByRename(t *testing.T) {
	root := t.TempDir()
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	for _, dir := range []string{a, b} {
		must(t, os.Mkdir(dir, 0o777))
		must(t, os.WriteFile(filepath.Join(dir, filepath.Base(dir)), nil, 0o666))
	}
	must(t, disk.ExchangeByRename(a, b))
	want := map[string]string{".": folder, "a": folder, "b": folder, "a/b": "", "b/a": ""}
	if diff := cmp.Diff(want, tree(t, root)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := disk.ExchangeByRename(filepath.Join(root, "none"), b); err == nil {
		t.Error("exchanged with nothing")
	}
	if diff := cmp.Diff(want, tree(t, root)); diff != "" {
		t.Errorf("after a failed exchange (-want +got):\n%s", diff)
	}
}
