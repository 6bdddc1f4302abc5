package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/reftest"
)

// keptRun copies files of an earlier version of dylora into a folder of its own, which it gives, with the encoder that they
// were made with: "early" is of a version of long before the first release, "unversioned" of the last without numbers of
// formats.
func keptRun(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "formats", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "tiny"), os.DirFS(filepath.Join(reftest.Testdata(t), "roberta", "model"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestOlderFormats: what earlier versions wrote is read, by every command that reads it.
func TestOlderFormats(t *testing.T) {
	t.Parallel()
	commands := []string{
		"train --resume --run run", "eval run --rank 1", "sweep run", "predict run --rank 1", "check run", "slice run --rank 1 --out slice", "inspect run",
	}
	for name, more := range map[string]string{"early": "train --resume --run run --epochs 3", "unversioned": "runs plan.jsonl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := keptRun(t, name)
			for _, line := range append([]string{more}, commands...) {
				c := command(t, dir, strings.Fields(line)...)
				c.Stdin = strings.NewReader("a film\n")
				out, err := c.CombinedOutput()
				if err != nil {
					t.Errorf("dylora %s: %v\n%s", line, err, out)
				}
				if strings.HasPrefix(line, "runs ") && !strings.Contains(string(out), "1 done") {
					t.Errorf("dylora %s does not know that the run is done:\n%s", line, out)
				}
			}
			if name != "early" {
				return
			}
			// What the longer training has written again has a number.
			for _, file := range []string{"run/config.yaml", "run/adapter/dylora.json"} {
				b, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil || !regexp.MustCompile(`(?m)^ *"?format"?: 1,?$`).Match(b) {
					t.Errorf("%s has no number of its format: %v", file, err)
				}
			}
		})
	}
}

// TestNewerFormats: a file of a newer version is refused by name, and with exit code 3; no matter what else is in it. Files
// that can be made again are made again.
func TestNewerFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		run, file, command string
		code               int // exit code
	}{
		{"early", "run/adapter/dylora.json", "eval run --rank 1", 3},
		{"early", "run/adapter/dylora.json", "slice run --rank 1 --out slice", 3},
		{"early", "run/config.yaml", "eval run --rank 1", 3},
		{"early", "run/config.yaml", "train --resume --run run --epochs 3", 3},
		{"early", "run/checkpoints/step-000000008-evaluated/manifest.json", "train --resume --run run --epochs 3", 3},
		{"unversioned", "run/data.json", "eval run --rank 1", 3},
		{"unversioned", "run/plan.json", "runs plan.jsonl", 0}, // the state of the one training says so
		{"unversioned", "run/sweep.json", "runs plan.jsonl", 3},
		{"unversioned", "run/decision.json", "sweep run", 0},
	} {
		t.Run(tt.file+" "+tt.command, func(t *testing.T) {
			t.Parallel()
			dir := keptRun(t, tt.run)
			path := filepath.Join(dir, filepath.FromSlash(tt.file))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := regexp.MustCompile(`"format":1,`).ReplaceAllString(string(b), "")
			if strings.HasSuffix(tt.file, ".yaml") {
				text = "format: 7\nof_the_future: true\n" + text
			} else {
				text = strings.Replace(text, "{", `{"format": 7, "of_the_future": true, `, 1)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			c := command(t, dir, strings.Fields(tt.command)...)
			out, _ := c.CombinedOutput()
			want := filepath.Base(tt.file) + " has format 7, this program reads up to 1: update dylora"
			remade := tt.file == "run/decision.json"
			if code := c.ProcessState.ExitCode(); code != tt.code || strings.Contains(string(out), want) == remade {
				t.Errorf("dylora %s: exit %d, want %d and %q:\n%s", tt.command, code, tt.code, want, out)
			}
		})
	}
}
