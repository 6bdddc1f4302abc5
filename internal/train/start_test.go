package train

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

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
