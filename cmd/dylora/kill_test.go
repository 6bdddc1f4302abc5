package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/train"
)

// command is the whole program with arguments, in a folder. SIGHUP ends it by default, even
// where the tests were started by nohup: what this process catches is not ignored in another
// that it starts.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
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

// uninterrupted is the outcome of a run and the time that it takes.
func uninterrupted(t *testing.T, args []string) (map[string]string, time.Duration) {
	t.Helper()
	dir, start := t.TempDir(), time.Now()
	if out, err := command(t, dir, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return leftovers(t, dir), time.Since(start)
}

// killSeed is the environment variable with the seed of TestKilled's moments, for other
// moments than those that are always tried. It is none of DYLORA_*, which the program that is
// killed reads.
const killSeed = "TEST_KILL_SEED"

// TestKilled kills a run with SIGKILL at five moments, one at random in each fifth of its
// time, each time resumes it, and finds the files of an uninterrupted run, bit for bit. The
// encoder is so small that much of the run's time goes into its files. The names of the parts,
// and so their messages, have the seed.
func TestKilled(t *testing.T) {
	seed := uint64(1)
	if text := os.Getenv(killSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", killSeed, err)
		}
	}
	run := append(smallRun[:len(smallRun):len(smallRun)], "--model", filepath.Join(reftest.Testdata(t), "bert", "model"))
	want, whole := uninterrupted(t, run)
	random := rand.New(rand.NewPCG(1, seed))
	const rounds = 5
	for round := range rounds {
		share := (float64(round) + random.Float64()) / rounds // of the run's time, from its beginning to its end
		t.Run(fmt.Sprintf("%s=%d/round=%d", killSeed, seed, round), func(t *testing.T) {
			after := time.Duration(share * float64(whole))
			t.Logf("killed after %v, %.4f of %v", after.Round(time.Millisecond), share, whole.Round(time.Millisecond))
			killed(t, run, after, want)
		})
	}
}

// killed kills a run after a time, resumes it, and compares what it leaves.
func killed(t *testing.T, run []string, after time.Duration, want map[string]string) {
	dir := t.TempDir()
	c := command(t, dir, run...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	err := errors.Join(c.Process.Kill(), ignoreExit(c.Wait()))
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	args := append(run[:len(run):len(run)], "--resume")
	if _, err := os.Stat(filepath.Join(dir, "runs", "x", train.SettingsName)); err != nil {
		args = run // killed before there was a run
	}
	if out, err := command(t, dir, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	compareLeftovers(t, dir, want)
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
	want, _ := uninterrupted(t, smallRun)
	for sig, code := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
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
		for _, text := range []string{"finishing the work at hand", "'dylora train --resume --run runs/x' goes on", "dylora: stopped by SIG"} {
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
