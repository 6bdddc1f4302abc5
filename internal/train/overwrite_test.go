package train

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// overwrite opens a run that replaces the one in dir.
func overwrite(t *testing.T, dir string) *Run {
	t.Helper()
	r, err := OpenRun(RunOptions{Root: filepath.Dir(dir), Dir: dir, Task: "demo", Overwrite: true, Now: clock})
	must(t, err)
	return r
}

// begin starts a run with settings of its own.
func begin(t *testing.T, r *Run, settings string) *Loop {
	t.Helper()
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, []byte(settings), CheckpointPolicy{})
	must(t, err)
	return l
}

func settingsIn(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, SettingsName))
	must(t, err)
	return string(b)
}

// TestOverwrite: the old run stays as it is until the new one is complete, which then has its place and
// is the newest; nothing is left beside it.
func TestOverwrite(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a")
	started(t, root, dir)
	must(t, os.WriteFile(filepath.Join(dir, "old.txt"), nil, 0o666))
	before := under(t, dir)

	r := overwrite(t, dir)
	if r.Dir != dir+besideEnding || r.Place() != dir {
		t.Errorf("trained in %s, for %s", r.Dir, r.Place())
	}
	l := begin(t, r, "task: new\n")
	must(t, l.Run(t.Context()))
	if after := under(t, dir); !slices.Equal(after, before) || settingsIn(t, dir) != string(settingsText) {
		t.Errorf("meanwhile the old run holds %v, before %v", after, before)
	}
	if _, err := OpenRun(RunOptions{Root: root, Dir: dir, Resume: true, Now: clock}); fault.ClassOf(err) != fault.Locked {
		t.Errorf("a resume of the old run meanwhile: %v", err)
	}
	notes, err := r.Complete()
	must(t, errors.Join(err, r.Close()))
	if settingsIn(t, dir) != "task: new\n" || r.Dir != dir || len(notes) > 0 {
		t.Errorf("settings %q, run in %s, notes %q", settingsIn(t, dir), r.Dir, notes)
	}
	for _, name := range []string{"old.txt", replacesName} {
		if slices.Contains(under(t, dir), name) {
			t.Errorf("the new run has %s", name)
		}
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 3 { // a, latest, started
		t.Errorf("beside the run: %v, %v", entries, err)
	}
	latest, err := Latest(root)
	newest, errNewest := Started(root)
	if latest != dir || newest != dir || err != nil || errNewest != nil {
		t.Errorf("latest %s, started %s", latest, newest)
	}
	must(t, claimed(t, root, dir, true).Close()) // the lock is free
}

// TestOverwriteStopped: a run that was stopped on its way to another's place is resumed and takes it; one that
// is begun anew instead clears what was left.
func TestOverwriteStopped(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a")
	started(t, root, dir)
	stop := func(settings string) {
		r := overwrite(t, dir)
		begin(t, r, settings)
		must(t, os.WriteFile(filepath.Join(r.Dir, "left.txt"), nil, 0o666))
		must(t, r.Close())
	}
	stop("task: first\n")
	stop("task: second\n")
	if left := under(t, dir+besideEnding); settingsIn(t, dir+besideEnding) != "task: second\n" || settingsIn(t, dir) != string(settingsText) {
		t.Errorf("beside %v", left)
	}
	r := claimed(t, root, dir+besideEnding, true)
	if r.Place() != dir {
		t.Errorf("resumed for %s", r.Place())
	}
	begin(t, r, "task: third\n") // of which nothing was trained yet
	_, err := r.Complete()
	must(t, errors.Join(err, r.Close()))
	if got := settingsIn(t, dir); got != "task: third\n" {
		t.Errorf("in its place: %q", got)
	}
	if _, err := os.Lstat(dir + besideEnding); err == nil {
		t.Error("the folder beside is left")
	}
}

// TestOverwriteNothing: where there is no run, the new one is an ordinary one; what is no run is not
// overwritten; a run that is trained in is not, and leaves nothing beside it.
func TestOverwriteNothing(t *testing.T) {
	root := t.TempDir()
	r := overwrite(t, filepath.Join(root, "new"))
	if r.Dir != filepath.Join(root, "new") || r.Place() != r.Dir {
		t.Errorf("a new run in %s", r.Dir)
	}
	begin(t, r, "task: a\n")
	try := func(name string) error {
		_, err := OpenRun(RunOptions{Root: root, Dir: filepath.Join(root, name), Overwrite: true, Now: clock})
		return err
	}
	if err := try("new"); fault.ClassOf(err) != fault.Locked {
		t.Errorf("a run in use: %v", err)
	}
	must(t, r.Close())
	if _, err := os.Lstat(filepath.Join(root, "new"+besideEnding)); err == nil {
		t.Error("a refused overwrite leaves a folder")
	}
	must(t, os.Mkdir(filepath.Join(root, "thesis"), 0o777))
	must(t, os.WriteFile(filepath.Join(root, "thesis", "thesis.tex"), nil, 0o666))
	if err := try("thesis"); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("another folder: %v", err)
	}
	started(t, root, filepath.Join(root, "new"+besideEnding)) // a run of somebody's own, by chance of that name
	if err := try("new"); fault.ReasonOf(err) != HoldsRun {
		t.Errorf("another run is in the way: %v", err)
	}
}

// TestReplaced: only the name of a folder beside the run counts.
func TestReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a.new")
	must(t, os.Mkdir(dir, 0o777))
	for text, want := range map[string]string{
		"a\n": filepath.Join(filepath.Dir(dir), "a"), "": "", ".": "", "..": "", "../a": "", "/etc": "", "a.new": "", "a/b": "",
	} {
		must(t, os.WriteFile(filepath.Join(dir, replacesName), []byte(text), 0o666))
		if got := replaced(dir); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// failingExchange is a disk whose folders cannot be exchanged.
type failingExchange struct{ disk.Real }

func (failingExchange) Exchange(a, b string) error { return errors.New("no exchange") }

// TestOverwriteFails: where the folders cannot be exchanged, both runs are whole, and the error says where.
func TestOverwriteFails(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a")
	started(t, root, dir)
	r := overwrite(t, dir)
	begin(t, r, "task: new\n")
	r.disk = failingExchange{}
	_, err := r.Complete()
	if err == nil || !strings.Contains(err.Error(), dir+besideEnding+": the new run is complete, and cannot take the place of "+dir) {
		t.Errorf("%v", err)
	}
	must(t, r.Close())
	if settingsIn(t, dir) != string(settingsText) || settingsIn(t, dir+besideEnding) != "task: new\n" {
		t.Error("a run was changed")
	}
	if replaced(dir) != "" || replaced(dir+besideEnding) != dir {
		t.Error("the marks are others")
	}
}

// killedRemoval is a disk on which nothing is removed any more, as if the process were killed before.
type killedRemoval struct{ disk.Real }

func (killedRemoval) RemoveAll(string) error { return errors.New("killed") }

// TestOverwriteKilled: a process that is killed once the runs have changed places leaves the old one beside, which takes no place when it
// is resumed, and which the next try clears.
func TestOverwriteKilled(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a")
	started(t, root, dir)
	r := overwrite(t, dir)
	begin(t, r, "task: new\n")
	r.disk = killedRemoval{}
	if _, err := r.Complete(); err == nil {
		t.Fatal("nothing failed")
	}
	must(t, r.Close())
	if settingsIn(t, dir) != "task: new\n" || settingsIn(t, dir+besideEnding) != string(settingsText) {
		t.Error("the runs have not changed places")
	}
	for _, name := range []string{dir, dir + besideEnding} {
		again := claimed(t, root, name, true)
		if again.Place() != name {
			t.Errorf("%s, resumed, is for %s", name, again.Place())
		}
		must(t, again.Close())
	}
	r = overwrite(t, dir)
	begin(t, r, "task: newer\n")
	_, err := r.Complete()
	must(t, errors.Join(err, r.Close()))
	if _, err := os.Lstat(dir + besideEnding); err == nil || settingsIn(t, dir) != "task: newer\n" {
		t.Error("the next try has not cleared what was left")
	}
}
