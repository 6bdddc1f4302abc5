package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestSignals(t *testing.T) {
	tests := []struct {
		name    string
		signals []os.Signal
		cause   syscall.Signal // 0: the context goes on
		exit    int            // 0: the program goes on
	}{
		{name: "none"},
		{name: "interrupt", signals: []os.Signal{syscall.SIGINT}, cause: syscall.SIGINT},
		{name: "terminate", signals: []os.Signal{syscall.SIGTERM}, cause: syscall.SIGTERM},
		{name: "twice", signals: []os.Signal{syscall.SIGINT, syscall.SIGINT}, cause: syscall.SIGINT, exit: 130},
		{name: "one of each", signals: []os.Signal{syscall.SIGINT, syscall.SIGTERM}, cause: syscall.SIGINT, exit: 143},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			arrived, done := make(chan os.Signal), make(chan struct{})
			ended := make(chan int, 1)
			var talk bytes.Buffer
			go func() {
				code := 0
				obeySignals(arrived, done, cancel, &talk, func(c int) { code = c })
				ended <- code
			}()
			for _, s := range tt.signals {
				arrived <- s
			}
			if tt.exit == 0 {
				close(done)
			}
			if got := <-ended; got != tt.exit {
				t.Errorf("exit %d, want %d", got, tt.exit)
			}
			var stopped *signalError
			if errors.As(context.Cause(ctx), &stopped) != (tt.cause != 0) || stopped != nil && stopped.sig != tt.cause {
				t.Errorf("cause = %v, want signal %d", context.Cause(ctx), tt.cause)
			}
			if said := strings.Contains(talk.String(), "once more leaves at once"); said != (tt.cause != 0) {
				t.Errorf("said %q", talk.String())
			}
		})
	}
}

func TestSignalExitCodes(t *testing.T) {
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		if got := (&signalError{sig}).exitCode(); got != want {
			t.Errorf("%v: exit %d, want %d", sig, got, want)
		}
	}
}
