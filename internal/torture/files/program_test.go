//go:build linux

package files

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/torture/filetrace"
)

func TestNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		talk, path, to string
		want           bool
	}{
		"itself":                    {"cannot write runs/x/config.yaml: full", "/d/runs/x/config.yaml", "", true},
		"what it is to be":          {"cannot save runs/x/checkpoints/step-000000004: full", "/d/runs/x/checkpoints/.step-000000004.0123abcd", "", true},
		"a file in what it is":      {"write runs/x/checkpoints/step-000000004/state: full", "/d/runs/x/checkpoints/.step-000000004.0123abcd/state", "", true},
		"a temporary file":          {"sweep.json: not written", "/d/.sweep.json-123", "", true},
		"where a rename leads":      {"b: full", "/d/a", "/d/b", true},
		"another":                   {"cannot write config.yaml", "/d/runs/x/metrics.jsonl", "", false},
		"the folder that all is in": {"anything", "/d", "", false},
	} {
		if got := named(tt.talk, "/d", filetrace.Op{Path: tt.path, To: tt.to}); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLasting(t *testing.T) {
	rename := func(step string, result int64) filetrace.Op {
		return filetrace.Op{Kind: filetrace.Rename, Path: "/d/checkpoints/.x", To: "/d/checkpoints/" + step, Result: result}
	}
	flushed := filetrace.Op{Kind: filetrace.Sync, Path: "/d/checkpoints"}
	cut := flushed
	cut.Result = -1
	for want, ops := range map[string][]filetrace.Op{
		"":       {rename("step-1", 0), cut},
		"step-1": {rename("step-1", 0), flushed, rename("step-2", -1), flushed},
		"step-2": {rename("step-1", 0), flushed, rename("step-2", 0), flushed, rename("step-3", 0)},
	} {
		if got := lasting(ops); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	env := environment("/d", "HF_HUB_OFFLINE=0", "X=1", "X=2")
	if !slices.Contains(env, "HF_HUB_OFFLINE=0") || !slices.Contains(env, "X=2") || slices.Contains(env, "X=1") || !slices.Contains(env, "HOME=/d/home") {
		t.Error(env)
	}
}

func TestTree(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "x", "b/c": "y", "p.html": "<html></html>\n", "q.html": "<html>"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(dir, "l")); err != nil {
		t.Fatal(err)
	}
	first, err := tree(dir)
	if err != nil || first["b"] != "folder" || first["l"] != "a" || first["p.html"] == first["q.html"] || len(below(first, "b")) != 2 {
		t.Errorf("%v, %v", first, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b", "c"), []byte("z"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	second, err := tree(dir)
	if got := strings.Join(differences(second, first), ", "); err != nil || got != "a is missing, b/c differs, d is left" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestRows: each row has a check here, and a mutant that takes its protection out and still applies.
func TestRows(t *testing.T) {
	for _, r := range Rows() {
		if checks()[r.Name] == nil {
			t.Errorf("%s has no check", r.Name)
		}
		patch := filepath.Join("internal", "torture", "mutants", r.Name+".patch")
		git := exec.Command("git", "apply", "--check", patch)
		git.Dir = filepath.Join("..", "..", "..")
		if out, err := git.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", patch, err, out)
		}
	}
	if len(Rows()) != len(checks()) {
		t.Errorf("%d rows, %d checks", len(Rows()), len(checks()))
	}
}
