//go:build linux

package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// killedWriting kills commands that write, at one of their operations, and trainings as a queue does that
// takes a job back.
func killedWriting(t *row.Trial) error {
	all, done, err := writers(t)
	if err != nil {
		return err
	}
	defer done()
	defer t.Wait()
	s, err := newTraining(t, 40, 7)
	if err != nil {
		return err
	}
	q, err := newQueued(s)
	if err != nil {
		return err
	}
	for i := range t.Cases(100) {
		if i%5 == 0 {
			after, grace := time.Duration(t.Random.Float64()*float64(s.took)), time.Duration(t.Random.IntN(100))*time.Millisecond
			t.Go(fmt.Sprintf("a job that is taken back after %v, %v before it is killed", after, grace), func(dir string) error { return q.requeued(dir, after, grace) })
			continue
		}
		x := all[(i-1-i/5)%len(all)]
		n := 1 + t.Random.IntN(len(x.ops))
		v, when := filetrace.Verdict{KillBefore: true}, "before"
		if t.Random.IntN(2) == 0 {
			v, when = filetrace.Verdict{KillAfter: true}, "after"
		}
		t.Go(fmt.Sprintf("%s, killed %s %v", x.name, when, x.ops[n-1]), func(dir string) error { return x.dies(t, dir, n, v) })
	}
	return nil
}

// writingFails lets every operation of the commands that write fail, in each way.
func writingFails(t *row.Trial) error {
	all, done, err := writers(t)
	if err != nil {
		return err
	}
	defer done()
	defer t.Wait()
	type trial struct {
		x *export
		n int
		v filetrace.Verdict
	}
	var trials []trial
	seen := map[filetrace.Kind]bool{}
	for _, x := range all {
		for i, o := range x.ops {
			seen[o.Kind] = true
			errors := diskErrors
			if x.cache { // each takes long
				errors = diskErrors[i%len(diskErrors):][:1]
			}
			for _, errno := range errors {
				trials = append(trials, trial{x, i + 1, filetrace.Verdict{Errno: errno}})
			}
			if o.Kind == filetrace.Write && o.Result > 1 {
				trials = append(trials, trial{x, i + 1, filetrace.Verdict{Short: true}})
			}
		}
	}
	for _, kind := range []filetrace.Kind{filetrace.Open, filetrace.Write, filetrace.Sync, filetrace.Close, filetrace.Rename, filetrace.Symlink, filetrace.Map} {
		if !seen[kind] {
			return fmt.Errorf("no command makes a %s", kind)
		}
	}
	for _, i := range t.Pick(len(trials)) {
		c := trials[i]
		what := "half of it"
		if !c.v.Short {
			what = c.v.Errno.Error()
		}
		t.Go(fmt.Sprintf("%s, %v: %s", c.x.name, c.x.ops[c.n-1], what), func(dir string) error { return c.x.fails(t, dir, c.n, c.v) })
	}
	return nil
}

// queued is a training as the only job of a plan.
type queued struct {
	*training
	plan string
}

// newQueued makes a plan of the training.
func newQueued(s *training) (*queued, error) {
	q := &queued{training: s}
	study := "runs: " + place + "\nsettings:\n"
	for i := 1; i < len(s.args); i++ {
		key := strings.TrimPrefix(s.args[i], "--")
		if key == "run" || key == "quiet" {
			if key == "run" {
				i++
			}
			continue
		}
		i++
		study += fmt.Sprintf("  %s: %s\n", strings.ReplaceAll(key, "-", "_"), s.args[i])
	}
	err := scratch(func(dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "study.yaml"), []byte(study+"arms: [{name: x}]\n"), 0o666); err != nil {
			return err
		}
		r, err := dylora(s.t, dir, "plan", "study.yaml")
		if err == nil && r.code != 0 {
			err = fmt.Errorf("plan: %v", r)
		}
		if err == nil {
			q.plan = r.out
		}
		return err
	})
	return q, err
}

// requeued runs the job as a queue does that takes it back: SIGTERM, SIGKILL, and the same command on the same files.
func (q *queued) requeued(dir string, after, grace time.Duration) error {
	if err := os.WriteFile(filepath.Join(dir, "plan.jsonl"), []byte(q.plan), 0o666); err != nil {
		return err
	}
	job := []string{"run", "plan.jsonl"}
	p, err := q.begin(dir, []string{"SLURM_JOB_ID=1"}, job...)
	if err != nil {
		return err
	}
	time.Sleep(after)
	group := -p.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM) // it may have ended
	time.Sleep(grace)
	_ = syscall.Kill(group, syscall.SIGKILL)
	if _, err := ended(p.Cmd, &p.out, &p.talk); err != nil {
		return err
	}
	r, err := dylora(q.t, dir, job...)
	if err == nil && r.code != 0 {
		err = errors.New("again: " + r.String())
	}
	if err != nil {
		return err
	}
	return q.same(dir)
}
