package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/models"
)

// smallAdapter fits the built-in model.
func smallAdapter(t *testing.T) *adapter.Adapter {
	t.Helper()
	config, err := fs.ReadFile(models.Mini(), "config.json")
	if err != nil {
		t.Fatal(err)
	}
	c, err := model.ParseConfig("config.json", config)
	if err != nil {
		t.Fatal(err)
	}
	projections, err := c.Projections([]string{"query", "output.dense"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.New(3, 6, adapter.Paper, projections, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// withoutModel are commands that need no base model, by name, on an adapter that is
// written here.
func withoutModel(t *testing.T) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	if err := adapter.Save(filepath.Join(dir, "adapter"), smallAdapter(t), nil, adapter.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	return map[string][]string{
		"help":  {"--help"},
		"slice": {"slice", "--adapter", filepath.Join(dir, "adapter"), "--rank", "2", "--out", filepath.Join(dir, "slice")},
	}
}

// What the program takes of the processor from start to end is the least of some runs,
// which other load changes little. The bound is three times the 50 ms that are wanted.
func TestStartUpTime(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range withoutModel(t) {
		least := time.Hour
		for range 5 {
			if err := os.RemoveAll(args[len(args)-1]); err != nil { // what the run before has written
				t.Fatal(err)
			}
			c := exec.Command(self, args...)
			c.Env = append(os.Environ(), runAsProgram+"=1")
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", name, err, out)
			}
			least = min(least, c.ProcessState.UserTime()+c.ProcessState.SystemTime())
		}
		t.Logf("%s: %v", name, least)
		if least > 150*time.Millisecond {
			t.Errorf("%s takes %v of the processor, want 50 ms", name, least)
		}
	}
}

// The built-in model is not decoded where it is not used: that would allocate what the
// model allocates, which is far more than these commands do.
func TestModelNotDecoded(t *testing.T) {
	allocated := func(f func() error) uint64 {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := f(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	decoded := allocated(func() error {
		_, err := model.Load(models.Mini(), "mini", model.LoadOptions{Machine: kerneltest.New(t)})
		return err
	})
	for name, args := range withoutModel(t) {
		root := silentRoot()
		root.SetArgs(args)
		if used := allocated(root.Execute); used > decoded/3 {
			t.Errorf("%s allocates %d bytes; loading the model allocates %d", name, used, decoded)
		} else {
			t.Logf("%s allocates %d bytes, the model %d", name, used, decoded)
		}
	}
}
