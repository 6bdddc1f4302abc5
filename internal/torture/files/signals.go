//go:build linux

package files

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/torture/row"
)

// patience is how long a training may take to stop behind the end of its step.
const patience = 5 * time.Second

// stopped sends SIGINT and SIGTERM to trainings, once and twice.
func stopped(t *row.Trial) error {
	s, err := newTraining(t, 60, 7)
	if err != nil {
		return err
	}
	long, err := newLong(s)
	if err != nil {
		return err
	}
	for i := range t.Cases(100) {
		sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}[i/2%2]
		if i%2 == 0 {
			steps := 1 + t.Random.IntN(20)
			t.Go(fmt.Sprintf("%v after %d steps", sig, steps), func(dir string) error { return s.stops(dir, sig, steps) })
			continue
		}
		first := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[t.Random.IntN(3)]
		t.Case(fmt.Sprintf("%v, then %v", first, sig), func(dir string) error { return long.leaves(dir, first, sig) })
	}
	return nil
}

// talking is a training that has begun, and what it says.
type talking struct {
	*exec.Cmd
	out, talk bytes.Buffer
}

// begin begins a training.
func (s *training) begin(dir string, env []string, args ...string) (*talking, error) {
	p := &talking{Cmd: command(s.t, s.t, dir, args...)}
	p.Env = append(p.Env, env...)
	p.Stdout, p.Stderr = &p.out, &p.talk
	return p, p.Start()
}

// logged waits until the training's log has so many lines.
func (p *talking) logged(lines int) error {
	path := filepath.Join(p.Dir, place, "metrics.jsonl")
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil && bytes.Count(b, []byte("\n")) >= lines {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("no %d lines within a minute: %s", lines, p.talk.String()), p.Process.Kill(), p.Wait())
}

// stops asks a training to stop once, and goes on with it.
func (s *training) stops(dir string, sig syscall.Signal, steps int, env ...string) error {
	p, err := s.begin(dir, env, s.args...)
	if err == nil {
		err = p.logged(steps)
	}
	if err != nil {
		return err
	}
	sent := time.Now()
	if err := p.Process.Signal(sig); err != nil {
		return err
	}
	r, err := ended(p.Cmd, &p.out, &p.talk)
	if err != nil {
		return err
	}
	if took := time.Since(sent); took > patience {
		return fmt.Errorf("stopped after %v", took)
	}
	return errors.Join(s.saved(dir, r, sig), s.resume(dir))
}

// saved looks for the checkpoint of the last step of a training that was asked to stop.
func (s *training) saved(dir string, r *result, sig syscall.Signal) error {
	if want := 128 + int(sig); r.code != want {
		return fmt.Errorf("want exit code %d: %v", want, r)
	}
	b, err := os.ReadFile(filepath.Join(dir, place, "metrics.jsonl"))
	if err != nil {
		return err
	}
	done := fmt.Sprintf("step-%09d", bytes.Count(b, []byte(`"kind":"step"`)))
	return newest(dir, done)
}

// long is a training whose steps take long, so that to leave at once is not to finish a step.
type long struct {
	*training
	args []string
	once time.Duration // from one signal to the end of such a training
}

// atOnce is how soon a program leaves that is asked to twice.
const atOnce = 500 * time.Millisecond

// newLong looks for a size of batch at which a step takes long on this machine, with the slowest kernel: the built-in task has 8,000 sentences,
// which are no more than a second's work for a fast one.
func newLong(s *training) (*long, error) {
	l := &long{training: s}
	for batch := 512; batch <= 8<<10; batch *= 2 {
		l.args = slices.Concat(s.args, strings.Fields(fmt.Sprintf("--batch %d --max-train-examples %d --micro-batches 1 --kernel portable", batch, 2*batch)))
		err := scratch(func(dir string) error {
			p, err := l.begin(dir, nil, l.args...)
			if err != nil {
				return err
			}
			return l.measure(p)
		})
		if err != nil || l.once > 3*atOnce {
			return l, err
		}
	}
	return nil, fmt.Errorf("a step takes no longer than %v, whatever the batch", l.once)
}

// underway waits until a training is in its first step: its log is there, and nothing in it.
func (l *long) underway(p *talking) error {
	if err := p.logged(0); err != nil {
		return err
	}
	time.Sleep(atOnce / 4)
	return nil
}

func (l *long) measure(p *talking) error {
	if err := l.underway(p); err != nil {
		return err
	}
	sent := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	r, err := ended(p.Cmd, &p.out, &p.talk)
	l.once = time.Since(sent)
	if err == nil && r.code != 143 {
		err = fmt.Errorf("one signal: %v", r)
	}
	return err
}

// leaves asks a training to stop twice.
func (l *long) leaves(dir string, first, second syscall.Signal) error {
	p, err := l.begin(dir, nil, l.args...)
	if err == nil {
		err = l.underway(p)
	}
	if err == nil {
		err = p.Process.Signal(first)
	}
	if err != nil {
		return err
	}
	time.Sleep(atOnce / 10)
	sent := time.Now()
	if err := p.Process.Signal(second); err != nil {
		return err
	}
	r, err := ended(p.Cmd, &p.out, &p.talk)
	if err != nil {
		return err
	}
	if took := time.Since(sent); took > atOnce || r.code != 128+int(second) {
		return fmt.Errorf("left after %v, one signal takes %v: %v", took, l.once, r)
	}
	return nil
}
