package configs

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestRecipes(t *testing.T) {
	names, err := fs.Glob(Recipes(), "*/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("recipes = %v, %v", names, err)
	}
	count := map[string]int{}
	for _, name := range names {
		kind, file := path.Split(name)
		count[strings.TrimSuffix(kind, "/")]++
		if file == EveryTask {
			count[strings.TrimSuffix(kind, "/")] += 8
		}
		text, err := fs.ReadFile(Recipes(), name)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(string(text), "\n")
		if !strings.HasPrefix(first, "# dylora train") {
			t.Errorf("%s opens with %q, not with the command that runs it", name, first)
		}
		if !strings.Contains(rest, "# Source: ") {
			t.Errorf("%s does not say where its values come from", name)
		}
		if want := "\ntask: " + strings.TrimSuffix(file, ".yaml") + "\n"; strings.Contains(rest, want) == (file == EveryTask) {
			t.Errorf("%s: the line %q: %t", name, want, file == EveryTask)
		}
		if strings.Contains(rest, "\nrecipe:") {
			t.Errorf("%s names a recipe", name)
		}
	}
	for _, kind := range Kinds() {
		if count[kind] < 8 { // of GLUE's nine tasks the papers leave out WNLI
			t.Errorf("%d recipes of kind %s", count[kind], kind)
		}
		delete(count, kind)
	}
	if len(count) > 0 {
		t.Errorf("folders that are no kind: %v", count)
	}
}

// TestPublished pins the values of the published recipes, batch / learning rate / epochs:
// a slip of the hand in one of sixteen files would cost a user days of computing.
func TestPublished(t *testing.T) {
	for task, want := range map[string][2]string{
		"mnli": {"16 5e-4 30", "128 5e-4 30"}, "sst2": {"16 5e-4 60", "128 5e-4 60"},
		"mrpc": {"16 4e-4 30", "128 4e-4 30"}, "cola": {"32 4e-4 80", "64 4e-4 80"},
		"qnli": {"32 4e-4 25", "256 4e-4 25"}, "qqp": {"16 5e-4 25", "128 5e-4 25"},
		"rte": {"32 5e-4 80", "128 5e-4 80"}, "stsb": {"16 4e-4 40", "128 4e-4 40"},
	} {
		for i, kind := range []string{"paper", "reference"} {
			text, err := fs.ReadFile(Recipes(), kind+"/"+task+".yaml")
			if err != nil {
				t.Fatal(err)
			}
			fields := strings.Fields(want[i])
			alpha := []string{"8", "16"}[i]
			for _, line := range []string{
				"batch: " + fields[0], "lr: " + fields[1], "epochs: " + fields[2], "alpha: " + alpha,
				"rank: 8", "warmup: 0.06", "weight_decay: 0.1", "clip: 1.0", "max_length: 512",
			} {
				if !slices.Contains(strings.Split(string(text), "\n"), line) {
					t.Errorf("%s/%s.yaml lacks %q", kind, task, line)
				}
			}
			starts := slices.Contains([]string{"mrpc", "rte", "stsb"}, task)
			if strings.Contains(string(text), "--init-adapter runs/mnli-"+kind) != starts {
				t.Errorf("%s/%s.yaml: starts from the MNLI adapter: want %v", kind, task, starts)
			}
		}
	}
}
