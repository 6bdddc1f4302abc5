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

	"github.com/gofrs/flock"

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
	for _, name := range []string{"a/" + SettingsName, "a/" + lockName, "a/" + logName, latestName} {
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

// TestResumeKeepsSettings: Start of a resumed run does not write its settings.
func TestResumeKeepsSettings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	started(t, filepath.Dir(dir), dir)
	r := claimed(t, filepath.Dir(dir), dir, true)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, []byte("task: other\n"), CheckpointPolicy{})
	must(t, errors.Join(err, r.Close()))
	if text, err := os.ReadFile(filepath.Join(dir, SettingsName)); err != nil || string(text) != string(settingsText) {
		t.Errorf("settings %q, %v", text, err)
	}
}

// TestStartFirstWritesSettings: without them nothing else is written.
func TestStartFirstWritesSettings(t *testing.T) {
	home := t.TempDir()
	root, dir := filepath.Join(home, "runs"), filepath.Join(home, "mine")
	r := claimed(t, root, dir, false)
	must(t, os.Mkdir(filepath.Join(dir, SettingsName), 0o777)) // cannot be replaced by a file
	l, _ := fakeLoop(t, fakeConfig())
	if _, err := r.Start(l, settingsText, CheckpointPolicy{}); err == nil || !strings.Contains(err.Error(), SettingsName) {
		t.Errorf("%v does not name the settings", err)
	}
	must(t, os.Remove(filepath.Join(dir, SettingsName)))
	must(t, r.Close())
	if left := under(t, home); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// TestLatestMoves when a run starts: not by a claim, and not by a resume that is refused.
// That it cannot be moved is a note.
func TestLatestMoves(t *testing.T) {
	root := t.TempDir()
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	is := func(want string) {
		t.Helper()
		if got, err := Latest(root); err != nil || got != want {
			t.Errorf("latest is %s, %v; want %s", got, err, want)
		}
	}
	r := claimed(t, root, a, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 1, Inputs: map[string]string{"model": "abc"}})
	must(t, errors.Join(err, l.Run(t.Context()), r.Close()))
	is(a)
	r = claimed(t, root, b, false)
	is(a)
	l, _ = fakeLoop(t, fakeConfig())
	_, err = r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	is(b)
	must(t, r.Close())

	r = claimed(t, root, a, true)
	l, _ = fakeLoop(t, fakeConfig())
	_, err = r.Start(l, nil, CheckpointPolicy{Inputs: map[string]string{"model": "abd"}})
	if fault.ClassOf(err) != fault.Usage {
		t.Errorf("other inputs: %v", err)
	}
	is(b)
	must(t, r.Close())
	r = claimed(t, root, a, true)
	_, err = r.Start(l, nil, CheckpointPolicy{Inputs: map[string]string{"model": "abc"}})
	must(t, errors.Join(err, r.Close()))
	is(a)

	must(t, os.Remove(filepath.Join(root, latestName)))
	must(t, os.MkdirAll(filepath.Join(root, latestName, "full"), 0o777))
	r = claimed(t, root, filepath.Join(root, "c"), false)
	resumed, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, errors.Join(err, r.Close()))
	if len(resumed.Notes) != 1 || !strings.Contains(resumed.Notes[0], latestName) {
		t.Errorf("notes %q", resumed.Notes)
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

// TestLockInPlace: a lock is worth something while its file is the one at its path.
func TestLockInPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockName)
	l := flock.New(path)
	if ok, err := l.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer l.Close()
	must(t, inPlace(l))
	must(t, os.Remove(path))
	if err := inPlace(l); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	must(t, os.WriteFile(path, nil, 0o666))
	if err := inPlace(l); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another file: %v", err)
	}
}
