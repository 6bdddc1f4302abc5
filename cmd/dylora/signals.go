package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// signalError is the cause of a context that a signal ended.
type signalError struct{ sig syscall.Signal }

func (e *signalError) Error() string { return fmt.Sprintf("stopped by %s", signalName(e.sig)) }

// exitCode is the shell's: 130 for SIGINT, 143 for SIGTERM.
func (e *signalError) exitCode() int { return 128 + int(e.sig) }

func signalName(s syscall.Signal) string {
	if s == syscall.SIGTERM {
		return "SIGTERM"
	}
	return "SIGINT"
}

// watchSignals gives a context that the first SIGINT or SIGTERM ends, with a signalError
// as its cause: training then finishes its step and writes a checkpoint. The second
// leaves at once.
func watchSignals(parent context.Context, talk io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	arrived := make(chan os.Signal, 2)
	signal.Notify(arrived, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() { obeySignals(arrived, done, cancel, talk, os.Exit) }()
	return ctx, func() {
		signal.Stop(arrived)
		close(done)
		cancel(nil)
	}
}

// obeySignals serves arrived until done is closed; exit does not return.
func obeySignals(arrived <-chan os.Signal, done <-chan struct{}, cancel context.CancelCauseFunc, talk io.Writer, exit func(int)) {
	for seen := 0; ; seen++ {
		select {
		case <-done:
			return
		case s := <-arrived:
			sig, _ := s.(syscall.Signal)
			stop := &signalError{sig}
			if seen > 0 {
				exit(stop.exitCode())
				return
			}
			fmt.Fprintf(talk, "\ndylora: %s: finishing the step; once more leaves at once\n", signalName(sig))
			cancel(stop)
		}
	}
}
