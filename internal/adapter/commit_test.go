package adapter_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/disk/disktest"
)

// rankAt is the rank of the adapter in dir; 0 if there is no folder. Anything but a whole
// adapter fails the test.
func rankAt(t *testing.T, dir string) int {
	t.Helper()
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return 0
	}
	a, f, err := adapter.Load(dir)
	if err != nil {
		t.Fatalf("half an adapter: %v", err)
	}
	if f.Rank != a.Rank {
		t.Fatalf("provenance of rank %d beside an adapter of rank %d", f.Rank, a.Rank)
	}
	return a.Rank
}

// TestCommit breaks a save at each of its steps, over nothing and over an adapter of rank
// 2, by an error and by death.
func TestCommit(t *testing.T) {
	for _, over := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			at := 1
			for breakAt(t, over, dead, at) {
				at++
			}
			t.Logf("over %v, dead %v: %d steps broken", over, dead, at-1)
			if at < 9 { // make, four writes, flush, place, flush
				t.Errorf("only %d steps", at-1)
			}
		}
	}
}

// breakAt saves rank 4 over nothing or over rank 2 with a step that fails; false if the
// save has no such step.
func breakAt(t *testing.T, over, dead bool, at int) bool {
	t.Helper()
	root, old := t.TempDir(), 0
	dir := filepath.Join(root, "adapter")
	if over {
		first, err := trained(t).Slice(2)
		must(t, err)
		must(t, adapter.Save(dir, first, provenance(), adapter.SaveOptions{}))
		old = 2
	}
	before := tree(t, root)
	d := &disktest.Broken{At: at, Dead: dead}
	err := adapter.SaveWith(d, dir, trained(t), provenance(), adapter.SaveOptions{Replace: over})
	after, got := tree(t, root), rankAt(t, dir)
	switch {
	case d.Failed == "" && (err != nil || got != 4 || len(after) != 6): // the root, the folder, four files
		t.Errorf("over %v, nothing failed: rank %d, %v, %d paths", over, got, err, len(after))
	case got != old && got != 4:
		t.Errorf("over %v, dead %v, step %d: rank %d", over, dead, at, got)
	case err == nil && got != 4:
		t.Errorf("over %v, dead %v, step %d: no error, but rank %d", over, dead, at, got)
	case err != nil && (!strings.Contains(err.Error(), dir) || !errors.Is(err, syscall.ENOSPC)):
		t.Errorf("over %v, dead %v, step %d: %v does not say what failed where", over, dead, at, err)
	case err != nil && !dead && !cmp.Equal(before, after):
		t.Errorf("over %v, step %d left something (-before +after):\n%s", over, at, cmp.Diff(before, after))
	}
	return d.Failed != ""
}

// TestSaveLeavesAPublicFolder: the permissions are those of any new folder, not of a
// temporary one.
func TestSaveLeavesAPublicFolder(t *testing.T) {
	root := t.TempDir()
	must(t, os.Mkdir(filepath.Join(root, "plain"), 0o777))
	must(t, adapter.Save(filepath.Join(root, "saved"), trained(t), nil, adapter.SaveOptions{}))
	want, err := os.Stat(filepath.Join(root, "plain"))
	must(t, err)
	got, err := os.Stat(filepath.Join(root, "saved"))
	must(t, err)
	if got.Mode() != want.Mode() {
		t.Errorf("mode %v, a new folder has %v", got.Mode(), want.Mode())
	}
}
