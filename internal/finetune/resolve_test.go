package finetune

import (
	"os"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// TestResolveNew: a new run has what is given over the recipe of its task.
func TestResolveNew(t *testing.T) {
	r, err := Resolve(Place{Run: "nosuch"}, layer("task: rte; rank: 3"), layer("rank: 5"))
	must(t, err)
	if r.Adapter.Rank != 5 || r.Origin("rank") != settings.Flag || r.Place("rank") != "test.yaml line 1" || r.Origin("task") != settings.Flag {
		t.Errorf("rank %d by %s (%s)", r.Adapter.Rank, r.Origin("rank"), r.Place("rank"))
	}
	if recipe, err := settings.RecipeLayer("cpu", "rte"); err != nil || len(recipe.Keys()) == 0 || r.Origin(recipe.Keys()[0]) != settings.Recipe {
		t.Errorf("nothing is the recipe's: %v", err)
	}
	for yaml, want := range map[string]string{
		"rank: 0":                    "rank: 0 is below 1 (test.yaml line 1)",
		"rank: x":                    "test.yaml line 1: rank: ",
		"nosuch: 1":                  "nosuch: unknown key",
		"rank: 2; r_min: 3; best: 4": "r_min: 3 is above rank 2",
	} {
		if r, err := Resolve(Place{}, layer(yaml)); r != nil || fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
}

// TestResolveResumed: a resumed run has its own settings; those that are free may differ.
func TestResolveResumed(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.MkdirAll("runs/a", 0o777))
	must(t, os.MkdirAll("b", 0o777))
	must(t, os.Symlink("a", "runs/latest"))
	must(t, os.WriteFile("runs/a/config.yaml", []byte("task: rte\nrank: 3\nseed: 18446744073709551615\n"), 0o666))
	must(t, os.WriteFile("b/config.yaml", []byte("rank: 7\n"), 0o666))
	for dir, want := range map[string]int{"": 3, "runs/a": 3, "runs/latest": 3, "b": 7, "b/": 7} {
		r, err := Resolve(Place{Run: dir, Resume: true}, layer("threads: 2; checkpoint_every: 9"))
		if err != nil || r.Adapter.Rank != want || r.Origin("rank") != settings.Run || r.Machine.Threads != 2 || r.Train.CheckpointEvery != 9 {
			t.Errorf("%q: %+v, %v", dir, r, err)
			continue
		}
		if r.Origin("lr") != settings.Default || want == 3 && r.Train.Loop.Seed != 1<<64-1 {
			t.Errorf("%q: lr by %s, seed %d", dir, r.Origin("lr"), r.Train.Loop.Seed)
		}
	}
	for yaml, want := range map[string]string{
		"rank: 4":                    "resume: rank is 4 (test.yaml line 1), the run was started with 3: leave it out, or start another run",
		"task: sst2":                 "resume: task is sst2",
		"seed: 18446744073709551614": "resume: seed is 18446744073709551614",
		"rank: 0":                    "rank: 0 is below 1",
	} {
		if _, err := Resolve(Place{Resume: true}, layer(yaml)); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
	if _, err := Resolve(Place{Resume: true}, layer("rank: 3; seed: 18446744073709551615")); err != nil {
		t.Errorf("the same again: %v", err)
	}
}

// TestResolveNoRun: what cannot be resumed is of class Invalid, and says why.
func TestResolveNoRun(t *testing.T) {
	t.Chdir(t.TempDir())
	check := func(name, dir string, reason fault.Reason, want string) {
		t.Helper()
		r, err := Resolve(Place{Run: dir, Resume: true})
		if r != nil || fault.ClassOf(err) != fault.Invalid || fault.ReasonOf(err) != reason || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: reason %q of %v, want %q of %q", name, fault.ReasonOf(err), err, reason, want)
		}
	}
	check("no runs", "", train.NoRun, "runs/latest: there is no run yet")
	check("no folder", "nosuch", train.NothingToResume, "nosuch: there is no run to resume: nosuch/config.yaml: ")
	must(t, os.MkdirAll("runs/empty", 0o777))
	check("no settings", "runs/empty", train.NothingToResume, "runs/empty: there is no run to resume")
	must(t, os.Symlink("gone", "runs/latest"))
	check("latest is gone", "", "", "runs/latest points to runs/gone, which is not there")
	for text, want := range map[string]string{
		"rank: [":            "config.yaml: ",
		"rank: x\n":          "config.yaml line 1: rank: \"x\" is not a whole number",
		"- rank\n":           "config.yaml line 1: want lines of 'key: value'",
		"a: 1\nrank: 2\n":    "config.yaml line 1: a: unknown key",
		"rank: 1\nrank: 2\n": "config.yaml line 2: rank: given twice",
	} {
		must(t, os.WriteFile("runs/empty/config.yaml", []byte(text), 0o666))
		r, err := Resolve(Place{Run: "runs/empty", Resume: true}, layer("rank: 8"))
		if r != nil || fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
