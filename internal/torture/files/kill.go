//go:build linux

package files

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// killedAnywhere kills a training with SIGKILL, each time in another part of its time, at random there.
func killedAnywhere(t *row.Trial) error {
	s, err := newTraining(t, 40, 7)
	if err != nil {
		return err
	}
	cases := t.Cases(50)
	for i := range cases {
		share := (float64(i) + t.Random.Float64()) / float64(cases)
		after := time.Duration(share * float64(s.took))
		t.Case(fmt.Sprintf("killed after %v of %v", after.Round(time.Millisecond), s.took.Round(time.Millisecond)), func(dir string) error { return s.killed(dir, after) })
	}
	return nil
}

// killed kills a training after some time, and goes on with it.
func (s *training) killed(dir string, after time.Duration) error {
	c := command(s.t, s.t, dir, s.args...)
	if err := c.Start(); err != nil {
		return err
	}
	time.Sleep(after)
	_ = c.Process.Kill()         // it may have ended
	_ = c.Wait()                 // by the signal
	if c.ProcessState.Exited() { // with time to spare: the files are those of a whole run
		return s.same(dir)
	}
	return errors.Join(checkpoint(dir, nil), s.resume(dir))
}

// killedInSave kills a training before and after each operation on its checkpoints.
func killedInSave(t *row.Trial) error {
	s, err := newTraining(t, 12, 4)
	if err != nil {
		return err
	}
	var saving []filetrace.Op
	if err := scratch(func(dir string) error {
		r, err := traced(t, dir, false, nil, s.args...)
		if err != nil {
			return err
		}
		for _, o := range r.ops {
			if strings.Contains(o.Path+o.To, "/checkpoints") {
				saving = append(saving, o)
			}
		}
		return s.same(dir)
	}); err != nil {
		return err
	}
	if len(saving) < 30 { // four checkpoints of two files
		return fmt.Errorf("only %d operations on checkpoints", len(saving))
	}
	for _, i := range t.Pick(2 * len(saving)) {
		v, when := filetrace.Verdict{KillBefore: true}, "before"
		if i%2 == 1 {
			v, when = filetrace.Verdict{KillAfter: true}, "after"
		}
		at := saving[i/2]
		t.Go(fmt.Sprintf("killed %s %v", when, at), func(dir string) error {
			r, err := traced(t, dir, false, filetrace.At(at.N, v), s.args...)
			if err != nil {
				return err
			}
			if r.code != -1 {
				return fmt.Errorf("it was not killed: %v", r)
			}
			return errors.Join(checkpoint(dir, r.ops), s.resume(dir))
		})
	}
	return nil
}
