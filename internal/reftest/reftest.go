// Package reftest gives tests the reference outputs of PyTorch, Transformers, PEFT and
// scikit-learn. A small set is part of the repository and is always compared with;
// scripts/make-reference makes it. The folder that the environment variable DYLORA_SHARED
// names adds larger sets and official files, which are too large, or not free, to be committed.
package reftest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Variable is the environment variable that names the folder of additional reference data.
const Variable = "DYLORA_SHARED"

// Testdata is the folder of the committed reference: an absolute path.
func Testdata(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := moduleRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "internal", "reftest", "testdata")
}

// moduleRoot is the closest folder at or above dir that has a go.mod. Tests run in the
// folder of their package, so the path does not depend on how the test was built.
func moduleRoot(dir string) (string, error) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("reftest: no go.mod above the working directory")
		}
		dir = parent
	}
}

// Shared is the folder that DYLORA_SHARED names. Without the variable the test is skipped,
// and missing says what it would have read.
func Shared(t testing.TB, missing string) string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skipf("%s is not set: it names the folder with %s, which are not part of the repository", Variable, missing)
	}
	return dir
}

// Glob returns the files of the committed reference that match pattern, then those of
// $DYLORA_SHARED/golden and $DYLORA_SHARED/encoders/golden where the variable is set. A set
// without a match fails the test, but for the last, which need not have every kind of file.
func Glob(t testing.TB, pattern string) (all []string) {
	t.Helper()
	roots := []string{Testdata(t)}
	if shared := os.Getenv(Variable); shared != "" {
		roots = append(roots, filepath.Join(shared, "golden"), filepath.Join(shared, "encoders", "golden"))
	}
	for i, root := range roots {
		found, err := fs.Glob(os.DirFS(root), pattern)
		if optional := i == 2; err != nil || len(found) == 0 && !optional {
			t.Fatalf("no reference %s under %s: %v", pattern, root, err)
		}
		for _, name := range found {
			all = append(all, filepath.Join(root, filepath.FromSlash(name)))
		}
	}
	return all
}

// Folders returns the folders of encoders: each has reference.json, reference.safetensors,
// model/ (a Transformers checkpoint) and peft-rN/ (slices saved by PEFT).
func Folders(t testing.TB) []string {
	t.Helper()
	folders := Glob(t, "*/reference.json")
	for i, file := range folders {
		folders[i] = filepath.Dir(file)
	}
	return folders
}
