package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
)

// claimed opens a run in dir under root, and starts nothing.
func claimed(t testing.TB, root, dir string, resume bool) *Run {
	t.Helper()
	r, err := OpenRun(RunOptions{Root: root, Dir: dir, Task: "demo", Resume: resume, Now: clock})
	must(t, err)
	return r
}

// started makes dir a run that has done nothing yet, and lets go of it.
func started(t testing.TB, root, dir string) {
	t.Helper()
	r := claimed(t, root, dir, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, errors.Join(err, r.Close()))
}

// under lists every path below dir, folders with a slash behind; none if there is no dir.
func under(t testing.TB, dir string) []string {
	t.Helper()
	var paths []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if path == "." {
			return nil
		}
		if err == nil && e.IsDir() {
			path += "/"
		}
		paths = append(paths, path)
		return err
	})
	must(t, err)
	return paths
}

// TestClaim: claiming a folder writes the lock's file and nothing else.
func TestClaim(t *testing.T) {
	home := t.TempDir()
	r := claimed(t, filepath.Join(home, "runs"), "", false)
	want := []string{"runs/", "runs/demo-20260203-040506/", "runs/demo-20260203-040506/" + lockName}
	if got := under(t, home); !slices.Equal(got, want) {
		t.Errorf("claimed: %v, want %v", got, want)
	}
	must(t, r.Close())
}

// TestCloseClaimed: a folder that was claimed and not started is as it was before.
func TestCloseClaimed(t *testing.T) {
	for name, tt := range map[string]struct {
		before []string // folders with a slash behind
		dir    string   // "": by task and time
		during string   // a file that somebody adds meanwhile
		after  []string
	}{
		"nothing there":       {},
		"a folder for runs":   {before: []string{"runs/"}, after: []string{"runs/"}},
		"a run beside":        {before: []string{"runs/", "runs/other/"}, after: []string{"runs/", "runs/other/"}},
		"an empty folder":     {before: []string{"mine/"}, dir: "mine", after: []string{"mine/"}},
		"some of the parents": {before: []string{"a/"}, dir: "a/b/c", after: []string{"a/"}},
		"after a kill":        {before: []string{"mine/", "mine/" + lockName, "mine/.config.yaml-123"}, dir: "mine", after: []string{"mine/"}},
		"a file meanwhile":    {dir: "mine", during: "mine/notes", after: []string{"mine/", "mine/notes"}},
		"a run meanwhile":     {dir: "a/b", during: "a/c", after: []string{"a/", "a/c"}},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			for _, path := range tt.before {
				if strings.HasSuffix(path, "/") {
					must(t, os.Mkdir(filepath.Join(home, path), 0o777))
				} else {
					must(t, os.WriteFile(filepath.Join(home, path), nil, 0o666))
				}
			}
			dir := tt.dir
			if dir != "" {
				dir = filepath.Join(home, dir)
			}
			r := claimed(t, filepath.Join(home, "runs"), dir, false)
			if tt.during != "" {
				must(t, os.WriteFile(filepath.Join(home, tt.during), nil, 0o666))
			}
			must(t, r.Close())
			if got := under(t, home); !slices.Equal(got, tt.after) {
				t.Errorf("left %v, want %v", got, tt.after)
			}
		})
	}
}

// TestCloseRun: a run is left as it is, started or claimed to be resumed.
func TestCloseRun(t *testing.T) {
	root := filepath.Join(t.TempDir(), "runs")
	started(t, root, filepath.Join(root, "a"))
	want := under(t, root)
	for _, name := range []string{"a/" + SettingsName, "a/" + lockName, "a/" + LogName, startedName} {
		if !slices.Contains(want, name) {
			t.Errorf("a started run has %v, no %s", want, name)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "a", SettingsName))
	if err != nil || string(text) != string(settingsText) {
		t.Errorf("settings %q, %v", text, err)
	}
	must(t, claimed(t, root, filepath.Join(root, "a"), true).Close())
	if got := under(t, root); !slices.Equal(got, want) {
		t.Errorf("after a claim to resume: %v, before %v", got, want)
	}
}

// TestClaimKilled: a process that dies between claim and start leaves a folder that a new
// run may use. What the system does at its death is to release the lock.
func TestClaimKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	must(t, claimed(t, filepath.Dir(dir), dir, false).lock.release())
	if left := under(t, dir); !slices.Equal(left, []string{lockName}) {
		t.Errorf("left %v", left)
	}
	started(t, filepath.Dir(dir), dir)
}

// TestClaimsTogether: of those that claim one folder and let go of it again and again, one
// has it at a time, although each takes the folder and the lock's file with it.
func TestClaimsTogether(t *testing.T) {
	const contenders, claims = 6, 200
	home := t.TempDir()
	root := filepath.Join(home, "runs")
	dir := filepath.Join(root, "run")
	var holders, won atomic.Int32
	var all sync.WaitGroup
	for range contenders {
		all.Go(func() {
			for range claims {
				r, err := OpenRun(RunOptions{Root: root, Dir: dir, Now: clock})
				if err != nil {
					if fault.ClassOf(err) != fault.Locked {
						t.Errorf("refused with %v", err)
					}
					continue
				}
				won.Add(1)
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d have the folder", n)
				}
				time.Sleep(20 * time.Microsecond)
				holders.Add(-1)
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, path := range under(t, home) { // who loses after making the folder leaves it empty
		if !strings.HasSuffix(path, "/") {
			t.Errorf("left %s", path)
		}
	}
	t.Logf("%d claims of %d", won.Load(), contenders*claims)
	started(t, root, dir)
}
