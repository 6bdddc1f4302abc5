package settings

import (
	"strings"
	"testing"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// recipe resolves a task with a kind of recipe, as flags say them.
func recipe(kind, task string, more map[string]any) (*Resolved, error) {
	return WithRecipe(layerOf(Flag, map[string]any{"recipe": kind, "task": task}), layerOf(Flag, more))
}

func TestWithRecipe(t *testing.T) {
	for _, tt := range []struct {
		kind, task string
		more       map[string]any
		batch      int
		lr         float64
		epochs     int
		alpha      float64
		update     adapter.Update
	}{
		{"cpu", "demo", nil, 32, 1e-3, 2, 16, adapter.All},
		{"cpu", "mrpc", nil, 32, 1e-3, 6, 16, adapter.All},
		{"cpu", "MRPC", nil, 32, 1e-3, 6, 16, adapter.All},
		{"paper", "mrpc", nil, 16, 4e-4, 30, 8, adapter.All},
		{"reference", "mrpc", nil, 128, 4e-4, 30, 16, adapter.Frozen},
		{"reference", "mrpc", map[string]any{"epochs": 3, "update": adapter.Strict}, 128, 4e-4, 3, 16, adapter.Strict},
		{"nested", "demo", nil, 32, 1e-3, 2, 16, adapter.All},
		{"nested", "MRPC", map[string]any{"alpha": 4.0}, 32, 1e-3, 6, 4, adapter.All},
		{"cpu", "own.csv", nil, 32, 1e-3, 3, 16, adapter.All},
		{"nested", "own.csv", nil, 32, 1e-3, 3, 16, adapter.All},
	} {
		r, err := recipe(tt.kind, tt.task, tt.more)
		if err != nil {
			t.Errorf("%s %s: %v", tt.kind, tt.task, err)
			continue
		}
		c := r.Train.Loop
		if r.Train.Batch != tt.batch || c.LR != tt.lr || c.Epochs != tt.epochs || r.Adapter.Alpha != tt.alpha || r.Adapter.Update != tt.update {
			t.Errorf("%s %s: %+v", tt.kind, tt.task, r.Settings)
		}
		own := data.IsFile(tt.task)
		if want := map[bool]Origin{true: Default, false: Recipe}[own]; r.Origin("batch") != want {
			t.Errorf("%s %s: batch by %s, want %s", tt.kind, tt.task, r.Origin("batch"), want)
		}
		if name := "recipe " + small(tt.kind) + "/" + strings.ToLower(tt.task) + ".yaml line "; !own && !strings.HasPrefix(r.Place("lr"), name) {
			t.Errorf("%s %s: lr comes from %q", tt.kind, tt.task, r.Place("lr"))
		}
		if r.Data.Task != tt.task || r.Origin("task") != Flag {
			t.Errorf("%s %s: the task is %s by %s", tt.kind, tt.task, r.Data.Task, r.Origin("task"))
		}
	}
}

// small is the kind that the batch of a kind comes from.
func small(kind string) string {
	if kind == "nested" {
		return configs.CPU
	}
	return kind
}

// TestRecipeForEveryTask: what a kind has for every task stands over the small budget and below
// what a person says, for the user's own tasks, too.
func TestRecipeForEveryTask(t *testing.T) {
	for _, task := range []string{"demo", "cola", "own.csv"} {
		r, err := recipe("nested", task, nil)
		if err != nil || r.Adapter.Scaling != adapter.Sqrt || !strings.HasPrefix(r.Place("scaling"), "recipe nested/every-task.yaml line ") {
			t.Errorf("%s: %v from %q, %v", task, r.Adapter.Scaling, r.Place("scaling"), err)
		}
		r, err = recipe("nested", task, map[string]any{"scaling": adapter.Constant})
		if err != nil || r.Adapter.Scaling != adapter.Constant || r.Origin("scaling") != Flag {
			t.Errorf("%s: %v by %s, %v", task, r.Adapter.Scaling, r.Origin("scaling"), err)
		}
		if r, err = recipe("cpu", task, nil); err != nil || r.Adapter.Scaling != adapter.Paper {
			t.Errorf("%s of cpu: %v, %v", task, r.Adapter.Scaling, err)
		}
	}
}

// Every task has a recipe of every kind or an error that names those that have one.
func TestEveryRecipeResolves(t *testing.T) {
	for _, kind := range configs.Kinds() {
		with := recipeTasks(kind)
		for _, task := range data.Tasks() {
			r, err := recipe(kind, task.Name, nil)
			if has := strings.Contains(","+strings.Join(with, ",")+",", ","+task.Name+","); has || kind == configs.CPU {
				if err != nil || has != (r.Origin("lr") == Recipe) {
					t.Errorf("%s %s: %v, in the list %v", kind, task.Name, err, has)
				}
				continue
			}
			want := "recipe: " + kind + " has none for task " + task.Name + ", only for " + strings.Join(with, ", ") + ": choose cpu and say the settings yourself"
			if err == nil || err.Error() != want || fault.ClassOf(err) != fault.Usage {
				t.Errorf("%s %s: error = %v, want %s", kind, task.Name, err, want)
			}
		}
	}
}

func TestRecipeRefused(t *testing.T) {
	for _, tt := range []struct{ kind, task, want string }{
		{"paper", "own.csv", "recipe: paper has none for your own task own.csv: choose cpu and say the settings yourself"},
		{"reference", "own.jsonl", "recipe: reference has none for your own task own.jsonl: choose cpu and say the settings yourself"},
		{"papers", "demo", `recipe: "papers" is not one of cpu, nested, paper, reference (did you mean "paper"?) (--recipe)`},
		{"papers", "own.csv", `recipe: "papers" is not one of cpu, nested, paper, reference (did you mean "paper"?) (--recipe)`},
	} {
		_, err := recipe(tt.kind, tt.task, nil)
		if err == nil || err.Error() != tt.want || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%s %s: error = %v, want %s", tt.kind, tt.task, err, tt.want)
		}
	}
	_, err := recipe("papers", "sst3", map[string]any{"rank": 0})
	for _, want := range []string{"rank: 0 is below 1 (--rank)", "task: ", `recipe: "papers"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	for _, tt := range [][2]string{{"papers", "demo"}, {"nested", "sst3"}, {"cpu", "sst3"}, {"paper", "sst3"}} {
		if l, err := RecipeLayer(tt[0], tt[1]); err != nil || len(l.Keys()) > 0 {
			t.Errorf("%v: %v, %v, want an empty layer", tt, l, err)
		}
	}
}
