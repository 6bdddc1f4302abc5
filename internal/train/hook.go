package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Hook is a part of a run that is not the loop itself: the log, checkpoints, progress.
// Any of the functions may be nil; an error ends the run.
type Hook struct {
	Name      string                       // for messages
	Step      func(*Loop, Step) error      // after each optimizer step
	Phase     func(*Loop) error            // after the last step of the full-rank phase; in a group all processes are there, and end together where one fails
	Evaluated func(*Loop, Evaluated) error // after each evaluation
	Epoch     func(*Loop) error            // after an epoch and its evaluation
	Stop      func(*Loop) error            // a stop was asked for, and the step is finished
}

// Step reports one finished optimizer step.
type Step struct {
	Step     int     // from 1
	Epoch    int     // from 1
	Loss     float64 // mean over the step's sequences
	Ranks    []int   // the step's ranks, ascending, each once
	LR       float64
	GradNorm float64 // before clipping
	Examples int     // sequences learnt
	Tokens   int
}

// Evaluated reports one evaluation.
type Evaluated struct {
	Step   int // optimizer steps done
	Epoch  int // from 1
	Metric string
	Values Values
	By     *Evaluation // of the metric that decides, where it is another
	Best   bool        // none was better so far
}

// ErrStopped is in the chain of what Run returns when its context ended it.
var ErrStopped = errors.New("stopped")

// Stopped says after which step a run was stopped, and why: the cause of its context.
type Stopped struct {
	Step  int
	Cause error
}

func (s *Stopped) Error() string { return fmt.Sprintf("stopped after step %d: %v", s.Step, s.Cause) }

// Unwrap is ErrStopped and the cause.
func (s *Stopped) Unwrap() []error { return []error{ErrStopped, s.Cause} }

// stop lets the hooks save what they keep.
func (l *Loop) stop(ctx context.Context) error {
	if err := l.agree(l.call(func(h Hook) error { return run(h.Stop, l) })); err != nil {
		return err
	}
	cause := context.Cause(ctx)
	if l.group != nil {
		cause = &Asked{l.together}
	}
	return &Stopped{Step: l.state.Step, Cause: cause}
}

// call calls f with each hook, up to the first error.
func (l *Loop) call(f func(Hook) error) error {
	for _, h := range l.hooks {
		if err := f(h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	return nil
}

func run(f func(*Loop) error, l *Loop) error {
	if f == nil {
		return nil
	}
	return f(l)
}

func run2[T any](f func(*Loop, T) error, l *Loop, v T) error {
	if f == nil {
		return nil
	}
	return f(l, v)
}

// distinct is the ranks of a window, ascending, each once.
func distinct(ranks [][]int) []int {
	all := slices.Concat(ranks...)
	slices.Sort(all)
	return slices.Compact(all)
}
