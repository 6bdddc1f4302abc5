package train

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// TestResumeKeepsSettings: Start of a resumed run of the same length does not write its settings.
func TestResumeKeepsSettings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r := claimed(t, filepath.Dir(dir), dir, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, errors.Join(err, l.Run(t.Context()), r.Close()))
	r = claimed(t, filepath.Dir(dir), dir, true)
	l, _ = fakeLoop(t, fakeConfig())
	_, err = r.Start(l, []byte("task: other\n"), CheckpointPolicy{})
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

// TestStartedMoves when a run starts: not by a claim, and not by a resume that is refused.
// That it cannot be moved is a note. What is the latest only a run that is complete changes.
func TestStartedMoves(t *testing.T) {
	root := t.TempDir()
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	is := func(want string) {
		t.Helper()
		if got, err := Started(root); err != nil || got != want {
			t.Errorf("started is %s, %v; want %s", got, err, want)
		}
	}
	r := claimed(t, root, a, false)
	l, _ := fakeLoop(t, fakeConfig())
	_, err := r.Start(l, settingsText, CheckpointPolicy{Every: 1, Inputs: map[string]string{"model": "abc"}})
	must(t, errors.Join(err, l.Run(t.Context())))
	if _, err := Latest(root); fault.ReasonOf(err) != NoneFinished {
		t.Errorf("before a run is complete: %v", err)
	}
	notes, err := r.Complete()
	must(t, errors.Join(err, r.Close()))
	if latest, err := Latest(root); err != nil || latest != a || len(notes) > 0 {
		t.Errorf("latest is %s, %v, notes %q", latest, err, notes)
	}
	is(a)
	r = claimed(t, root, b, false)
	is(a)
	l, _ = fakeLoop(t, fakeConfig())
	_, err = r.Start(l, settingsText, CheckpointPolicy{})
	must(t, err)
	is(b)
	must(t, r.Close())
	if latest, err := Latest(root); err != nil || latest != a {
		t.Errorf("a start changes the latest: %s, %v", latest, err)
	}

	r = claimed(t, root, a, true)
	l, _ = fakeLoop(t, fakeConfig())
	_, err = r.Start(l, nil, CheckpointPolicy{Inputs: map[string]string{"model": "abd"}})
	if fault.ClassOf(err) != fault.Usage {
		t.Errorf("other inputs: %v", err)
	}
	is(b)
	must(t, r.Close())
	r = claimed(t, root, a, true)
	_, err = r.Start(l, nil, CheckpointPolicy{Inputs: map[string]string{"model": "abc", "data": "1"}, MayDiffer: []string{"data"}})
	must(t, errors.Join(err, r.Close()))
	is(a)

	must(t, os.Remove(filepath.Join(root, startedName)))
	must(t, os.MkdirAll(filepath.Join(root, startedName, "full"), 0o777))
	r = claimed(t, root, filepath.Join(root, "c"), false)
	resumed, err := r.Start(l, settingsText, CheckpointPolicy{})
	must(t, errors.Join(err, r.Close()))
	if len(resumed.Notes) != 1 || !strings.Contains(resumed.Notes[0], startedName) {
		t.Errorf("notes %q", resumed.Notes)
	}
}
