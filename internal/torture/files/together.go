//go:build linux

package files

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/torture/row"
)

// writtenTogether has eight processes write to one place at once.
func writtenTogether(t *row.Trial) error {
	all, done, err := writers(t)
	if err != nil {
		return err
	}
	defer done()
	for i := range t.Cases(100) {
		x := all[i%len(all)]
		t.Case(fmt.Sprintf("%s by %d processes", x.name, atATime), func(dir string) error { return x.together(t, dir) })
	}
	return nil
}

// together runs the command in eight processes at once. One at least ends well, the others do or say in
// a line why not, and the outcome is that of one.
func (x *export) together(t *row.Trial, dir string) error {
	if err := x.prepare(dir); err != nil {
		return err
	}
	var procs []*talking
	var failed error
	for range atATime {
		p := &talking{Cmd: command(t, t, dir, x.args...)}
		p.Env = environment(dir, x.env...)
		p.Stdout, p.Stderr = &p.out, &p.talk
		if failed = p.Start(); failed != nil {
			break
		}
		procs = append(procs, p)
	}
	won := 0
	for _, p := range procs {
		r, err := ended(p.Cmd, &p.out, &p.talk)
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case r.code == 0:
			won++
		case r.code < 0 || !x.refused(r):
			failed = errors.Join(failed, fmt.Errorf("want one line that says why: %v", r))
		}
	}
	if failed != nil || won == 0 {
		return errors.Join(failed, fmt.Errorf("%d of %d ended well", won, atATime))
	}
	got, err := tree(dir)
	if err != nil {
		return err
	}
	for _, place := range x.places {
		if is, want := below(got, place), below(x.after, place); !maps.Equal(is, want) {
			return fmt.Errorf("%s: %s", place, strings.Join(differences(is, want), ", "))
		}
	}
	return x.again(t, dir)
}

// refused says whether a process has told in one line that a place has something by now, which is the only reason not to write.
func (x *export) refused(r *result) bool {
	var lines []string
	for line := range strings.Lines(r.talk) {
		if strings.HasPrefix(line, "dylora: ") {
			lines = append(lines, line)
		}
	}
	there := func(place string) bool {
		return strings.Contains(lines[0], place) && strings.Contains(lines[0], "exist")
	}
	return len(lines) == 1 && slices.ContainsFunc(x.places, there)
}
