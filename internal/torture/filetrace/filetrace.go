// Package filetrace runs a program and sees each of its operations on files, so that a test can
// let any of them fail, cut it short, or make it the program's last. The program is the real one:
// what is changed is what the system answers. It needs Linux on amd64, where the program is traced
// by ptrace; a filter of seccomp stops it at the calls of interest alone, so that all else costs nothing.
package filetrace

import (
	"fmt"
	"syscall"
)

// Kind is what an operation does.
type Kind string

// The operations that are seen.
const (
	Open     Kind = "open"     // a file that is made or emptied; others are only read
	Write    Kind = "write"    // also by pwrite, writev and copies within the system
	Sync     Kind = "sync"     // fsync and fdatasync, of a file or a folder
	Truncate Kind = "truncate" // to Offset bytes; also fallocate
	Close    Kind = "close"    // of a file that was open for writing
	Rename   Kind = "rename"   // Path to To; an exchange where Flags say so
	Link     Kind = "link"     // To is another name of Path
	Symlink  Kind = "symlink"  // Path leads to the text To
	Unlink   Kind = "unlink"
	Rmdir    Kind = "rmdir"
	Mkdir    Kind = "mkdir"
	Chmod    Kind = "chmod"
	Map      Kind = "map"  // mmap of a file
	Lock     Kind = "lock" // flock, of a lock that is taken
)

// Op is one operation below the roots of a Command.
type Op struct {
	N      int    // from 1, in the order in which they begin
	Kind   Kind   //
	Path   string // absolute; of an open file the name that it has by now
	To     string // of renames and links
	Flags  int    // O_* of Open, RENAME_* of Rename
	Offset int64  // of what Write writes, once it is done; the length of Truncate
	Data   []byte // that Write has written, if it is recorded
	Result int64  // of the call: bytes of Write; below 0 with an error, or if it was not made to its end
	Err    syscall.Errno
	Child  bool // of a process that the program started
}

func (o Op) String() string {
	s := fmt.Sprintf("%d %s %s", o.N, o.Kind, o.Path)
	if o.To != "" {
		s += " " + o.To
	}
	if o.Err != 0 {
		s += ": " + o.Err.Error()
	}
	return s
}

// Verdict is what becomes of an operation; the zero Verdict lets it be.
type Verdict struct {
	Errno       syscall.Errno  // it is not made, and this is its error
	Short       bool           // a write of two bytes or more writes half of them
	KillBefore  bool           // SIGKILL to the program and its children, and it is not made
	KillAfter   bool           // SIGKILL once it is made, before the program knows
	SignalAfter syscall.Signal // sent once it is made; 0: none
}

// Command is a program to run.
type Command struct {
	Path   string
	Args   []string // without the program's name
	Env    []string // nil: this process's
	Dir    string
	Roots  []string // absolute paths of folders: only operations below them are seen
	Record bool     // keep what is written in Op.Data

	// Decide says what becomes of an operation, as it begins; nil: nothing is changed. It
	// must not change the operation.
	Decide func(Op) Verdict
}

// Outcome is what a program has done.
type Outcome struct {
	Ops            []Op // that began, in their order
	Code           int  // exit code; -1 if a signal ended it
	Signal         syscall.Signal
	Stdout, Stderr string
}

// Unavailable is the error of a machine where programs cannot be traced.
type Unavailable struct{ Why string }

func (u *Unavailable) Error() string { return "file operations cannot be traced: " + u.Why }

// At decides v for the n-th operation and nothing for the others.
func At(n int, v Verdict) func(Op) Verdict {
	return func(o Op) Verdict {
		if o.N == n {
			return v
		}
		return Verdict{}
	}
}
