package train

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestLatest(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, latestName)
	if _, err := Latest(root); fault.ClassOf(err) != fault.Invalid || fault.ReasonOf(err) != NoRun {
		t.Errorf("none: %v", err)
	}
	must(t, os.Mkdir(filepath.Join(root, "a"), 0o777))
	must(t, os.WriteFile(path, []byte("a\n"), 0o666)) // as on a system without links
	if got, err := Latest(root); err != nil || got != filepath.Join(root, "a") {
		t.Errorf("by a file: %s, %v", got, err)
	}
	must(t, point(root, latestName, filepath.Join(root, "b")))
	if _, err := Latest(root); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "not there") {
		t.Errorf("dangling: %v", err)
	}
	must(t, os.Remove(path))
	must(t, os.Mkdir(path, 0o777)) // a folder that a user made
	if got, err := Latest(root); err != nil || got != path {
		t.Errorf("a folder: %s, %v", got, err)
	}
	dir, err := tryRun(t, RunOptions{Root: root, Dir: filepath.Join(root, "c")})
	if err != nil || dir == "" {
		t.Errorf("a run beside a folder called latest: %v", err)
	}
}

// TestPoint: what latest points to is relative where the run is under the root, so that
// the whole folder can be moved, and absolute elsewhere.
func TestPoint(t *testing.T) {
	home := t.TempDir()
	root := filepath.Join(home, "runs")
	for _, tt := range []struct{ dir, target string }{
		{filepath.Join(root, "a"), "a"},
		{filepath.Join(root, "task", "b"), filepath.Join("task", "b")},
		{filepath.Join(home, "c"), filepath.Join(home, "c")},
		{filepath.Join(home, "runs-2"), filepath.Join(home, "runs-2")},
	} {
		must(t, os.MkdirAll(tt.dir, 0o777))
		must(t, point(root, latestName, tt.dir))
		if target, err := os.Readlink(filepath.Join(root, latestName)); err != nil || target != tt.target {
			t.Errorf("%s: points to %s, %v; want %s", tt.dir, target, err, tt.target)
		}
		if got, err := Latest(root); err != nil || got != tt.dir {
			t.Errorf("latest is %s, %v; want %s", got, err, tt.dir)
		}
	}
	must(t, point(root, latestName, filepath.Join(root, "a")))
	moved := filepath.Join(home, "moved")
	must(t, os.Rename(root, moved))
	if got, err := Latest(moved); err != nil || got != filepath.Join(moved, "a") {
		t.Errorf("in the moved folder: %s, %v", got, err)
	}
	left, err := filepath.Glob(filepath.Join(moved, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestPointFails: without a root that can be written it is an error, and nothing is left.
func TestPointFails(t *testing.T) {
	root := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(root, nil, 0o666))
	if err := point(root, latestName, filepath.Join(root, "a")); err == nil {
		t.Error("a file is no root")
	}
	root = t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, latestName, "full"), 0o777))
	if err := point(root, latestName, filepath.Join(root, "a")); err == nil {
		t.Error("a folder was replaced")
	}
	if left := under(t, root); len(left) != 2 {
		t.Errorf("left %v", left)
	}
}

// TestStarted: the run started last is not the one finished last, and where only one of the two is known,
// as in folders of older versions, it is both.
func TestStarted(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b"} {
		must(t, os.Mkdir(filepath.Join(root, name), 0o777))
	}
	if _, err := Started(root); fault.ReasonOf(err) != NoRun {
		t.Errorf("none: %v", err)
	}
	must(t, point(root, startedName, filepath.Join(root, "a")))
	if _, err := Latest(root); fault.ReasonOf(err) != NoneFinished || !strings.Contains(err.Error(), "the newest is "+filepath.Join(root, "a")) {
		t.Errorf("none finished: %v", err)
	}
	must(t, point(root, latestName, filepath.Join(root, "b")))
	latest, err := Latest(root)
	started, errStarted := Started(root)
	if err != nil || errStarted != nil || latest != filepath.Join(root, "b") || started != filepath.Join(root, "a") {
		t.Errorf("latest %s, %v, started %s, %v", latest, err, started, errStarted)
	}
	must(t, os.Remove(filepath.Join(root, startedName)))
	if started, err := Started(root); err != nil || started != latest {
		t.Errorf("of an older version: %s, %v", started, err)
	}
}
