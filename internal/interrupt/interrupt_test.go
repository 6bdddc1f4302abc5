package interrupt

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/dylora/dylora/internal/cluster"
)

func TestSignals(t *testing.T) {
	tests := []struct {
		name    string
		signals []os.Signal
		cause   syscall.Signal // 0: the context goes on
		exit    int            // 0: the program goes on
		slurm   bool
	}{
		{name: "none"},
		{name: "interrupt", signals: []os.Signal{syscall.SIGINT}, cause: syscall.SIGINT},
		{name: "terminate", signals: []os.Signal{syscall.SIGTERM}, cause: syscall.SIGTERM},
		{name: "twice", signals: []os.Signal{syscall.SIGINT, syscall.SIGINT}, cause: syscall.SIGINT, exit: 130},
		{name: "one of each", signals: []os.Signal{syscall.SIGINT, syscall.SIGTERM}, cause: syscall.SIGINT, exit: 143},
		{name: "hangup", signals: []os.Signal{syscall.SIGHUP}, cause: syscall.SIGHUP},
		{name: "hangup by the shell and by the system", signals: []os.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGHUP}, cause: syscall.SIGHUP},
		{name: "interrupt, then hangup", signals: []os.Signal{syscall.SIGINT, syscall.SIGHUP}, cause: syscall.SIGINT},
		{name: "hangup, then terminate", signals: []os.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGTERM}, cause: syscall.SIGHUP, exit: 143},
		{name: "user", signals: []os.Signal{cluster.SaveSignal, cluster.SaveSignal}, cause: cluster.SaveSignal},
		{name: "processor time", signals: []os.Signal{syscall.Signal(24), syscall.Signal(24)}, cause: syscall.Signal(24)},
		{name: "user, then terminate", signals: []os.Signal{cluster.SaveSignal, syscall.SIGTERM}, cause: cluster.SaveSignal, exit: 143},
		{name: "terminate twice under Slurm", signals: []os.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGTERM}, cause: syscall.SIGTERM, slurm: true},
		{name: "user, then terminate under Slurm", signals: []os.Signal{cluster.SaveSignal, syscall.SIGTERM}, cause: cluster.SaveSignal, slurm: true},
		{name: "interrupt twice under Slurm", signals: []os.Signal{syscall.SIGINT, syscall.SIGINT}, cause: syscall.SIGINT, exit: 130, slurm: true},
	}
	t.Cleanup(func() { signal.Reset(syscall.SIGPIPE) }) // which a hangup ignores
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			arrived, done := make(chan os.Signal), make(chan struct{})
			ended := make(chan int, 1)
			var talk bytes.Buffer
			go func() {
				code := 0
				obey(arrived, done, cancel, &talk, func(c int) { code = c }, tt.slurm)
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
			var stopped *Error
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
	names := map[syscall.Signal]string{syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM", cluster.SaveSignal: "SIGUSR1"}
	for sig, want := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143, cluster.SaveSignal: 138} {
		if got := (&Error{sig}).ExitCode(); got != want {
			t.Errorf("%v: exit %d, want %d", sig, got, want)
		}
		if got := signalName(sig); got != names[sig] {
			t.Errorf("%v is called %s", sig, got)
		}
	}
}
