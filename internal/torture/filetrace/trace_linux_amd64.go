package filetrace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// tracer is a program that is traced, by one thread.
type tracer struct {
	Command
	root    int // process id of the program, and of its process group
	began   bool
	ops     []*Op
	pending map[int]*pending // by thread, what is being made
	code    int
	signal  syscall.Signal
}

// pending is an operation between its beginning and its end.
type pending struct {
	op      *Op
	verdict Verdict
	regs    unix.PtraceRegs // as it began
}

// Run runs a program to its end, which is that of all processes that it has started. Each
// operation on files below a root, of any thread and process, is numbered as it begins. A program
// that writes from one thread gives them the same numbers each time; where threads write at once
// their order is that of the moment, so a test judges each outcome by itself. When ctx
// ends, the program and its children are killed. A machine that cannot trace is *Unavailable.
func Run(ctx context.Context, c Command) (*Outcome, error) {
	type end struct {
		outcome *Outcome
		err     error
	}
	ended := make(chan end, 1)
	go func() {
		runtime.LockOSThread() // which the system takes for the tracer; it ends with the goroutine
		o, err := trace(ctx, c)
		ended <- end{o, err}
	}()
	e := <-ended
	return e.outcome, e.err
}

func trace(ctx context.Context, c Command) (*Outcome, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(c.Path); err != nil {
		return nil, err
	}
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	stdout, err := newSink()
	if err != nil {
		return nil, err
	}
	stderr, err := newSink()
	if err != nil {
		return nil, errors.Join(err, stdout.write.Close())
	}
	t := &tracer{Command: c, pending: map[int]*pending{}, code: -1}
	t.root, err = syscall.ForkExec(self, append([]string{c.Path}, c.Args...), &syscall.ProcAttr{
		Dir: c.Dir, Env: append(slices.Clone(env), programVariable+"="+c.Path),
		Files: []uintptr{null.Fd(), stdout.write.Fd(), stderr.write.Fd()},
		Sys:   &syscall.SysProcAttr{Ptrace: true, Setpgid: true},
	})
	err = errors.Join(err, stdout.write.Close(), stderr.write.Close())
	if err == nil {
		stop := context.AfterFunc(ctx, t.kill)
		err = t.follow()
		stop()
	}
	o := &Outcome{Code: t.code, Signal: t.signal, Stdout: stdout.text(), Stderr: stderr.text()}
	for _, op := range t.ops {
		o.Ops = append(o.Ops, *op)
	}
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOSYS):
		return nil, &Unavailable{err.Error()}
	case err == nil && !t.began && ctx.Err() == nil:
		return nil, &Unavailable{strings.TrimSpace(o.Stderr)}
	case err == nil:
		err = ctx.Err()
	}
	return o, err
}

// kill kills the program and its children.
func (t *tracer) kill() { _ = unix.Kill(-t.root, unix.SIGKILL) }

const stops = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACEEXEC |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK

// follow answers the stops of all threads until none is left.
func (t *tracer) follow() error {
	var w unix.WaitStatus
	if _, err := wait(t.root, &w); err != nil {
		return err
	}
	if !w.Stopped() {
		return &Unavailable{fmt.Sprintf("the program does not stop as it begins: status %#x", w)}
	}
	if err := unix.PtraceSetOptions(t.root, stops); err != nil {
		t.kill()
		return err
	}
	err := unix.PtraceCont(t.root, 0)
	for {
		tid, e := wait(-t.root, &w)
		switch {
		case errors.Is(e, unix.ECHILD):
			return err
		case e != nil:
			return e
		case w.Exited() || w.Signaled():
			delete(t.pending, tid)
			if tid == t.root && w.Exited() {
				t.code = w.ExitStatus()
			} else if tid == t.root {
				t.signal = w.Signal()
			}
		case w.Stopped():
			if e := t.stopped(tid, w); e != nil && !errors.Is(e, unix.ESRCH) && err == nil { // a thread that was killed meanwhile is gone
				err = e
				t.kill()
			}
		}
	}
}

// wait waits for a process or thread that this thread traces, below 0 for any of a process group: others, which
// this process has started from the same thread, are not the tracer's to wait for.
func wait(pid int, w *unix.WaitStatus) (tid int, err error) {
	for {
		tid, err = unix.Wait4(pid, w, unix.WALL|unix.WNOTHREAD, nil)
		if !errors.Is(err, unix.EINTR) {
			return tid, err
		}
	}
}

// stopped answers a thread that has stopped and lets it go on.
func (t *tracer) stopped(tid int, w unix.WaitStatus) error {
	const calling = unix.SIGTRAP | 0x80
	switch sig := w.StopSignal(); {
	case sig == calling:
		return t.end(tid)
	case sig == unix.SIGTRAP && w.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
		return t.begin(tid)
	case sig == unix.SIGTRAP && w.TrapCause() == unix.PTRACE_EVENT_EXEC:
		t.began = true
		clear(t.pending) // the threads of the image before are gone
		return unix.PtraceCont(tid, 0)
	case sig == unix.SIGTRAP && w.TrapCause() > 0, sig == unix.SIGSTOP: // a new thread, from both sides
		return unix.PtraceCont(tid, 0)
	default:
		return unix.PtraceCont(tid, int(sig))
	}
}

// begin decides about what a thread is about to do.
func (t *tracer) begin(tid int) error {
	p := &pending{}
	if err := unix.PtraceGetRegs(tid, &p.regs); err != nil {
		return err
	}
	op, counts := t.operation(tid, &p.regs)
	if !counts || !t.began {
		return unix.PtraceCont(tid, 0)
	}
	op.N, op.Child, op.Result = len(t.ops)+1, !t.own(tid), -1
	p.op = &op
	t.ops = append(t.ops, p.op)
	if t.Decide != nil {
		p.verdict = t.Decide(op)
	}
	changed := p.regs
	switch v := p.verdict; {
	case v.KillBefore:
		t.kill()
		return nil
	case v.Errno != 0:
		op.Err = v.Errno
		changed.Orig_rax, changed.Rax = ^uint64(0), uint64(-int64(v.Errno)) //nolint:gosec // a call that there is not, and its result
		if err := unix.PtraceSetRegs(tid, &changed); err != nil {
			return err
		}
		return unix.PtraceCont(tid, 0)
	case v.Short:
		if at := calls[p.regs.Orig_rax].halvers; at > 0 {
			*argument(&changed, at) = (*argument(&p.regs, at) + 1) / 2
			if err := unix.PtraceSetRegs(tid, &changed); err != nil {
				return err
			}
		}
	}
	t.pending[tid] = p
	return unix.PtraceSyscall(tid, 0)
}

// own says whether a thread is the program's and not that of a process that it has started.
func (t *tracer) own(tid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d", t.root, tid))
	return err == nil
}

// end notes what a thread has done.
func (t *tracer) end(tid int) error {
	p := t.pending[tid]
	delete(t.pending, tid)
	if p == nil {
		return unix.PtraceCont(tid, 0)
	}
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		return err
	}
	if p.op.Result = int64(r.Rax); p.op.Result < 0 { //nolint:gosec // as the system means it
		p.op.Err = syscall.Errno(-p.op.Result)
	}
	if p.op.Kind == Write && p.op.Err == 0 {
		t.written(tid, p)
	}
	if p.verdict.KillAfter {
		t.kill()
		return nil
	}
	if p.verdict.Short { // a program may expect its registers as they were
		r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8 = p.regs.Rdi, p.regs.Rsi, p.regs.Rdx, p.regs.R10, p.regs.R8
		if err := unix.PtraceSetRegs(tid, &r); err != nil {
			return err
		}
	}
	if s := p.verdict.SignalAfter; s != 0 {
		if err := unix.Kill(t.root, s); err != nil {
			return err
		}
	}
	return unix.PtraceCont(tid, 0)
}

// written notes where a write has gone and, if it is recorded, what it was.
func (t *tracer) written(tid int, p *pending) {
	fd := int(int32(*argument(&p.regs, calls[p.regs.Orig_rax].fd))) //nolint:gosec // a descriptor
	switch p.regs.Orig_rax {
	case unix.SYS_PWRITE64, unix.SYS_PWRITEV:
		p.op.Offset = int64(p.regs.R10) //nolint:gosec // an offset
	default:
		p.op.Offset = status(tid, fd, "pos", 10) - p.op.Result
	}
	if !t.Record {
		return
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/fd/%d", tid, fd))
	if err != nil {
		return
	}
	defer f.Close()
	b := make([]byte, p.op.Result)
	n, _ := f.ReadAt(b, p.op.Offset)
	p.op.Data = b[:n]
}

// sink keeps what is written to a pipe.
type sink struct {
	write *os.File
	read  *os.File
	done  sync.WaitGroup
	b     bytes.Buffer
}

func newSink() (*sink, error) {
	s := &sink{}
	var err error
	if s.read, s.write, err = os.Pipe(); err != nil {
		return nil, err
	}
	s.done.Go(func() { _, _ = io.Copy(&s.b, s.read) })
	return s, nil
}

// text is what was written, once all that write are gone.
func (s *sink) text() string {
	s.done.Wait()
	_ = s.read.Close()
	return s.b.String()
}
