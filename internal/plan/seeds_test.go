package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

func TestParseSeeds(t *testing.T) {
	for spec, want := range map[string][]uint64{
		"7": {7}, "0": {0}, "1-3": {1, 2, 3}, " 1 - 2 , 5": {1, 2, 5}, "3,1": {3, 1}, "18446744073709551614-18446744073709551615": {1<<64 - 2, 1<<64 - 1},
	} {
		if got, err := ParseSeeds(spec); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", spec, got, err, want)
		}
	}
	for spec, want := range map[string]string{
		"": "is no seed", "a": "is no seed", "-1": "is no seed", "1-": "is no seed", "1.5": "is no seed", "1,,2": "is no seed", "18446744073709551616": "is no seed",
		"3-1": "counts down", "1-3,2": "has seed 2 twice", "1-1001": "makes more than 1000", "0-18446744073709551615": "makes more than 1000", "1-1000,2000": "makes more than 1000",
	} {
		if got, err := ParseSeeds(spec); fault.ClassOf(err) != fault.Usage || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%q: %v, %v, want %q", spec, got, err, want)
		}
	}
}

// TestParseSeedsProperty: a list of distinct seeds is read as it is written.
func TestParseSeedsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seeds := rapid.SliceOfNDistinct(rapid.Uint64(), 1, 20, rapid.ID).Draw(t, "seeds")
		var parts []string
		for _, s := range seeds {
			parts = append(parts, fmt.Sprint(s))
		}
		if got, err := ParseSeeds(strings.Join(parts, ",")); err != nil || !slices.Equal(got, seeds) {
			t.Errorf("%v, %v, want %v", got, err, seeds)
		}
	})
}

// resolved are settings as flags would say them.
func resolved(t *testing.T, yaml string) *settings.Resolved {
	t.Helper()
	r, err := settings.WithRecipe(settings.YAMLLayer(settings.Flag, "flags", []byte(yaml)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSeeds: a line for each seed, with what a person has said and nothing of the machine; the folder's name depends on the settings alone.
func TestSeeds(t *testing.T) {
	t.Chdir(t.TempDir())
	r := resolved(t, "task: sst2\nrank: 4\nthreads: 3\nmodel: elsewhere/base")
	p, machine, err := Seeds(r, []uint64{1, 1<<64 - 1}, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Lines) != 2 || p.Lines[0].ID == p.Lines[1].ID || p.Lines[1].Settings["seed"] != uint64(1<<64-1) || p.Lines[0].Settings["rank"] != 4 {
		t.Errorf("lines %+v", p.Lines)
	}
	if _, says := p.Lines[0].Settings["threads"]; says || !slices.Equal(machine.Keys(), []string{"threads"}) {
		t.Errorf("the machine's settings: %v in the line, %v", p.Lines[0].Settings, machine.Keys())
	}
	folder := filepath.Dir(p.Path)
	if !strings.HasPrefix(folder, "runs/sst2-seeds-") || p.Lines[0].Run != filepath.Join(folder, "seed-1") {
		t.Errorf("plan %s, run %s", p.Path, p.Lines[0].Run)
	}
	again, _, err := Seeds(resolved(t, "task: sst2\nrank: 4\nthreads: 1\nmodel: elsewhere/base"), []uint64{9}, "")
	if err != nil || again.Path != p.Path {
		t.Errorf("other seeds on another number of threads: %s, want %s", again.Path, p.Path)
	}
	if other, _, err := Seeds(resolved(t, "task: sst2\nrank: 8"), []uint64{9}, ""); err != nil || other.Path == p.Path {
		t.Errorf("other settings: %s, %v", other.Path, err)
	}
	if err := p.Save(); err != nil {
		t.Fatal(err)
	}
	read, err := Read(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range read.Lines {
		if err := read.Check(&read.Lines[i]); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := Seeds(resolved(t, "seed: 3"), []uint64{1}, ""); fault.ClassOf(err) != fault.Usage {
		t.Errorf("a seed, too: %v", err)
	}
	if err := os.WriteFile(p.Path, []byte("notes\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := p.Save(); err == nil {
		t.Error("a file that is no plan is replaced")
	}
}

// TestWithoutSettings: a process that trains a line gets no setting from its surroundings.
func TestWithoutSettings(t *testing.T) {
	got := withoutSettings([]string{"HOME=/h", "DYLORA_LR=1", "DYLORA_THREADS=2", "DYLORA_CACHE=off", "X"})
	if want := []string{"HOME=/h", "DYLORA_CACHE=off", "X"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
