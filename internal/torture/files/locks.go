//go:build linux

package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/dylora/dylora/internal/torture/row"
)

// atATime is how many processes want one run folder.
const atATime = 8

// lockExit is the exit code of a process whose run folder is another's.
const lockExit = 5

// locked has eight processes want one run folder, new or to be resumed, after an owner that has died and
// with locks of others.
func locked(t *row.Trial) error {
	s, err := newTraining(t, 200, 50)
	if err != nil {
		return err
	}
	kinds := []struct {
		name string
		try  func(dir string) error
	}{
		{"a new run", func(dir string) error { return s.crowd(dir, s.args) }},
		{"a run whose owner was killed", s.afterDeath},
		{"a new run", func(dir string) error { return s.crowd(dir, s.args) }},
		{"a run whose owner was killed", s.afterDeath},
		{"a lock of a process id that is another's by now", func(dir string) error { return s.deadLock(dir, strconv.Itoa(os.Getpid())+"\n") }},
		{"what another host has left", func(dir string) error { return s.deadLock(dir, "1@another-host\n") }},
		{"a lock of a living process", func(dir string) error { return s.livingLock(dir, strconv.Itoa(os.Getpid())+"\n") }},
		{"a lock of a living process of another host", func(dir string) error { return s.livingLock(dir, "999999999\n") }},
		{"a lock of a living process that says nothing", func(dir string) error { return s.livingLock(dir, "") }},
		{"a run whose owner was killed", s.afterDeath},
	}
	for i := range t.Cases(100) {
		k := kinds[i%len(kinds)]
		t.Case(k.name, k.try)
	}
	return nil
}

// crowd starts eight processes at once: one trains, and the others are refused.
func (s *training) crowd(dir string, args []string) error {
	var all []*talking
	var failed error
	for range atATime {
		p, err := s.begin(dir, nil, args...)
		if err != nil {
			failed = err
			break
		}
		all = append(all, p)
	}
	won := 0
	for _, p := range all {
		r, err := ended(p.Cmd, &p.out, &p.talk)
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case r.code == 0:
			won++
		case r.code != lockExit || !strings.Contains(r.talk, place+" is in use") || strings.Count(r.talk, "\n") != 1:
			failed = errors.Join(failed, fmt.Errorf("want one line that the folder is in use: %v", r))
		}
	}
	if failed == nil && won != 1 {
		failed = fmt.Errorf("%d of %d processes trained", won, atATime)
	}
	return errors.Join(failed, s.same(dir))
}

// afterDeath kills the owner of a run in the middle, and has eight processes take it over.
func (s *training) afterDeath(dir string) error {
	p, err := s.begin(dir, nil, s.args...)
	if err == nil {
		err = p.logged(10)
	}
	if err == nil {
		err = p.Process.Kill()
	}
	if err != nil {
		return err
	}
	if r, err := ended(p.Cmd, &p.out, &p.talk); err != nil || r.signal != syscall.SIGKILL {
		return errors.Join(err, fmt.Errorf("it was not killed: %v", r))
	}
	return s.crowd(dir, append(slices.Clone(s.args), "--resume"))
}

// lockFile writes the lock's file of a run, as an owner has left it.
func lockFile(dir, text string) (path string, err error) {
	folder := filepath.Join(dir, place)
	path = filepath.Join(folder, ".lock")
	return path, errors.Join(os.MkdirAll(folder, 0o777), os.WriteFile(path, []byte(text), 0o666))
}

// deadLock trains where a file tells of an owner, and nobody has the lock.
func (s *training) deadLock(dir, text string) error {
	if _, err := lockFile(dir, text); err != nil {
		return err
	}
	return s.resume(dir)
}

// livingLock is refused while this process has the lock, whatever the file says, and trains afterwards.
func (s *training) livingLock(dir, text string) error {
	path, err := lockFile(dir, text)
	if err != nil {
		return err
	}
	l := flock.New(path)
	if ok, err := l.TryLock(); !ok || err != nil {
		return fmt.Errorf("the lock cannot be taken: %w", err)
	}
	r, err := dylora(s.t, dir, s.args...)
	if err == nil && (r.code != lockExit || !strings.Contains(r.talk, place+" is in use")) {
		err = fmt.Errorf("the lock is taken: %v", r)
	}
	if err := errors.Join(err, l.Close()); err != nil {
		return err
	}
	return s.resume(dir)
}
