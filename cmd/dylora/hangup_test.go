//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// steps is the log of smallRun in a folder.
func steps(dir string) string { return filepath.Join(dir, "runs", "x", "metrics.jsonl") }

// TestTerminalClosed: whoever reads the output is gone, and SIGHUP comes twice, as from a shell
// and from the system; the run ends with a checkpoint of its last step all the same.
func TestTerminalClosed(t *testing.T) {
	dir := t.TempDir()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := command(t, dir, smallRun...)
	c.Stdout, c.Stderr = write, write
	if err := errors.Join(c.Start(), write.Close()); err != nil {
		t.Fatal(err)
	}
	waitForSteps(t, steps(dir), 5)
	if err := errors.Join(read.Close(), c.Process.Signal(syscall.SIGHUP), c.Process.Signal(syscall.SIGHUP)); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if got := c.ProcessState.ExitCode(); got != 129 {
		t.Fatalf("exit code %d, want 129: %v", got, c.ProcessState)
	}
	b, err := os.ReadFile(steps(dir))
	if err != nil {
		t.Fatal(err)
	}
	done := bytes.Count(b, []byte(`"kind":"step"`))
	out, err := command(t, dir, "train", "--resume").CombinedOutput()
	if want := "going on after step " + strconv.Itoa(done) + " of 60"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("resumed: %v; want %q: %s", err, want, out)
	}
}

// TestNohup: a run that was started with SIGHUP ignored goes on to its end.
func TestNohup(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	c := command(t, dir, smallRun...)
	c.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, c.Path}, c.Args[1:]...)
	c.Path, c.Err = exec.LookPath("sh")
	var talk bytes.Buffer
	c.Stderr = &talk
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSteps(t, steps(dir), 5)
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil || strings.Contains(talk.String(), "SIGHUP") {
		t.Errorf("%v: %s", err, talk.String())
	}
	leftovers(t, dir) // of all 60 steps
}
