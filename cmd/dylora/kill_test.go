package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/train"
)

// command is the whole program with arguments, in a folder.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), runAsProgram+"=1")
	return c
}

// smallRun is a run of 60 steps with a checkpoint every few.
var smallRun = strings.Fields("train --run runs/x --max-train-examples 240 --max-eval-examples 32 --batch 8 --max-length 20 --epochs 2 --checkpoint-every 7")

// leftovers are the files of a finished run that must not depend on its interruptions.
func leftovers(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, name := range []string{"metrics.jsonl", "sweep.json", "adapter/adapter_model.safetensors", "adapter/adapter_config.json", "adapter/dylora.json",
		"checkpoints/step-000000060-evaluated/manifest.json", "checkpoints/step-000000060-evaluated/state.safetensors"} {
		b, err := os.ReadFile(filepath.Join(dir, "runs", "x", name))
		if err != nil {
			t.Fatal(err)
		}
		m[name] = string(b)
	}
	return m
}

func compareLeftovers(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	for name, got := range leftovers(t, dir) {
		if got != want[name] {
			t.Errorf("%s differs from the uninterrupted run's", name)
		}
	}
}

// uninterrupted is the outcome of smallRun and the time that it takes.
func uninterrupted(t *testing.T) (map[string]string, time.Duration) {
	t.Helper()
	dir, start := t.TempDir(), time.Now()
	if out, err := command(t, dir, smallRun...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return leftovers(t, dir), time.Since(start)
}

// TestKilled kills a run with SIGKILL at ten random moments, each time resumes it, and
// finds the files of an uninterrupted run, bit for bit.
func TestKilled(t *testing.T) {
	want, whole := uninterrupted(t)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for round := range 10 {
		dir := t.TempDir()
		c := command(t, dir, smallRun...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(random.Int64N(int64(whole)))
		time.Sleep(after)
		err := errors.Join(c.Process.Kill(), ignoreExit(c.Wait()))
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		args := append(smallRun[:len(smallRun):len(smallRun)], "--resume")
		if _, err := os.Stat(filepath.Join(dir, "runs", "x", train.SettingsName)); err != nil {
			args = smallRun // killed before there was a run
		}
		out, err := command(t, dir, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("round %d, killed after %v: %v: %s", round, after, err, out)
		}
		compareLeftovers(t, dir, want)
		t.Logf("round %d: killed after %v of %v", round, after.Round(time.Millisecond), whole.Round(time.Millisecond))
	}
}

// ignoreExit is nil for a process that ran and ended, however it did.
func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}

// TestSignalled stops a run politely: a checkpoint, the signal's exit code, and the same
// bits after resuming.
func TestSignalled(t *testing.T) {
	want, _ := uninterrupted(t)
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		dir := t.TempDir()
		c := command(t, dir, smallRun...)
		var talk bytes.Buffer
		c.Stdout, c.Stderr = io.Discard, &talk
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		waitForSteps(t, filepath.Join(dir, "runs", "x", "metrics.jsonl"), 5)
		if err := c.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_ = c.Wait()
		if got := c.ProcessState.ExitCode(); got != code {
			t.Fatalf("%v: exit code %d, want %d: %s", sig, got, code, talk.String())
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%v: stopped after %v", sig, took)
		}
		for _, text := range []string{"finishing the step", "'dylora train --resume --run runs/x' goes on", "dylora: stopped by SIG"} {
			if !strings.Contains(talk.String(), text) {
				t.Errorf("%v: stderr lacks %q: %s", sig, text, talk.String())
			}
		}
		if out, err := command(t, dir, "train", "--resume").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		compareLeftovers(t, dir, want)
	}
}

// waitForSteps waits until a log has so many lines.
func waitForSteps(t *testing.T, path string, lines int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil && bytes.Count(b, []byte("\n")) >= lines {
			return
		}
	}
	t.Fatalf("%s: no %d lines within a minute", path, lines)
}
