//go:build linux && amd64

package filetrace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Trampoline()
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case "each":
			each(os.Args[2])
			return
		case "threads":
			threads(os.Args[2])
			return
		case "child":
			self, err := os.Executable()
			say("child", errors.Join(err, exec.Command(self, "each", os.Args[2]).Run()))
			return
		case "wait":
			say("ready", os.WriteFile(filepath.Join(os.Args[2], "ready"), nil, 0o666))
			time.Sleep(time.Minute)
			return
		}
	}
	os.Exit(m.Run())
}

func say(step string, err error) { fmt.Printf("%s: %v\n", step, err) }

// each makes one operation of each kind in a folder, and tells what became of it.
func each(dir string) {
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	f, err := os.Create(a)
	say("open", err)
	if err != nil {
		return
	}
	_, err = f.WriteString("0123456789")
	say("write", err)
	say("sync", f.Sync())
	_, err = f.WriteAt([]byte("AB"), 4)
	say("pwrite", err)
	say("truncate", f.Truncate(8))
	say("chmod", f.Chmod(0o600))
	say("lock", syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	m, err := syscall.Mmap(int(f.Fd()), 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	say("map", err)
	if err == nil {
		say("unmap", syscall.Munmap(m))
	}
	say("close", f.Close())
	say("rename", os.Rename(a, b))
	say("link", os.Link(b, filepath.Join(dir, "c")))
	say("symlink", os.Symlink("b", filepath.Join(dir, "d")))
	say("mkdir", os.Mkdir(filepath.Join(dir, "e"), 0o777))
	say("rmdir", syscall.Rmdir(filepath.Join(dir, "e")))
	say("unlink", syscall.Unlink(b))
	_, err = os.ReadFile(filepath.Join(dir, "c"))
	say("read", err)
}

// threads writes files from many threads at once.
func threads(dir string) {
	var g sync.WaitGroup
	for i := range 8 {
		g.Go(func() {
			for k := range 25 {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, "-", k)), []byte("text"), 0o666); err != nil {
					say("threads", err)
				}
			}
		})
	}
	g.Wait()
}

func start(t *testing.T, what, dir string, record bool, decide func(Op) Verdict) *Outcome {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	o, err := Run(ctx, Command{Path: self, Args: []string{what, dir}, Roots: []string{dir}, Record: record, Decide: decide})
	if none := new(Unavailable); errors.As(err, &none) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// want are the operations of each.
var want = []Kind{Open, Write, Sync, Write, Truncate, Chmod, Lock, Map, Close, Rename, Link, Symlink, Mkdir, Rmdir, Unlink}

func TestSeen(t *testing.T) {
	dir := folder(t)
	o := start(t, "each", dir, true, nil)
	if o.Code != 0 || strings.Count(o.Stdout, ": <nil>") != 17 {
		t.Fatalf("exit code %d: %s%s", o.Code, o.Stdout, o.Stderr)
	}
	var got []Kind
	for i, op := range o.Ops {
		got = append(got, op.Kind)
		if op.N != i+1 || op.Result < 0 || op.Child || !strings.HasPrefix(op.Path, dir+"/") {
			t.Errorf("%+v", op)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("seen %v, want %v", got, want)
	}
	if w := o.Ops[1]; w.Offset != 0 || string(w.Data) != "0123456789" {
		t.Errorf("write %+v", w)
	}
	if w := o.Ops[3]; w.Offset != 4 || string(w.Data) != "AB" || w.Result != 2 {
		t.Errorf("pwrite %+v", w)
	}
	if w := o.Ops[4]; w.Offset != 8 {
		t.Errorf("truncate %+v", w)
	}
	if r := o.Ops[9]; r.Path != filepath.Join(dir, "a") || r.To != filepath.Join(dir, "b") {
		t.Errorf("rename %+v", r)
	}
	if l := o.Ops[11]; l.Path != filepath.Join(dir, "d") || l.To != "b" {
		t.Errorf("symlink %+v", l)
	}
}

// TestFails: each operation fails by itself, with the error that it is given, and is not made.
func TestFails(t *testing.T) {
	for i, kind := range want {
		for _, errno := range []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT} {
			dir := folder(t)
			o := start(t, "each", dir, false, At(i+1, Verdict{Errno: errno}))
			step := string(kind)
			if i == 3 {
				step = "pwrite"
			}
			line := ""
			for l := range strings.Lines(o.Stdout) {
				if strings.HasPrefix(l, step+": ") {
					line = l
				}
			}
			if !strings.Contains(line, errno.Error()) {
				t.Errorf("%s with %v: %q in %s", step, errno, line, o.Stdout)
			}
			if o.Ops[i].Kind != kind || o.Ops[i].Err != errno || o.Ops[i].Result >= 0 {
				t.Errorf("%s with %v: %+v", step, errno, o.Ops[i])
			}
			_, err := os.Stat(filepath.Join(dir, "a"))
			if (err == nil) != (kind == Rename) {
				t.Errorf("%s with %v: a: %v", step, errno, err)
			}
		}
	}
}

// TestShort: a write that is cut short really is, so that the program writes the rest.
func TestShort(t *testing.T) {
	dir := folder(t)
	o := start(t, "each", dir, true, At(2, Verdict{Short: true}))
	if first, rest := o.Ops[1], o.Ops[2]; string(first.Data) != "01234" || rest.Kind != Write || string(rest.Data) != "56789" || rest.Offset != 5 {
		t.Errorf("%+v, %+v", first, rest)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "c")); string(b) != "0123AB67" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestKills: before an operation it is not made, after it it is, and nothing comes behind it.
func TestKills(t *testing.T) {
	rename := slices.Index(want, Rename) + 1
	for name, v := range map[string]Verdict{"a": {KillBefore: true}, "b": {KillAfter: true}} {
		dir := folder(t)
		o := start(t, "each", dir, false, At(rename, v))
		if o.Code != -1 || o.Signal != unix.SIGKILL || len(o.Ops) != rename || (o.Ops[rename-1].Result == 0) != v.KillAfter {
			t.Errorf("%+v: %+v", v, o)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("%+v leaves %v, %v", v, entries, err)
		}
	}
}

// TestSignal sends a signal behind an operation.
func TestSignal(t *testing.T) {
	o := start(t, "each", folder(t), false, At(3, Verdict{SignalAfter: unix.SIGTERM}))
	if o.Signal != unix.SIGTERM || len(o.Ops) < 3 {
		t.Errorf("%+v", o)
	}
}

// TestThreads: no operation of any thread is missed.
func TestThreads(t *testing.T) {
	o := start(t, "threads", folder(t), true, nil)
	count := map[Kind]int{}
	for _, op := range o.Ops {
		count[op.Kind]++
		if op.Kind == Write && string(op.Data) != "text" {
			t.Errorf("%+v", op)
		}
	}
	if count[Open] != 200 || count[Write] != 200 || count[Close] != 200 || o.Stdout != "" {
		t.Errorf("%v: %s", count, o.Stdout)
	}
}

// TestChild: what a process does that the program has started is seen, too.
func TestChild(t *testing.T) {
	o := start(t, "child", folder(t), false, nil)
	if len(o.Ops) != len(want) || !o.Ops[0].Child || o.Stdout != "child: <nil>\n" {
		t.Errorf("%+v", o)
	}
}

// TestEnd: with its context the program ends.
func TestEnd(t *testing.T) {
	dir := folder(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o, err := Run(ctx, Command{Path: self, Args: []string{"wait", dir}, Roots: []string{dir}, Decide: func(o Op) Verdict {
		if o.Kind == Close {
			stop()
		}
		return Verdict{}
	}})
	if none := new(Unavailable); errors.As(err, &none) {
		t.Skip(err)
	}
	if !errors.Is(err, context.Canceled) || o.Signal != unix.SIGKILL {
		t.Errorf("%+v, %v", o, err)
	}
}

// TestNoProgram: a program that is not there is an error, and nothing else.
func TestNoProgram(t *testing.T) {
	if _, err := Run(t.Context(), Command{Path: filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}
