package train

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// tryRun opens a run, starts it and closes it; the error is OpenRun's.
func tryRun(t *testing.T, o RunOptions) (string, error) {
	t.Helper()
	o.Task, o.Now = "demo", clock
	r, err := OpenRun(o)
	if err != nil {
		return "", err
	}
	l, _ := fakeLoop(t, fakeConfig())
	_, err = r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	return r.Dir, r.Close()
}

func TestOpenRunFolders(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	for _, want := range []string{"demo-20260203-040506", "demo-20260203-040506-2", "demo-20260203-040506-3"} {
		dir, err := tryRun(t, RunOptions{Root: root})
		must(t, err)
		latest, err := Latest(root)
		must(t, err)
		if dir != filepath.Join(root, want) || latest != dir {
			t.Errorf("run in %s, latest %s, want %s", dir, latest, want)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "a", "b")
	dir, err := tryRun(t, RunOptions{Root: root, Dir: elsewhere + "/"})
	must(t, err)
	if latest, err := Latest(root); err != nil || dir != elsewhere || latest != elsewhere {
		t.Errorf("run in %s, latest %s, %v", dir, latest, err)
	}
}

func TestOpenRunRefuses(t *testing.T) {
	root := t.TempDir()
	folder := func(name string, files ...string) string {
		dir := filepath.Join(root, name)
		must(t, os.MkdirAll(dir, 0o777))
		for _, f := range files {
			must(t, os.WriteFile(filepath.Join(dir, f), nil, 0o666))
		}
		return dir
	}
	tests := []struct {
		name   string
		dir    string
		resume bool
		class  fault.Class
		want   string
	}{
		{"a run", folder("run", "config.yaml", lockName), false, fault.Usage, "holds a run"},
		{"something else", folder("home", "thesis.tex"), false, fault.Usage, "is not empty (thesis.tex)"},
		{"resume nothing", filepath.Join(root, "none"), true, fault.Invalid, "there is no run to resume"},
		{"resume something else", folder("other", "thesis.tex"), true, fault.Invalid, "no config.yaml"},
		{"a file", filepath.Join(folder("dir", "file"), "file"), false, fault.Usage, "not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, _ := os.ReadDir(tt.dir)
			_, err := tryRun(t, RunOptions{Root: root, Dir: tt.dir, Resume: tt.resume})
			if err == nil || fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v (class %d), want %q", err, fault.ClassOf(err), tt.want)
			}
			reasons := map[string]fault.Reason{"a run": HoldsRun, "resume nothing": NothingToResume}
			if got := fault.ReasonOf(err); got != reasons[tt.name] {
				t.Errorf("reason %q, want %q", got, reasons[tt.name])
			}
			if after, _ := os.ReadDir(tt.dir); len(after) != len(before) {
				t.Errorf("a refused folder was changed: %v, now %v", before, after)
			}
		})
	}
	_, err := tryRun(t, RunOptions{Root: filepath.Join(root, "empty"), Resume: true})
	if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "there is no run yet") {
		t.Errorf("resume without a latest run: %v", err)
	}
}

// A process that was killed while it wrote its settings leaves a folder that a run can have.
func TestOpenRunAfterKill(t *testing.T) {
	for name, ours := range map[string]bool{".config.yaml-3180033250": true, ".config.yaml-old": false, ".config.yaml-": false} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, lockName), nil, 0o666))
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o666))
		_, err := tryRun(t, RunOptions{Root: t.TempDir(), Dir: dir})
		if (err == nil) != ours {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); (err == nil) == ours {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLock: of eight that open one folder at once, one gets it; when it lets go, the next.
func TestLock(t *testing.T) {
	const rounds, contenders = 100, 8
	root := t.TempDir()
	for range rounds {
		dir := filepath.Join(root, "run")
		runs := make([]*Run, contenders)
		errs := make([]error, contenders)
		var all sync.WaitGroup
		for i := range contenders {
			all.Go(func() { runs[i], errs[i] = OpenRun(RunOptions{Root: root, Dir: dir, Now: clock}) })
		}
		all.Wait()
		won := 0
		for i, r := range runs {
			if errs[i] == nil {
				won++
				must(t, r.Close())
			} else if fault.ClassOf(errs[i]) != fault.Locked || !strings.Contains(errs[i].Error(), dir) {
				t.Errorf("refused with %v", errs[i])
			}
		}
		if won != 1 {
			t.Fatalf("%d of %d have the folder", won, contenders)
		}
	}
}

// TestLockOwner: the message names the process; a lock whose owner is gone is free.
func TestLockOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := openRun(t, dir, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	_, err = tryRun(t, RunOptions{Root: filepath.Dir(dir), Dir: dir, Resume: true})
	if err == nil || !strings.Contains(err.Error(), "by process ") {
		t.Errorf("second: %v", err)
	}
	must(t, r.Close())
	must(t, os.WriteFile(filepath.Join(dir, lockName), []byte("999999\n"), 0o666))
	if _, err := tryRun(t, RunOptions{Root: filepath.Dir(dir), Dir: dir, Resume: true}); err != nil {
		t.Errorf("after the owner: %v", err)
	}
}

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
	must(t, point(root, filepath.Join(root, "b")))
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
