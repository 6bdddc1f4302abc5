// Package interrupt ends a context by the signals that ask a program to stop: by a person, a closed terminal or a scheduler.
package interrupt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/dylora/dylora/internal/cluster"
)

// Error is the cause of a context that a signal ended.
type Error struct{ sig syscall.Signal }

func (e *Error) Error() string { return fmt.Sprintf("stopped by %s", signalName(e.sig)) }

// ExitCode is the shell's: 129 for SIGHUP, 130 for SIGINT, 138 for SIGUSR1 and 152 for SIGXCPU (on Linux), 143 for SIGTERM.
func (e *Error) ExitCode() int { return 128 + int(e.sig) }

// BySignal is ExitCode, under a name that no other error has.
func (e *Error) BySignal() int { return e.ExitCode() }

// Ended is the signal that a program ends by with an error of its work under a context of Watch: one that came to this process, or, of
// several that work together, to another (*train.Asked); nil: none.
func Ended(ctx context.Context, err error) *Error {
	var stopped interface {
		error
		BySignal() (exitCode int)
	}
	if errors.As(err, &stopped) || errors.Is(err, context.Canceled) && errors.As(context.Cause(ctx), &stopped) {
		return &Error{syscall.Signal(stopped.BySignal() - 128)}
	}
	return nil
}

func signalName(s syscall.Signal) string {
	switch s {
	case syscall.SIGHUP:
		return "SIGHUP"
	case syscall.SIGTERM:
		return "SIGTERM"
	}
	if s == cpuLimit {
		return "SIGXCPU"
	}
	if s == cluster.SaveSignal { // which elsewhere than on Unix is SIGTERM
		return "SIGUSR1"
	}
	return "SIGINT"
}

// Watch gives a context that the first SIGINT, SIGTERM, SIGHUP, SIGUSR1 or SIGXCPU ends, with a
// Error as its cause: training then finishes its step and writes a checkpoint. A second
// SIGINT or SIGTERM leaves at once, but for SIGTERM in a job of Slurm, which sends it more than
// once and has a time limit of its own. A SIGHUP that was ignored when the program started, as
// under nohup, stays ignored.
func Watch(parent context.Context, talk io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	arrived := make(chan os.Signal, 4)
	signal.Notify(arrived, syscall.SIGINT, syscall.SIGTERM, cluster.SaveSignal)
	if cpuLimit != 0 {
		signal.Notify(arrived, cpuLimit)
	}
	if !signal.Ignored(syscall.SIGHUP) { // Notify would end that
		signal.Notify(arrived, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go func() { obey(arrived, done, cancel, talk, os.Exit, cluster.Scheduled(os.Getenv)) }()
	return ctx, func() {
		signal.Stop(arrived)
		close(done)
		cancel(nil)
	}
}

// obey serves arrived until done is closed; exit does not return. A terminal that is
// closed can send SIGHUP twice, by the shell and by the system, so that after another signal
// SIGHUP does nothing, and neither does SIGTERM if the program is scheduled.
func obey(arrived <-chan os.Signal, done <-chan struct{}, cancel context.CancelCauseFunc, talk io.Writer, exit func(int), scheduled bool) {
	stopping := false
	for {
		select {
		case <-done:
			return
		case s := <-arrived:
			sig, _ := s.(syscall.Signal)
			stop := &Error{sig}
			switch {
			case !stopping:
				stopping = true
				if sig == syscall.SIGHUP {
					// Who read the output may be gone, too, and writing to it must not end the
					// program before it has a checkpoint.
					signal.Ignore(syscall.SIGPIPE)
				}
				fmt.Fprintf(talk, "\ndylora: %s: finishing the work at hand; once more leaves at once\n", signalName(sig))
				cancel(stop)
			case sig == syscall.SIGINT || sig == syscall.SIGTERM && !scheduled:
				exit(stop.ExitCode())
				return
			}
		}
	}
}
