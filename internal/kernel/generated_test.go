package kernel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGenerated runs the generator and compares its output with the committed assembly,
// so that neither can change without the other.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("short: runs the generator")
	}
	dir := t.TempDir()
	generator := filepath.Join(dir, "gen")
	build := exec.Command("go", "build", "-o", generator, ".")
	build.Dir = "gen"
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the generator's modules cannot be had: %v\n%s", err, out)
	}
	for _, name := range []string{"gemm", "integer", "strided", "vector"} {
		// The arguments are part of the files' first lines, so they are those of make gen.
		run := exec.Command(generator, "-kernel", name, "-out", "../"+name+"_amd64.s", "-stubs", "../"+name+"_stubs_amd64.go", "-pkg", "kernel")
		run.Dir = filepath.Join(dir, "work")
		if err := os.MkdirAll(run.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		for _, file := range []string{name + "_amd64.s", name + "_stubs_amd64.go"} {
			if got, want := body(t, filepath.Join(dir, file)), body(t, file); !bytes.Equal(got, want) {
				t.Errorf("%s is not what the generator writes: run make gen", file)
			}
		}
	}
}

// body is a generated file without its first line, which names the command.
func body(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(b, []byte("\n"))
	return rest
}
