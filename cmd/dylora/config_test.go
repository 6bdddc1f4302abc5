package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/settings"
)

// resolveTrain resolves a command line of train as the command would.
func resolveTrain(t *testing.T, args ...string) (*settings.Resolved, error) {
	t.Helper()
	var got *trainOptions
	cmd := newTrainCmd(&streams{}, func(_ context.Context, o *trainOptions) error { got = o; return nil })
	cmd.SetArgs(args)
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	if err := cmd.Execute(); err != nil {
		return nil, err
	}
	return settings.WithRecipe(got.layers...)
}

func value(l *settings.Layer, key string) any { v, _ := l.Value(key); return v }

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigPrecedence(t *testing.T) {
	recipe, err := settings.RecipeLayer(configs.CPU, "demo")
	if err != nil || value(recipe, "epochs") == nil {
		t.Fatalf("the demo recipe sets no epochs: %v, %v", recipe, err)
	}
	tests := []struct {
		name, file, env, flag string
		want                  int
		origin                settings.Origin
	}{
		{name: "recipe over default", want: value(recipe, "epochs").(int), origin: "recipe"},
		{name: "file over recipe", file: "epochs: 11", want: 11, origin: "file"},
		{name: "env over file", file: "epochs: 11", env: "12", want: 12, origin: "env"},
		{name: "flag over env", file: "epochs: 11", env: "12", flag: "13", want: 13, origin: "flag"},
		{name: "env alone", env: "12", want: 12, origin: "env"},
		{name: "file again where the variable is empty", file: "epochs: 11", env: "", want: 11, origin: "file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var args []string
			if tt.file != "" {
				args = append(args, "--config", writeFile(t, "run.yaml", tt.file))
			}
			t.Setenv("DYLORA_EPOCHS", tt.env)
			if tt.flag != "" {
				args = append(args, "--epochs", tt.flag)
			}
			r, err := resolveTrain(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			if r.Train.Loop.Epochs != tt.want || r.Origin("epochs") != tt.origin {
				t.Errorf("epochs = %d by %s, want %d by %s", r.Train.Loop.Epochs, r.Origin("epochs"), tt.want, tt.origin)
			}
			if r.Origin("alpha") != "default" {
				t.Errorf("alpha comes from %s by its origin", r.Origin("alpha"))
			}
		})
	}
}

// The task picks the recipe, wherever the task is named.
func TestConfigRecipeFollowsTask(t *testing.T) {
	file := writeFile(t, "run.yaml", "task: MRPC")
	for name, args := range map[string][]string{
		"flag": {"--task", "mrpc"}, "file": {"--config", file}, "another spelling": {"--task", "MRPC"},
	} {
		r, err := resolveTrain(t, args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := settings.RecipeLayer(configs.CPU, "mrpc")
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Train.Loop.Epochs; got != value(want, "epochs") || r.Origin("epochs") != "recipe" {
			t.Errorf("%s: epochs = %d (%s), the recipe says %v", name, got, r.Origin("epochs"), value(want, "epochs"))
		}
	}
}

func TestConfigFaults(t *testing.T) {
	tests := []struct {
		name, file, env string
		want            []string
	}{
		{name: "unknown key", file: "seed: 1\nrnak: 4", want: []string{"run.yaml line 2: rnak: unknown key"}},
		{name: "fraction", file: "rank: 2.7", want: []string{"run.yaml line 1: rank: 2.7 is not a whole number"}},
		{name: "whole number with a point", file: "rank: 2.0", want: []string{"rank: 2 is not a whole number"}},
		{name: "truth for number", file: "rank: true", want: []string{"rank: true is not a whole number"}},
		{name: "text for number", file: `rank: "8"`, want: []string{`rank: "8" is not a whole number`}},
		{name: "empty text for number", file: "rank: ''", want: []string{`rank: "" is not a whole number`}},
		{name: "number for text", file: "update: 1.5", want: []string{"update: 1.5 is not text"}},
		{name: "null", file: "rank:", want: []string{"run.yaml line 1: rank: has no value"}},
		{name: "section", file: "rank: {max: 4}", want: []string{"rank: want a value"}},
		{name: "twice", file: "rank: 4\nrank: 5", want: []string{"run.yaml line 2: rank: given twice, first at"}},
		{name: "list of lists", file: "targets: [[query]]", want: []string{"targets: [query] in a list"}},
		{name: "no mapping", file: "- rank", want: []string{"run.yaml line 1: want lines of 'key: value'"}},
		{name: "no YAML", file: "rank: [", want: []string{"run.yaml: yaml:"}},
		{name: "two documents", file: "rank: 4\n---\nrank: 5", want: []string{"a second document"}},
		{name: "negative seed", file: "seed: -1", want: []string{"seed: -1 is not a whole number from 0 up"}},
		{name: "too big", file: "rank: 99999999999999999999", want: []string{"is not a whole number"}},
		{name: "infinite", file: "lr: .inf", want: []string{"lr: +Inf is not a positive number (", "run.yaml line 1)"}},
		{name: "not a number", file: "lr: .nan", want: []string{"lr: NaN is not a positive number"}},
		{name: "range", file: "rank: 0", want: []string{"rank: 0 is below 1 (", "run.yaml line 1)"}},
		{name: "variable", env: "DYLORA_RANK=4.5", want: []string{`DYLORA_RANK: rank: "4.5" is not a whole number`}},
		{name: "unknown variable", env: "DYLORA_RNAK=4", want: []string{"DYLORA_RNAK: no setting has this variable"}},
		{name: "variable out of range", env: "DYLORA_BATCH=0", want: []string{"batch: 0 is below 1 (DYLORA_BATCH)"}},
		{name: "all types at once", file: "rank: 2.7\nrnak: 4", env: "DYLORA_LR=fast", want: []string{"rank: 2.7", "rnak", `"fast" is not a number`}},
		{name: "all rules at once", file: "rank: -1\nlr: 0\nwarmup: 2\nclip: -1\nupdate: some\ntask: sst3\ntargets: queries\nsampler: dice\nkernel: abacus",
			want: []string{"rank: -1", "lr: 0", "warmup: 2", "clip: -1", "update:", "task:", "targets:", "kernel:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var args []string
			if tt.file != "" {
				args = []string{"--config", writeFile(t, "run.yaml", tt.file)}
			}
			if name, value, ok := strings.Cut(tt.env, "="); ok {
				t.Setenv(name, value)
			}
			_, err := resolveTrain(t, args...)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %q lacks %q", err, want)
				}
			}
		})
	}
}

func TestConfigTypes(t *testing.T) {
	file := writeFile(t, "run.yaml", "lr: 1e-4\nclip: 2\nbest: 4\ntargets: [query, key]\nseed: 18446744073709551615\ndata_dir: ''\n")
	r, err := resolveTrain(t, "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	if r.Train.Loop.LR != 1e-4 || r.Train.Loop.Clip != 2 || r.Train.Best != "4" || r.Adapter.Targets != "query,key" ||
		r.Train.Loop.Seed != 1<<64-1 || r.Origin("data_dir") != "file" {
		t.Errorf("read %+v", r.Settings)
	}
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		if _, err := resolveTrain(t, "--config", writeFile(t, "empty.yaml", text)); err != nil {
			t.Errorf("file %q: %v", text, err)
		}
	}
}

func TestConfigFileErrors(t *testing.T) {
	big := writeFile(t, "big.yaml", strings.Repeat("#", 1<<20+1))
	for path, want := range map[string]string{
		"nosuch.yaml": "nosuch.yaml: no such file",
		t.TempDir():   "is a directory",
		big:           "is too much for a config file",
	} {
		if _, err := resolveTrain(t, "--config", path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--config %s: error = %v, want %q", path, err, want)
		}
	}
}

// What a run remembers reads back as what it was, whatever the values.
func TestConfigWritesItself(t *testing.T) {
	file := writeFile(t, "run.yaml", "data_dir: \"odd: #name, 'é'\"\nmodel: a/b-c.d\nlr: 1e-5\nclip: 1e21\nbest: 4\nsampler: \"pmf:1,2,3,4,5,6,7,8\"\nseed: 18446744073709551615\n")
	r, err := resolveTrain(t, "--config", file, "--rank", "8")
	if err != nil {
		t.Fatal(err)
	}
	again := settings.YAMLLayer(settings.Run, "config.yaml", r.YAML())
	if again.Err() != nil {
		t.Fatalf("config.yaml has faults %v:\n%s", again.Err(), r.YAML())
	}
	back, err := settings.Resolve(again)
	if err != nil {
		t.Fatal(err)
	}
	if back.Settings != r.Settings {
		t.Errorf("read back %+v\nwrote     %+v", back.Settings, r.Settings)
	}
}

// A recipe decides between default and file; --recipe chooses which one.
func TestConfigRecipeKinds(t *testing.T) {
	for args, want := range map[string][5]any{
		"--task mrpc":                               {32, 1e-3, 6, 16.0, "all"},
		"--task mrpc --recipe paper":                {16, 4e-4, 30, 8.0, "all"},
		"--task MRPC --recipe reference --epochs 3": {128, 4e-4, 3, 16.0, "frozen"},
	} {
		r, err := resolveTrain(t, strings.Fields(args)...)
		if err != nil {
			t.Fatalf("%s: %v", args, err)
		}
		got := [5]any{r.Train.Batch, r.Train.Loop.LR, r.Train.Loop.Epochs, r.Adapter.Alpha, r.Adapter.Update.String()}
		if got != want {
			t.Errorf("%s: %+v, want %+v", args, got, want)
		}
	}
	for args, want := range map[string]string{
		"--task wnli --recipe paper":     "recipe: paper has none for task wnli, only for cola, sst2, mrpc,",
		"--task demo --recipe reference": "reference has none for task demo",
		"--recipe papers":                `recipe: "papers" is not one of cpu, nested, paper, reference (did you mean "paper"?) (--recipe)`,
	} {
		if _, err := resolveTrain(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want %q", args, err, want)
		}
	}
}
