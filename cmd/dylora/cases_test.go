package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/reftest"
)

// TestCases holds the whole program to folders as others ship them, each with the answer of
// Transformers and PEFT, or the refusal that is due: the folder cases of DYLORA_SHARED, where
// README.md says what case.json means.
func TestCases(t *testing.T) {
	root := filepath.Join(reftest.Shared(t, "folders as others ship them, with the right answers"), "cases")
	found, err := filepath.Glob(filepath.Join(root, "*", "case.json"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no cases in %s: %v", root, err)
	}
	for _, file := range found {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := holdCase(t, filepath.Dir(file)); err != nil {
				t.Error(err)
			}
		})
	}
}

// holdCase runs a case in a copy of its folder and compares what comes.
func holdCase(t *testing.T, dir string) error {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "c")
	if err := os.CopyFS(folder, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c folderCase
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "case.json")); err != nil {
		t.Fatal(err)
	}
	r := runCommand(t, folder, c.Args)
	if err := r.crash(); err != nil {
		return err
	}
	answered, err := c.expected(r)
	if err != nil || !answered {
		return err
	}
	if err := c.compare(t, folder, r); err != nil {
		return fmt.Errorf("%w | %s", err, r.firstLine())
	}
	for _, step := range c.Then {
		r := runCommand(t, folder, step.Args)
		if err := r.crash(); err != nil || r.code != 0 {
			return fmt.Errorf("then %s: exit code %d: %s", step.Args[0], r.code, r.firstLine())
		}
		if err := step.compare(r.out); err != nil {
			return fmt.Errorf("then %s: %w", step.Args[0], err)
		}
	}
	return nil
}

// result is how a command ended.
type result struct {
	code     int
	out, err string
}

// runCommand runs the program as one of the commands of a case.
func runCommand(t *testing.T, folder string, args []string) result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if computes := []string{"train", "eval", "predict", "merge", "check", "sweep"}; slices.Contains(computes, args[0]) && !slices.Contains(args, "--threads") {
		args = append(slices.Clone(args), "--threads", "1")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	var out, talk bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, &out, &talk
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "DYLORA_") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, runAsProgram+"=1", "DYLORA_CACHE=off", "HOME="+folder, "GOMAXPROCS=1")
	r := result{}
	var exit *exec.ExitError
	switch err := cmd.Run(); {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	r.out, r.err = out.String(), talk.String()
	return r
}

// crash is an error where the program ended in no way that it means to.
func (r result) crash() error {
	if r.code < 0 || r.code > 3 || strings.Contains(r.err, "goroutine ") || strings.Contains(r.err, "panic:") {
		return fmt.Errorf("a crash, exit code %d: %s", r.code, r.firstLine())
	}
	return nil
}

// firstLine is the message, or else the first line on stderr.
func (r result) firstLine() string {
	first := ""
	for line := range strings.Lines(r.err) {
		if strings.HasPrefix(line, "dylora: ") {
			return strings.TrimSpace(line)
		}
		if first == "" {
			first = strings.TrimSpace(line)
		}
	}
	return first
}

// expected says whether there is an answer to be compared; an error if an answer or a refusal
// came where the other was due, or a refusal that does not say what it must.
func (c *folderCase) expected(r result) (answered bool, err error) {
	switch {
	case r.code == 0 && c.Expect == "refusal":
		return true, fmt.Errorf("an answer where a refusal is due: %.100s", r.out)
	case r.code == 0:
		return true, nil
	case c.Expect == "answer":
		return false, fmt.Errorf("a refusal where an answer is due, exit code %d: %s", r.code, r.firstLine())
	case strings.TrimSpace(r.err) == "":
		return false, fmt.Errorf("a refusal without a message, exit code %d", r.code)
	}
	said := strings.ToLower(r.err)
	if len(c.Mention) > 0 && !slices.ContainsFunc(c.Mention, func(s string) bool { return strings.Contains(said, strings.ToLower(s)) }) {
		return false, fmt.Errorf("a message without any of %q: %s", c.Mention, r.firstLine())
	}
	return false, nil
}

// compare holds an answer against the right one.
func (c *folderCase) compare(t *testing.T, folder string, r result) error {
	switch c.Kind {
	case "predict":
		return c.answer.compare(r.out)
	case "merge", "slice":
		return c.compareFolder(folder)
	case "train":
		return c.compareTraining(t, folder, r.err)
	case "eval":
		return c.compareMetrics(r.out)
	}
	return fmt.Errorf("a case of kind %q", c.Kind)
}
