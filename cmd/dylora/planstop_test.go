package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/train"
)

// longPlan writes a plan of two trainings, runs/x and runs/y, of 60 steps with a checkpoint every few.
func longPlan(t *testing.T, dir string) {
	t.Helper()
	study := fmt.Sprintf("runs: runs/{arm}\nsettings: {model: %q, max_train_examples: 240, max_eval_examples: 32, batch: 8, max_length: 20, epochs: 2, checkpoint_every: 7}\n"+
		"arms: [{name: x}, {name: y, seed: 7}]\n", filepath.Join(reftest.Testdata(t), "bert", "model"))
	if err := os.WriteFile(filepath.Join(dir, "study.yaml"), []byte(study), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, dir, "plan", "study.yaml").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plan.jsonl"), out, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestPlanStopped stops 'dylora run' while two trainings run at once, politely and by SIGKILL.
// Either way both write a checkpoint and end, and the same command goes on to the files of a
// training that was never stopped.
func TestPlanStopped(t *testing.T) {
	model := filepath.Join(reftest.Testdata(t), "bert", "model")
	want, _ := uninterrupted(t, append(slices.Clone(smallRun), "--model", model))
	for sig, code := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGKILL: -1} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := t.TempDir()
			longPlan(t, dir)
			c := command(t, dir, "run", "plan.jsonl", "--jobs", "2", "--results", "results.jsonl")
			var talk bytes.Buffer
			c.Stdout, c.Stderr = io.Discard, &talk
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			for _, run := range []string{"x", "y"} {
				waitForSteps(t, filepath.Join(dir, "runs", run, "metrics.jsonl"), 3)
			}
			if err := c.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := ignoreExit(c.Wait()); err != nil {
				t.Fatal(err)
			}
			if got := c.ProcessState.ExitCode(); got != code {
				t.Fatalf("exit code %d, want %d: %s", got, code, talk.String())
			}
			waitUntilFree(t, filepath.Join(dir, "runs", "x"), filepath.Join(dir, "runs", "y"))
			listed, err := command(t, dir, "runs", "plan.jsonl").Output()
			if err != nil || !strings.Contains(string(listed), "stopped") && !strings.Contains(string(listed), "done") {
				t.Fatalf("%v: %s", err, listed)
			}
			if out, err := command(t, dir, "run", "plan.jsonl", "--jobs", "2", "--results", "results.jsonl").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			compareLeftovers(t, dir, want)
			if b, err := os.ReadFile(filepath.Join(dir, "results.jsonl")); err != nil || bytes.Count(b, []byte("\n")) != 2 {
				t.Errorf("results: %v: %s", err, b)
			}
		})
	}
}

// waitUntilFree waits until nobody trains in the folders, each of which has a checkpoint then.
func waitUntilFree(t *testing.T, dirs ...string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); slices.ContainsFunc(dirs, train.InUse); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a training goes on for a minute after its parent has ended")
		}
	}
	for _, dir := range dirs {
		found, err := filepath.Glob(filepath.Join(dir, "checkpoints", "step-*"))
		if err != nil || len(found) == 0 {
			t.Errorf("%s has no checkpoint: %v", dir, err)
		}
	}
}

// TestPlanCrash: a training that is killed is one that failed; the other one is complete.
func TestPlanCrash(t *testing.T) {
	dir := t.TempDir()
	longPlan(t, dir)
	c := command(t, dir, "run", "plan.jsonl", "--jobs", "2")
	var talk bytes.Buffer
	c.Stderr = &talk
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSteps(t, filepath.Join(dir, "runs", "y", "metrics.jsonl"), 3)
	killOwner(t, filepath.Join(dir, "runs", "y"))
	if err := ignoreExit(c.Wait()); err != nil {
		t.Fatal(err)
	}
	if code := c.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, text := range []string{"runs/x done in ", "runs/y failed: the process ended with signal: killed", "dylora: runs/y (index 1): the process ended with signal: killed"} {
		if !strings.Contains(talk.String(), text) {
			t.Errorf("stderr lacks %q: %s", text, talk.String())
		}
	}
	if out, err := command(t, dir, "run", "plan.jsonl").CombinedOutput(); err != nil || !strings.Contains(string(out), "1 complete, 1 to do, of them 1 failed before") {
		t.Errorf("%v: %s", err, out)
	}
}

// killOwner kills the process that trains in a folder.
func killOwner(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, ".lock"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil {
		t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err := errors.Join(err, p.Kill()); err != nil {
		t.Fatal(err)
	}
}
