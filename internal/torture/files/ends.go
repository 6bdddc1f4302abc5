//go:build linux

package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/torture/row"
)

// endedByOthers ends programs in the ways of schedulers, terminals and pipes: SIGXCPU, SIGHUP, SIGTERM and SIGKILL soon after, and
// a reader of stdout that has gone.
func endedByOthers(t *row.Trial) error {
	s, err := newTraining(t, 60, 7)
	if err != nil {
		return err
	}
	return scratch(func(dir string) error {
		p, err := newPiped(s, dir)
		if err != nil {
			return err
		}
		defer t.Wait()
		for i := range t.Cases(400) {
			s.end(p, i)
		}
		return nil
	})
}

// end tries the i-th of the cases.
func (s *training) end(p *piped, i int) {
	t, steps, chance := s.t, 1+s.t.Random.IntN(20), s.t.Random.Float64()
	switch i % 4 {
	case 0:
		t.Go(fmt.Sprintf("SIGXCPU after %d steps", steps), func(dir string) error { return s.stops(dir, syscall.SIGXCPU, steps) })
	case 1:
		t.Go(fmt.Sprintf("SIGHUP after %d steps", steps), func(dir string) error { return s.hangsUp(dir, steps) })
	case 2:
		grace := []time.Duration{time.Second, time.Duration(chance * float64(100*time.Millisecond))}[i/4%2]
		var env []string
		if i/8%2 == 0 {
			env = []string{"SLURM_JOB_ID=1"}
		}
		t.Go(fmt.Sprintf("SIGTERM after %d steps, SIGKILL %v later, %v", steps, grace, env), func(dir string) error { return s.terminated(dir, env, steps, grace) })
	default:
		name := p.names[i/4%len(p.names)]
		t.Go(fmt.Sprintf("%s into a pipe that is closed after %.2f of it", name, chance), func(dir string) error { return p.closed(dir, name, chance) })
	}
}

// hangsUp closes the terminal of a training: the readers of its output are gone, and SIGHUP comes twice, from the shell and
// from the system.
func (s *training) hangsUp(dir string, steps int) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	c := command(s.t, s.t, dir, s.args...)
	c.Stdout, c.Stderr = write, write
	p := &talking{Cmd: c}
	if err := errors.Join(c.Start(), write.Close()); err != nil {
		return err
	}
	if err := p.logged(steps); err != nil {
		return err
	}
	if err := errors.Join(read.Close(), c.Process.Signal(syscall.SIGHUP)); err != nil {
		return err
	}
	_ = c.Process.Signal(syscall.SIGHUP) // it may have ended
	r, err := ended(c, &p.out, &p.talk)
	if err != nil {
		return err
	}
	return errors.Join(s.saved(dir, r, syscall.SIGHUP), s.resume(dir))
}

// terminated sends SIGTERM, and SIGKILL if the training has not ended in time.
func (s *training) terminated(dir string, env []string, steps int, grace time.Duration) error {
	p, err := s.begin(dir, env, s.args...)
	if err == nil {
		err = p.logged(steps)
	}
	if err == nil {
		err = p.Process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		return err
	}
	kill := time.AfterFunc(grace, func() { _ = p.Process.Kill() }) // it may have ended
	defer kill.Stop()
	r, err := ended(p.Cmd, &p.out, &p.talk)
	switch {
	case err != nil:
		return err
	case r.signal == syscall.SIGKILL && grace < time.Second:
		err = checkpoint(dir, nil)
	default: // a second is enough for a step and a checkpoint of this size
		err = s.saved(dir, r, syscall.SIGTERM)
	}
	return errors.Join(err, s.resume(dir))
}

// piped are commands that print much, on a run that is finished.
type piped struct {
	t      *row.Trial
	source string // a folder with the run, and texts
	names  []string
	args   map[string][]string
	whole  map[string]string // what each prints
	files  map[string]string // of such a folder, as they leave it
}

// newPiped trains, and runs each command with a reader that reads all. What it makes is below dir.
func newPiped(s *training, dir string) (*piped, error) {
	p := &piped{t: s.t, source: filepath.Join(dir, "source"), names: []string{"predict", "sweep", "slice", "inspect"}, whole: map[string]string{}}
	p.args = map[string][]string{
		"predict": strings.Fields("predict --json --in texts.txt --adapter " + place),
		"sweep":   strings.Fields("sweep --json --adapter " + place),
		"slice":   strings.Fields("slice --json --rank 1,2 --out out --force --adapter " + place),
		"inspect": strings.Fields("inspect --json --adapter " + place),
	}
	err := os.Mkdir(p.source, 0o777)
	if err == nil {
		err = os.WriteFile(filepath.Join(p.source, "texts.txt"), bytes.Repeat([]byte("a good film\n"), 3000), 0o666)
	}
	if err == nil {
		_, err = well(dylora(s.t, p.source, s.args...))
	}
	used := filepath.Join(dir, "used")
	if err == nil {
		err = os.CopyFS(used, os.DirFS(p.source))
	}
	for _, name := range p.names {
		if err != nil {
			break
		}
		p.whole[name], err = well(dylora(s.t, used, p.args[name]...))
	}
	if err == nil {
		p.files, err = tree(used)
	}
	return p, err
}

// well is what a command printed that had to end well.
func well(r *result, err error) (string, error) {
	if err == nil && r.code != 0 {
		err = errors.New(r.String())
	}
	if err != nil {
		return "", err
	}
	return r.out, nil
}

// closed reads a part of what a command prints and closes the pipe. The program ends by SIGPIPE, or well if it has printed all; what it writes
// to files is whole or absent.
func (p *piped) closed(dir, name string, part float64) error {
	if err := os.CopyFS(dir, os.DirFS(p.source)); err != nil {
		return err
	}
	before, err := tree(dir)
	if err != nil {
		return err
	}
	c := command(p.t, p.t, dir, p.args[name]...)
	var talk bytes.Buffer
	c.Stderr = &talk
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return err
	}
	_, err = io.CopyN(io.Discard, out, int64(part*float64(len(p.whole[name]))/2))
	if err := errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, c.Wait())
	}
	r, err := ended(c, &bytes.Buffer{}, &talk)
	if err != nil {
		return err
	}
	if r.code != 0 && r.signal != syscall.SIGPIPE || strings.Contains(r.talk, "goroutine ") {
		return fmt.Errorf("want an end by SIGPIPE: %v", r)
	}
	after, err := tree(dir)
	if err != nil {
		return err
	}
	if is := below(after, "out"); len(is) > 0 && !maps.Equal(is, below(p.files, "out")) {
		return fmt.Errorf("out is half made: %s", strings.Join(differences(is, below(p.files, "out")), ", "))
	}
	for name, what := range after {
		if what != before[name] && what != p.files[name] {
			return fmt.Errorf("%s is half made", name)
		}
	}
	return nil
}
