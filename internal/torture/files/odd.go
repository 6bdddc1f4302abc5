//go:build linux

package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// odd is what the cases of odd surroundings share.
type odd struct {
	*training
	writers map[string]*export
}

// oddCase is one of them.
type oddCase struct {
	name string
	try  func(dir string) error
}

// oddSurroundings trains and exports where something that is usual is missing, full, or called otherwise.
func oddSurroundings(t *row.Trial) error {
	all, done, err := writers(t)
	if err != nil {
		return err
	}
	defer done()
	defer t.Wait()
	o := &odd{writers: map[string]*export{}}
	for _, x := range all {
		o.writers[x.name] = x
	}
	if o.training, err = newTraining(t, 12, 4); err != nil {
		return err
	}
	cases := slices.Concat(o.systems(), o.homes(), o.names(), o.masks(), o.clocks(), o.mounts())
	for _, i := range t.Pick(len(cases)) {
		t.Go(cases[i].name, cases[i].try)
	}
	return nil
}

// systems are file systems and containers that lack a call.
func (o *odd) systems() (all []oddCase) {
	add := func(name string, try func(dir string) error) { all = append(all, oddCase{name, try}) }
	lacks := func(kind filetrace.Kind, errno syscall.Errno, of func(filetrace.Op) bool) func(filetrace.Op) filetrace.Verdict {
		return func(op filetrace.Op) filetrace.Verdict {
			if op.Kind == kind && of(op) {
				return filetrace.Verdict{Errno: errno}
			}
			return filetrace.Verdict{}
		}
	}
	every := func(filetrace.Op) bool { return true }
	exchange := func(op filetrace.Op) bool { return op.Flags&unix.RENAME_EXCHANGE != 0 }
	folder := func(op filetrace.Op) bool {
		info, err := os.Stat(op.Path)
		return err == nil && info.IsDir()
	}
	for _, errno := range []syscall.Errno{syscall.ENOSYS, syscall.EOPNOTSUPP, syscall.ENOLCK} {
		no := lacks(filetrace.Lock, errno, every)
		add(fmt.Sprintf("no locks (%v), a training", errno), func(dir string) error { return o.noLocks(dir, no) })
		for _, name := range []string{"slice", "slice over another", "merge", "predict over another"} {
			add(fmt.Sprintf("no locks (%v), %s", errno, name), func(dir string) error { return o.lacking(dir, o.writers[name], no) })
		}
	}
	for _, errno := range []syscall.Errno{syscall.ENOSYS, syscall.EINVAL, syscall.EOPNOTSUPP, syscall.EPERM} {
		no := lacks(filetrace.Rename, errno, exchange)
		add(fmt.Sprintf("no exchange (%v), a slice", errno), func(dir string) error { return o.lacking(dir, o.writers["slice over another"], no) })
		add(fmt.Sprintf("no exchange (%v), a run that is replaced", errno), func(dir string) error { return o.overwritten(dir, no) })
	}
	for _, errno := range []syscall.Errno{syscall.EINVAL, syscall.EOPNOTSUPP} {
		no := lacks(filetrace.Sync, errno, folder)
		add(fmt.Sprintf("no flush of folders (%v), a training", errno), func(dir string) error { return o.trains(dir, no) })
		add(fmt.Sprintf("no flush of folders (%v), a slice", errno), func(dir string) error { return o.lacking(dir, o.writers["slices"], no) })
	}
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.EOPNOTSUPP, syscall.ENOSYS} {
		no := lacks(filetrace.Symlink, errno, every)
		add(fmt.Sprintf("no links (%v), a training", errno), func(dir string) error { return o.trains(dir, no) })
		add(fmt.Sprintf("no links (%v), a download", errno), func(dir string) error { return o.copies(dir, no) })
	}
	return all
}

// noLocks is refused, and leaves nothing.
func (o *odd) noLocks(dir string, no func(filetrace.Op) filetrace.Verdict) error {
	r, err := traced(o.t, dir, false, no, o.args...)
	if err != nil {
		return err
	}
	if r.code != 1 || !strings.Contains(r.talk, place) || !strings.Contains(r.talk, "has no locks") {
		return fmt.Errorf("want a line that the file system has no locks: %v", r)
	}
	left, err := os.ReadDir(dir)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("it leaves %v", left)
	}
	if err != nil {
		return err
	}
	return o.resume(dir)
}

// trains to the same end.
func (o *odd) trains(dir string, no func(filetrace.Op) filetrace.Verdict) error {
	if _, err := well(traced(o.t, dir, false, no, o.args...)); err != nil {
		return err
	}
	if err := o.same(dir); err != nil {
		return err
	}
	_, err := well(dylora(o.t, dir, "inspect")) // of runs/latest
	return err
}

// overwritten trains in the place of another run.
func (o *odd) overwritten(dir string, no func(filetrace.Op) filetrace.Verdict) error {
	if _, err := well(dylora(o.t, dir, append(slices.Clone(o.args), "--max-steps", "1")...)); err != nil {
		return err
	}
	if _, err := well(traced(o.t, dir, false, no, append(slices.Clone(o.args), "--overwrite")...)); err != nil {
		return err
	}
	left, err := os.ReadDir(filepath.Join(dir, "runs"))
	if err != nil {
		return err
	}
	for _, e := range left {
		if !slices.Contains([]string{"x", "latest", "started"}, e.Name()) {
			return fmt.Errorf("%s is left", e.Name())
		}
	}
	return o.same(dir)
}

// lacking runs a command to the same end.
func (o *odd) lacking(dir string, x *export, no func(filetrace.Op) filetrace.Verdict) error {
	if err := x.prepare(dir); err != nil {
		return err
	}
	if _, err := well(tracedIn(o.t, dir, environment(dir, x.env...), false, no, x.args...)); err != nil {
		return err
	}
	got, err := tree(dir)
	if err == nil {
		if d := differences(got, x.after); len(d) > 0 {
			err = errors.New(strings.Join(d, ", "))
		}
	}
	return err
}

// copies downloads where there are no links: the snapshot has files of the same content.
func (o *odd) copies(dir string, no func(filetrace.Op) filetrace.Verdict) error {
	x := o.writers["Hub download"]
	if _, err := well(tracedIn(o.t, dir, environment(dir, x.env...), false, no, x.args...)); err != nil {
		return err
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, "hf", "hub", "models--org--tiny", "snapshots"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		got, err := os.ReadFile(path)
		want, e2 := os.ReadFile(filepath.Join(o.t.Root, "internal", "reftest", "testdata", "bert", "model", e.Name()))
		if err := errors.Join(err, e2); err != nil {
			return err
		}
		if string(got) != string(want) {
			return fmt.Errorf("%s differs", path)
		}
		return nil
	})
	if err == nil && files == 0 {
		err = errors.New("no files")
	}
	if err != nil {
		return err
	}
	_, err = well(x.try(o.t, dir))
	return err
}

// clocks are those that go backwards: files have times to come. The clock itself cannot be set for one program,
// which reads it without a call to the system.
func (o *odd) clocks() (all []oddCase) {
	for name, at := range map[string]time.Time{"a day ahead": time.Now().Add(24 * time.Hour), "of 2100": time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), "of 1970": time.Unix(0, 0)} {
		all = append(all, oddCase{"a run with times " + name, func(dir string) error {
			if _, err := well(dylora(o.t, dir, o.args...)); err != nil {
				return err
			}
			if err := os.RemoveAll(filepath.Join(dir, place, "checkpoints", o.last)); err != nil {
				return err
			}
			if err := dated(dir, at); err != nil {
				return err
			}
			return o.resume(dir)
		}}, oddCase{"a cache with times " + name, func(dir string) error {
			x := o.writers["packed cache"]
			if err := x.prepare(dir); err != nil {
				return err
			}
			if _, err := well(x.try(o.t, dir)); err != nil {
				return err
			}
			return errors.Join(dated(filepath.Join(dir, "cache"), at), x.again(o.t, dir))
		}})
	}
	slices.SortFunc(all, func(a, b oddCase) int { return strings.Compare(a.name, b.name) })
	return all
}

// dated gives everything below dir a time of modification.
func dated(dir string, at time.Time) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		return os.Chtimes(path, at, at)
	})
}
