package train

import (
	"os"
	"path/filepath"
	"strings"
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
		newest, err := Started(root)
		must(t, err)
		if dir != filepath.Join(root, want) || newest != dir {
			t.Errorf("run in %s, newest %s, want %s", dir, newest, want)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "a", "b")
	dir, err := tryRun(t, RunOptions{Root: root, Dir: elsewhere + "/"})
	must(t, err)
	if newest, err := Started(root); err != nil || dir != elsewhere || newest != elsewhere {
		t.Errorf("run in %s, newest %s, %v", dir, newest, err)
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
