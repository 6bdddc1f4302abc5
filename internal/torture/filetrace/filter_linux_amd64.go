package filetrace

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// programVariable is the environment variable by which Run starts this process's own executable as the
// one that becomes the program.
const programVariable = "FILETRACE_PROGRAM"

// unfiltered is the exit code of a process that could not become the program.
const unfiltered = 127

// Trampoline must be called before anything else in main of a program that calls Run, and in
// TestMain of its tests. In a process that Run has started it becomes the program to trace,
// whose calls stop for the tracer, and does not return.
func Trampoline() {
	program, started := os.LookupEnv(programVariable)
	if !started {
		return
	}
	runtime.LockOSThread() // the filter is the thread's, and so is what it becomes
	err := os.Unsetenv(programVariable)
	if err == nil {
		err = filter()
	}
	if err == nil {
		err = syscall.Exec(program, os.Args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(unfiltered)
}

// filter makes the calls of this thread that are in calls stop for the tracer.
func filter() error {
	const nr, arch = 0, 4 // struct seccomp_data
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(k uint32, yes uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jt: yes}
	}
	answer := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	p := []unix.SockFilter{load(arch), equal(unix.AUDIT_ARCH_X86_64, 1), answer(unix.SECCOMP_RET_ALLOW), load(nr)}
	left := len(calls)
	for number := range calls {
		p = append(p, equal(uint32(number), uint8(left))) //nolint:gosec // a few dozen calls with numbers below 500
		left--
	}
	p = append(p, answer(unix.SECCOMP_RET_ALLOW), answer(unix.SECCOMP_RET_TRACE))
	program := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]} //nolint:gosec // a few dozen
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil { //nolint:gosec // as the system wants it
		return fmt.Errorf("seccomp: %w", err)
	}
	runtime.KeepAlive(p)
	return nil
}
