// Package serving is what bench-serve and soak-serve share: servers as child processes, adapters, questions with the answers that
// are expected, and a load generator.
package serving

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a server that runs.
type Process struct {
	Address string        // host:port
	Ready   time.Duration // from its start until it said that it is ready

	command *exec.Cmd
	said    tail
	ended   chan struct{}
	err     error // of Wait, once ended is closed
}

// Start runs a command, in which ADDRESS, HOST and PORT are put in where it is to listen, and waits until GET /readyz is answered with
// 200. more are variables of its environment.
func Start(ctx context.Context, more []string, command ...string) (*Process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, _ := strings.Cut(address, ":")
	put := strings.NewReplacer("ADDRESS", address, "HOST", host, "PORT", port)
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = put.Replace(a)
	}
	p := &Process{Address: address, command: exec.CommandContext(ctx, args[0], args[1:]...), ended: make(chan struct{})} //nolint:gosec // the server that the caller measures
	p.command.Env = append(os.Environ(), more...)
	p.command.Stderr, p.command.Stdout = &p.said, &p.said
	p.command.WaitDelay = 5 * time.Second
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	for !ready(ctx, address) {
		select {
		case <-p.ended:
			return nil, fmt.Errorf("%s: %w: %s", args[0], errors.Join(errors.New("it ended before it was ready"), p.err), p.said.String())
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), p.Stop(syscall.SIGKILL))
		case <-time.After(5 * time.Millisecond):
		}
	}
	p.Ready = time.Since(began)
	return p, nil
}

// freeAddress is one of the loopback interface that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func ready(ctx context.Context, address string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// Signal sends a signal.
func (p *Process) Signal(s os.Signal) error { return p.command.Process.Signal(s) }

// Wait waits for the end, and gives nil for exit code 0.
func (p *Process) Wait() error {
	<-p.ended
	return p.err
}

// Stop sends a signal and waits for the end, for at most a minute.
func (p *Process) Stop(s os.Signal) error {
	if err := p.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(time.Minute):
		return errors.Join(errors.New("it did not end within a minute"), p.command.Process.Kill())
	}
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Said is the end of what the process wrote to its standard streams.
func (p *Process) Said() string { return p.said.String() }

// Memory is the resident memory now and at its peak, in bytes; 0 where /proc does not tell.
func (p *Process) Memory() (now, peak int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && (f[0] == "VmRSS:" || f[0] == "VmHWM:") {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			if n *= 1024; f[0] == "VmRSS:" {
				now = n
			} else {
				peak = n
			}
		}
	}
	return now, peak
}

// Processor is the processor time that the process has used, of all threads; 0 where /proc does not tell.
func (p *Process) Processor() time.Duration { return processorTime(p.command.Process.Pid) }

// processorTime reads what /proc tells in hundredths of a second.
func processorTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(b), ") ") // the name of the program may have spaces
	f := strings.Fields(after)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// tail keeps the end of what is written.
type tail struct {
	lock sync.Mutex
	b    []byte
}

const tailBytes = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if t.b = append(t.b, b...); len(t.b) > tailBytes {
		t.b = bytes.Clone(t.b[len(t.b)-tailBytes:])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return strings.TrimSpace(string(t.b))
}
