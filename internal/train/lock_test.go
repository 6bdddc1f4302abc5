package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gofrs/flock"

	"github.com/dylora/dylora/internal/fault"
)

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

// TestOwner is the process that a lock's file names, and nothing for what is no number.
func TestOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockName)
	if got := owner(path); got != "" {
		t.Errorf("without a file: %q", got)
	}
	for text, want := range map[string]string{"123\n": " by process 123", "": "", "me\n": "", " 7 ": " by process 7"} {
		must(t, os.WriteFile(path, []byte(text), 0o666))
		if got := owner(path); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
