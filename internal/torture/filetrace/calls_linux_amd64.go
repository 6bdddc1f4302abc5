package filetrace

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// call says where a system call has its arguments, each a number from 1 to 6; 0: it has none.
type call struct {
	kind    Kind
	fd      int // of the file that it is about
	at      int // folder that path is relative to; 0: the working folder
	path    int
	toAt    int // and of the second name
	to      int
	flags   int
	length  int
	halvers int // the count that a short write halves
}

// calls are the system calls that stop the program, by number.
var calls = map[uint64]call{
	unix.SYS_OPEN:    {kind: Open, path: 1, flags: 2},
	unix.SYS_CREAT:   {kind: Open, path: 1},
	unix.SYS_OPENAT:  {kind: Open, at: 1, path: 2, flags: 3},
	unix.SYS_OPENAT2: {kind: Open, at: 1, path: 2, flags: 3},

	unix.SYS_WRITE:           {kind: Write, fd: 1, halvers: 3},
	unix.SYS_PWRITE64:        {kind: Write, fd: 1, halvers: 3},
	unix.SYS_WRITEV:          {kind: Write, fd: 1},
	unix.SYS_PWRITEV:         {kind: Write, fd: 1},
	unix.SYS_SENDFILE:        {kind: Write, fd: 1, halvers: 4},
	unix.SYS_COPY_FILE_RANGE: {kind: Write, fd: 3, halvers: 5},
	unix.SYS_SPLICE:          {kind: Write, fd: 3, halvers: 5},

	unix.SYS_FSYNC:     {kind: Sync, fd: 1},
	unix.SYS_FDATASYNC: {kind: Sync, fd: 1},
	unix.SYS_FTRUNCATE: {kind: Truncate, fd: 1, length: 2},
	unix.SYS_TRUNCATE:  {kind: Truncate, path: 1, length: 2},
	unix.SYS_FALLOCATE: {kind: Truncate, fd: 1, length: 4},
	unix.SYS_CLOSE:     {kind: Close, fd: 1},

	unix.SYS_RENAME:    {kind: Rename, path: 1, to: 2},
	unix.SYS_RENAMEAT:  {kind: Rename, at: 1, path: 2, toAt: 3, to: 4},
	unix.SYS_RENAMEAT2: {kind: Rename, at: 1, path: 2, toAt: 3, to: 4, flags: 5},
	unix.SYS_LINK:      {kind: Link, path: 1, to: 2},
	unix.SYS_LINKAT:    {kind: Link, at: 1, path: 2, toAt: 3, to: 4},
	unix.SYS_SYMLINK:   {kind: Symlink, to: 1, path: 2},
	unix.SYS_SYMLINKAT: {kind: Symlink, to: 1, at: 2, path: 3},
	unix.SYS_UNLINK:    {kind: Unlink, path: 1},
	unix.SYS_RMDIR:     {kind: Rmdir, path: 1},
	unix.SYS_UNLINKAT:  {kind: Unlink, at: 1, path: 2, flags: 3},
	unix.SYS_MKDIR:     {kind: Mkdir, path: 1},
	unix.SYS_MKDIRAT:   {kind: Mkdir, at: 1, path: 2},
	unix.SYS_CHMOD:     {kind: Chmod, path: 1},
	unix.SYS_FCHMOD:    {kind: Chmod, fd: 1},
	unix.SYS_FCHMODAT:  {kind: Chmod, at: 1, path: 2},
	unix.SYS_MMAP:      {kind: Map, fd: 5, flags: 4},
	unix.SYS_FLOCK:     {kind: Lock, fd: 1, flags: 2},
}

// argument is one of the six of a call, from 1.
func argument(r *unix.PtraceRegs, i int) *uint64 {
	return [...]*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}[i-1]
}

// operation is the operation that a thread is about to make; false if it is none that counts.
func (t *tracer) operation(tid int, r *unix.PtraceRegs) (Op, bool) {
	c, known := calls[r.Orig_rax]
	if !known {
		return Op{}, false
	}
	o := Op{Kind: c.kind, Offset: -1}
	if c.flags > 0 {
		o.Flags = int(*argument(r, c.flags)) //nolint:gosec // flags
	}
	switch r.Orig_rax {
	case unix.SYS_CREAT:
		o.Flags = unix.O_CREAT | unix.O_TRUNC | unix.O_WRONLY
	case unix.SYS_OPENAT2: // the first field of struct open_how
		o.Flags = int(binary.LittleEndian.Uint64(append(memory(tid, uintptr(*argument(r, 3)), 8), make([]byte, 8)...))) //nolint:gosec // flags
	}
	if c.length > 0 {
		o.Offset = int64(*argument(r, c.length)) //nolint:gosec // a length
	}
	switch {
	case c.kind == Open && o.Flags&(unix.O_CREAT|unix.O_TRUNC) == 0 && o.Flags&unix.O_TMPFILE != unix.O_TMPFILE,
		c.kind == Map && o.Flags&unix.MAP_ANONYMOUS != 0,
		c.kind == Lock && o.Flags&unix.LOCK_UN != 0:
		return o, false
	case c.fd > 0:
		fd := int(int32(*argument(r, c.fd))) //nolint:gosec // a descriptor
		o.Path = descriptor(tid, fd)
		if !t.below(o.Path) || c.kind == Close && !writable(tid, fd) {
			return o, false
		}
	default:
		o.Path = name(tid, r, c.at, c.path)
	}
	switch {
	case c.kind == Symlink:
		o.To = text(tid, uintptr(*argument(r, c.to)))
	case c.to > 0:
		o.To = name(tid, r, c.toAt, c.to)
	}
	if c.kind == Unlink && o.Flags&unix.AT_REMOVEDIR != 0 {
		o.Kind = Rmdir
	}
	return o, t.below(o.Path) || c.kind != Symlink && t.below(o.To)
}

// below says whether a path is that of a root or below one.
func (t *tracer) below(path string) bool {
	for _, root := range t.Roots {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

// name is the path that an argument names, absolute.
func name(tid int, r *unix.PtraceRegs, at, i int) string {
	path := text(tid, uintptr(*argument(r, i)))
	if path == "" || filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	dir := unix.AT_FDCWD
	if at > 0 {
		dir = int(int32(*argument(r, at))) //nolint:gosec // a descriptor
	}
	if dir == unix.AT_FDCWD {
		folder, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", tid)) // of a process that is gone nothing counts
		return filepath.Join(folder, path)
	}
	return filepath.Join(descriptor(tid, dir), path)
}

// descriptor is what an open file is called by now, "" if there is none.
func descriptor(tid, fd int) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, fd))
	return path
}

// status is a number in a descriptor's line of /proc, -1 if there is none.
func status(tid, fd int, key string, base int) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, fd))
	for line := range strings.Lines(string(b)) {
		if value, is := strings.CutPrefix(line, key+":"); is {
			if n, err := strconv.ParseInt(strings.TrimSpace(value), base, 64); err == nil {
				return n
			}
		}
	}
	return -1
}

func writable(tid, fd int) bool {
	flags := status(tid, fd, "flags", 8)
	return flags >= 0 && flags&unix.O_ACCMODE != unix.O_RDONLY
}

// text is the string at an address of the program.
func text(tid int, at uintptr) string {
	var b []byte
	for len(b) < unix.PathMax {
		more := memory(tid, at+uintptr(len(b)), 256-int(at+uintptr(len(b)))%256) // within a page
		if end := strings.IndexByte(string(more), 0); end >= 0 {
			return string(append(b, more[:end]...))
		}
		if len(more) == 0 {
			break
		}
		b = append(b, more...)
	}
	return string(b)
}

// memory is what the program has at an address, nothing if that cannot be read.
func memory(tid int, at uintptr, n int) []byte {
	b := make([]byte, n)
	local := []unix.Iovec{{Base: &b[0]}}
	local[0].SetLen(n)
	got, err := unix.ProcessVMReadv(tid, local, []unix.RemoteIovec{{Base: at, Len: n}}, 0)
	if err != nil {
		return nil
	}
	return b[:got]
}
