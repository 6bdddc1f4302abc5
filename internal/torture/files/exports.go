//go:build linux

package files

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// export is a command that writes something, tried in folders that are alike, and what it has to leave there.
type export struct {
	name   string
	args   []string
	env    []string
	places []string // of what it makes, or of what it puts into the place of something else
	single bool     // it refuses a place where something is
	cache  bool     // it goes on without what it cannot write

	prepare       func(dir string) error // what is there before
	before, after map[string]string      // the folder's files
	ops           []filetrace.Op         // of a run that nothing happens to
}

// tree is every file below dir, by its path: a file's hash, where a link leads, "folder". Of a page it is whether
// it is whole.
func tree(dir string) (map[string]string, error) {
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		in, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
		case e.IsDir():
			m[in] = "folder"
		case e.Type()&fs.ModeSymlink != 0:
			m[in], err = os.Readlink(path)
		default:
			var b []byte
			b, err = os.ReadFile(path)
			m[in] = fmt.Sprintf("%x", sha256.Sum256(b))
			if strings.HasSuffix(in, ".html") { // it has times that were measured
				m[in] = fmt.Sprintf("a page, with its end %v", strings.HasSuffix(strings.TrimSpace(string(b)), "</html>"))
			}
		}
		return err
	})
	return m, err
}

// below are the files of a tree at a path and below it.
func below(tree map[string]string, path string) map[string]string {
	m := map[string]string{}
	for name, what := range tree {
		if name == path || strings.HasPrefix(name, path+"/") {
			m[name] = what
		}
	}
	return m
}

// differences lists what is in one tree and not in the other.
func differences(got, want map[string]string) (all []string) {
	for name, what := range got {
		switch other, there := want[name]; {
		case !there:
			all = append(all, name+" is left")
		case what != other:
			all = append(all, name+" differs")
		}
	}
	for name := range want {
		if _, there := got[name]; !there {
			all = append(all, name+" is missing")
		}
	}
	slices.Sort(all)
	return all
}

// try runs the command in dir.
func (x *export) try(t *row.Trial, dir string) (*result, error) {
	c := command(t, t, dir, x.args...)
	c.Env = environment(dir, x.env...)
	return run(c)
}

// measure runs the command twice where nothing happens to it, and keeps what it does.
func (x *export) measure(t *row.Trial) error {
	return scratch(func(dir string) error {
		err := x.prepare(dir)
		if err == nil {
			x.before, err = tree(dir)
		}
		if err != nil {
			return err
		}
		r, err := tracedIn(t, dir, environment(dir, x.env...), false, nil, x.args...)
		if err != nil {
			return err
		}
		x.ops = r.ops
		if x.after, err = tree(dir); err != nil {
			return err
		}
		if r.code != 0 || len(differences(x.after, x.before)) == 0 {
			return fmt.Errorf("it makes nothing: %v", r)
		}
		return x.again(t, dir)
	})
}

// whole is an error if a place holds neither what was there before nor what the command makes.
func (x *export) whole(dir string) error {
	got, err := tree(dir)
	if err != nil {
		return err
	}
	for _, place := range x.places {
		is, was, will := below(got, place), below(x.before, place), below(x.after, place)
		if !maps.Equal(is, was) && !maps.Equal(is, will) {
			return fmt.Errorf("%s is half made: %s", place, strings.Join(differences(is, will), ", "))
		}
	}
	return nil
}

// again runs the command again, and wants the whole folder as it is where nothing has happened.
func (x *export) again(t *row.Trial, dir string) error {
	got, err := tree(dir)
	if err != nil {
		return err
	}
	there := x.single && maps.Equal(below(got, x.places[0]), below(x.after, x.places[0]))
	r, err := x.try(t, dir)
	if err != nil {
		return err
	}
	if there != (r.code == 2) || !there && r.code != 0 {
		return fmt.Errorf("again: %v", r)
	}
	if got, err = tree(dir); err != nil {
		return err
	}
	if d := differences(got, x.after); len(d) > 0 {
		return fmt.Errorf("run again, it leaves another folder: %s", strings.Join(d, ", "))
	}
	return nil
}

// named says whether a message names the path of an operation, or, of one on the folder that all is in, what is
// written there.
func (x *export) named(talk, dir string, o filetrace.Op) bool {
	in := func(place string) bool { return strings.Contains(talk, place) }
	return named(talk, dir, o) || o.Path == dir && slices.ContainsFunc(x.places, in)
}

// disturbed runs the command with something happening at its n-th operation. A download comes in parts, of which
// there may be fewer than before: then it is tried again with the last operation.
func (x *export) disturbed(t *row.Trial, dir string, n int, v filetrace.Verdict) (r *result, at filetrace.Op, err error) {
	for range 5 {
		if err := x.prepare(dir); err != nil {
			return nil, at, err
		}
		if r, err = tracedIn(t, dir, environment(dir, x.env...), false, filetrace.At(n, v), x.args...); err != nil {
			return nil, at, err
		}
		if len(r.ops) >= n {
			return r, r.ops[n-1], nil
		}
		n = len(r.ops)
		if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777)); err != nil {
			return nil, at, err
		}
	}
	return nil, at, fmt.Errorf("it makes another number of operations each time: %v", r)
}

// dies kills the command at an operation, looks at what is there, and runs it again.
func (x *export) dies(t *row.Trial, dir string, n int, v filetrace.Verdict) error {
	r, _, err := x.disturbed(t, dir, n, v)
	if err != nil {
		return err
	}
	if r.code != -1 {
		return fmt.Errorf("it was not killed: %v", r)
	}
	return errors.Join(x.whole(dir), x.again(t, dir))
}

// fails lets an operation of the command fail, looks at what it says and what is there, and runs it again.
func (x *export) fails(t *row.Trial, dir string, n int, v filetrace.Verdict) error {
	r, at, err := x.disturbed(t, dir, n, v)
	if err != nil {
		return err
	}
	switch {
	case r.code < 0 || strings.Contains(r.talk, "%!") || strings.Contains(r.talk, "goroutine "):
		err = fmt.Errorf("%v: %v", at, r)
	case r.code > 0 && v.Short:
		err = fmt.Errorf("half of %v was written, and the rest not: %v", at, r)
	case r.code > 0 && !x.named(r.talk, dir, at):
		err = fmt.Errorf("%v: the message does not name the path: %v", at, r)
	case r.code == 0 && !v.Short && !x.cache && !dispensable(at) && !x.named(r.talk, dir, at):
		err = fmt.Errorf("%v: not told: %v", at, r)
	case r.code == 0 && !x.cache:
		var got map[string]string
		if got, err = tree(dir); err == nil {
			for _, place := range x.places {
				if !maps.Equal(below(got, place), below(x.after, place)) {
					err = fmt.Errorf("%v: it ends well and %s is not what it makes: %v", at, place, r)
				}
			}
		}
	}
	return errors.Join(err, x.whole(dir), x.again(t, dir))
}
