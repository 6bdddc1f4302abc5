//go:build linux

package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
)

// environment is what a program of a case in dir sees: a home of its own, and no network. What is
// said later holds.
func environment(dir string, more ...string) []string {
	all := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "HF_HUB_OFFLINE=1"}, more...)
	last := map[string]string{}
	for _, entry := range all {
		key, _, _ := strings.Cut(entry, "=")
		last[key] = entry
	}
	return slices.Sorted(maps.Values(last))
}

// result is what a program has said.
type result struct {
	code      int // -1 if a signal ended it
	signal    syscall.Signal
	out, talk string
	ops       []filetrace.Op // where it was traced
}

func (r *result) String() string {
	return fmt.Sprintf("exit code %d, signal %d: %s", r.code, r.signal, strings.TrimSpace(r.talk))
}

// command is the program under test in dir, in a process group of its own.
func command(ctx context.Context, t *row.Trial, dir string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, t.Binary, args...)
	c.Dir, c.Env = dir, environment(dir)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c
}

// run runs a command to its end.
func run(c *exec.Cmd) (*result, error) {
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	if err := c.Start(); err != nil {
		return nil, err
	}
	return ended(c, &out, &talk)
}

// ended waits for a command that was started.
func ended(c *exec.Cmd, out, talk *bytes.Buffer) (*result, error) {
	err := c.Wait()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	r := &result{code: c.ProcessState.ExitCode(), out: out.String(), talk: talk.String()}
	if w, is := c.ProcessState.Sys().(syscall.WaitStatus); is && w.Signaled() {
		r.signal = w.Signal()
	}
	return r, nil
}

// dylora runs the program under test in dir.
func dylora(t *row.Trial, dir string, args ...string) (*result, error) {
	return run(command(t, t, dir, args...))
}

// traced runs the program under test in dir, where decide says what becomes of its operations
// on files below dir.
func traced(t *row.Trial, dir string, record bool, decide func(filetrace.Op) filetrace.Verdict, args ...string) (*result, error) {
	return tracedIn(t, dir, environment(dir), record, decide, args...)
}

// tracedIn is traced in an environment.
func tracedIn(t *row.Trial, dir string, env []string, record bool, decide func(filetrace.Op) filetrace.Verdict, args ...string) (*result, error) {
	o, err := filetrace.Run(t, filetrace.Command{Path: t.Binary, Args: args, Env: env, Dir: dir, Roots: []string{dir}, Record: record, Decide: decide})
	if none := new(filetrace.Unavailable); errors.As(err, &none) {
		return nil, row.Skipped{Why: none.Error()}
	}
	if err != nil {
		return nil, err
	}
	return &result{o.Code, o.Signal, o.Stdout, o.Stderr, o.Ops}, nil
}

// named says whether a message names the file or folder of an operation, by the name that it has or
// the one that it is to get.
func named(talk, dir string, o filetrace.Op) bool {
	for _, path := range []string{o.Path, o.To} {
		in, err := filepath.Rel(dir, path)
		if path == "" || err != nil || in == "." {
			continue
		}
		if strings.Contains(talk, in) || strings.Contains(talk, final(in)) {
			return true
		}
	}
	return false
}

// final is a path with each name as it is once what is beside it has taken its place.
func final(path string) string {
	parts := strings.Split(path, "/")
	for i, name := range parts {
		end := max(strings.LastIndexByte(name, '.'), strings.LastIndexByte(name, '-'))
		if strings.HasPrefix(name, ".") && end > 0 {
			parts[i] = name[1:end]
		}
	}
	return strings.Join(parts, "/")
}
