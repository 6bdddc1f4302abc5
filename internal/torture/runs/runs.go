// Package runs tries trainings and evaluations as a whole: their bits, their memory and what
// happens when numbers diverge.
package runs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/torture/row"
)

// Rows are the rows of this package.
func Rows() []row.Row {
	return []row.Row{
		{Name: "R9", Promise: "NaN or Inf in loss, gradient or weights stops the run, and the last good checkpoint is untouched", Count: 12, Check: diverging},
		{Name: "R13", Promise: "the same bits for GOMAXPROCS 1, 2, 8", Count: 30, Check: processors},
		{Name: "R14", Promise: "memory is flat over 50,000 steps", Count: 1, Check: flat},
		{Name: "R16", Promise: "forward, loss, every gradient, ten AdamW steps and every slice equal PyTorch's", Check: references},
		{Name: "R24", Promise: "what needs more memory than there is stops before it begins and says how much, and what needs little less runs", Count: 24, Check: limits},
		{Name: "R25", Promise: "the same bits for all numbers of threads, capacities and packings, from the packed cache or not, resumed or not", Count: 40, Check: determinism},
	}
}

// encoder is the folder of a tiny encoder, or mini.
func encoder(t *row.Trial, name string) string {
	if name == "mini" {
		return name
	}
	return filepath.Join(t.Root, "internal", "reftest", "testdata", name, "model")
}

// outcome is what a command left.
type outcome struct {
	code     int
	out, err string
	peak     int64 // bytes that were resident at most; 0 where the system does not say it
}

// run runs the program under test in dir, with variables in addition to an environment of the case's own.
func run(ctx context.Context, t *row.Trial, dir string, env []string, args ...string) (outcome, error) {
	c := command(ctx, t, dir, env, args...)
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return outcome{}, err
	}
	return outcome{c.ProcessState.ExitCode(), out.String(), talk.String(), peakOf(c.ProcessState)}, ctx.Err()
}

// command is a call of the program under test.
func command(ctx context.Context, t *row.Trial, dir string, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, t.Binary, args...)
	c.Dir, c.Env = dir, append(environment(dir), env...)
	return c
}

// environment is this process's without what dylora and Go's runtime read.
func environment(home string) []string {
	own := slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return strings.HasPrefix(name, "DYLORA_") || strings.HasPrefix(name, "HF_") || slices.Contains([]string{"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG", "HOME", "XDG_CACHE_HOME"}, name)
	})
	return append(own, "HOME="+home, "DYLORA_CACHE=off", "HF_HUB_OFFLINE=1")
}

// succeed is run for a command that has to succeed.
func succeed(t *row.Trial, dir string, env []string, args ...string) (outcome, error) {
	o, err := run(t, t, dir, env, args...)
	if err == nil && o.code != 0 {
		err = fmt.Errorf("dylora %s: exit code %d: %s", strings.Join(args, " "), o.code, o.err)
	}
	return o, err
}

// short is a training of the built-in task of steps of eight sequences in two epochs, into the folder run.
func short(model string, steps int, more ...string) []string {
	args := []string{"train", "--run", "run", "--model", model, "--max-train-examples", fmt.Sprint(4 * steps), "--max-eval-examples", "24",
		"--batch", "8", "--max-length", "20", "--epochs", "2", "--rank", "4", "--quiet"}
	return append(args, more...)
}

// kept are the files of a finished run that a promise of equal bits is about.
var kept = []string{"metrics.jsonl", "sweep.json", "adapter/adapter_model.safetensors", "adapter/adapter_config.json", "adapter/dylora.json"}

// files reads the files that are kept of a run, and its newest checkpoint.
func files(dir string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, name := range kept {
		b, err := os.ReadFile(filepath.Join(dir, "run", name))
		if err != nil {
			return nil, err
		}
		all[name] = b
	}
	newest, err := checkpoint(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"manifest.json", "state.safetensors"} {
		b, err := os.ReadFile(filepath.Join(newest, name))
		if err != nil {
			return nil, err
		}
		all["checkpoint "+name] = b
	}
	return all, nil
}

// checkpoint is the folder of the newest checkpoint of a run; "" if there is none.
func checkpoint(dir string) (string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "run", "checkpoints", "step-*"))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return slices.Max(found), nil
}

// same compares the files of two runs.
func same(want, got map[string][]byte) error {
	for name := range want {
		if !bytes.Equal(want[name], got[name]) {
			return fmt.Errorf("%s differs", name)
		}
	}
	return nil
}

// subfolder makes a folder in dir.
func subfolder(dir, name string) (string, error) {
	own := filepath.Join(dir, name)
	return own, os.Mkdir(own, 0o777)
}
