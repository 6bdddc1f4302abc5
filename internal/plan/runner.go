package plan

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// Runner trains the lines of a plan that are not complete, each in a process of its own, so that
// a crash ends one training and not the others.
type Runner struct {
	Order
	Plan    *Plan
	Threads int // of all trainings together

	// Process makes the process that trains a line with so many threads. It has to finish its step,
	// save and end when its standard input ends: that also happens when this process dies.
	Process func(l *Line, threads int) *exec.Cmd
	Say     func(line string)
	Now     func() time.Time
}

// outcome is how the process of a line ended.
type outcome struct {
	line  *Line
	state State
	why   string
	took  time.Duration
}

// Run trains what is missing, stopped or failed, and skips what is complete or running elsewhere.
// When ctx ends, the processes save and end, and the error is that of ctx. Otherwise the
// error lists the lines that failed, of class Failure. Folders with runs of other settings
// are an error of class Usage before anything is started.
func (r *Runner) Run(ctx context.Context) error {
	todo, err := r.todo()
	if err != nil {
		return err
	}
	jobs := max(1, min(r.Jobs, len(todo)))
	lines, outcomes := make(chan *Line), make(chan outcome)
	var workers sync.WaitGroup
	for i := range jobs {
		threads := max(1, r.Threads/jobs)
		if i < r.Threads%jobs && r.Threads > jobs {
			threads++
		}
		workers.Go(func() {
			for l := range lines {
				outcomes <- r.train(ctx, l, threads)
			}
		})
	}
	go func() {
		defer close(lines)
		for _, l := range todo {
			select {
			case lines <- l:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(outcomes)
	}()
	return r.follow(ctx, newForecast(todo, jobs), outcomes)
}

// todo are the lines that have to be trained. The results of complete ones are appended.
func (r *Runner) todo() (todo []*Line, err error) {
	var foreign []error
	count := map[State]int{}
	for i := range r.Plan.Lines {
		l := &r.Plan.Lines[i]
		if err := r.Plan.Check(l); err != nil {
			return nil, err
		}
		s, err := Look(r.Plan, l)
		if err != nil {
			foreign = append(foreign, err)
			continue
		}
		count[s.State]++
		switch s.State {
		case Done:
			if err := r.append(l); err != nil {
				return nil, err
			}
		case Running:
		default:
			todo = append(todo, l)
		}
	}
	if len(foreign) > 0 {
		return nil, fault.Usagef("%w", errors.Join(foreign...))
	}
	text := fmt.Sprintf("%d trainings: %d complete, %d to do", len(r.Plan.Lines), count[Done], len(todo))
	for _, s := range []State{Stopped, Failed} {
		if count[s] > 0 {
			text += fmt.Sprintf(", of them %d %s before", count[s], s)
		}
	}
	if count[Running] > 0 {
		text += fmt.Sprintf(", %d running in other processes", count[Running])
	}
	r.Say(text)
	return todo, nil
}

// train trains one line in a process.
func (r *Runner) train(ctx context.Context, l *Line, threads int) outcome {
	o := outcome{line: l, state: Failed}
	start := r.Now()
	c := r.Process(l, threads)
	var talk tail
	c.Stderr = &talk
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		o.why = err.Error()
		return o
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-ended:
		}
		_ = in.Close() // the process may be gone
	}()
	err = c.Wait()
	close(ended)
	o.took = r.Now().Sub(start)
	return r.judge(ctx, o, c, err, talk.String())
}

// judge finds out by the run folder and the exit code how a process ended. A failure that
// the process could not note itself is noted.
func (r *Runner) judge(ctx context.Context, o outcome, c *exec.Cmd, ended error, talk string) outcome {
	s, err := Look(r.Plan, o.line)
	switch {
	case err != nil:
		o.why = err.Error()
	case s.State == Done:
		o.state = Done
		if err := r.append(o.line); err != nil {
			o.state, o.why = Failed, err.Error()
		}
	case ctx.Err() != nil, s.State == Running, c.ProcessState.ExitCode() > 128: // of dylora after a signal
		o.state = Stopped
		if s.State == Running {
			o.state = Running
		}
	case s.State == Failed:
		o.why = s.Why
	default:
		o.why = crash(talk, ended)
		if err := writeFailure(o.line, o.why); err != nil {
			o.why += "; " + err.Error()
		}
	}
	return o
}

// crash is why a process ended that left no note: what it says itself, the line that Go's runtime
// begins its report with, or how it ended.
func crash(talk string, ended error) string {
	var said []string
	for line := range strings.Lines(talk) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "dylora: "); ok {
			said = append(said, text)
		}
		for _, begin := range []string{"panic: ", "fatal error: "} {
			if strings.HasPrefix(line, begin) {
				return line
			}
		}
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, "\n")
	case ended == nil:
		return "the process ended without a result"
	}
	return "the process ended with " + ended.Error()
}

// follow tells of each line that ends, and at the end what went wrong.
func (r *Runner) follow(ctx context.Context, f *forecast, outcomes <-chan outcome) error {
	var bad []string
	for o := range outcomes {
		f.note(o)
		text := fmt.Sprintf("%d of %d: %s %s", f.ended, f.total, o.line.Run, o.state)
		switch o.state {
		case Done:
			text += " in " + evaluate.Duration(o.took.Seconds()) + r.reached(o.line)
		case Failed:
			text += ": " + strings.ReplaceAll(o.why, "\n", "; ")
		}
		if rest := f.rest(); rest > 0 && ctx.Err() == nil {
			text += "; about " + evaluate.Duration(rest.Seconds()) + " left"
		}
		r.Say(text)
		if o.state == Failed {
			bad = append(bad, fmt.Sprintf("%s (index %d): %s", o.line.Run, o.line.Index, strings.ReplaceAll(o.why, "\n", "; ")))
		} else if o.state != Done {
			bad = append(bad, fmt.Sprintf("%s (index %d): %s", o.line.Run, o.line.Index, o.state))
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("the trainings were stopped: %w", err)
	}
	if len(bad) > 0 {
		return fmt.Errorf("%d of %d trainings are not complete:\n%s", len(bad), f.total, strings.Join(bad, "\n"))
	}
	return nil
}
