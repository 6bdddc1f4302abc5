package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/settings"
)

func silentRoot() *cobra.Command {
	return newRootCmd(&streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
}

// TestHelp holds every command to one house style, present and future ones alike.
func TestHelp(t *testing.T) {
	root := silentRoot()
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			if s := []rune(c.Short); len(s) == 0 || !unicode.IsUpper(s[0]) || s[len(s)-1] == '.' {
				t.Errorf("Short = %q: want a capital first and no full stop", c.Short)
			}
			if c.Runnable() && c.Example == "" {
				t.Error("no Example")
			}
			for line := range strings.Lines(c.Long) {
				if len([]rune(line)) > 100 {
					t.Errorf("Long has a line of %d characters: %q", len([]rune(line)), line)
				}
			}
			for line := range strings.Lines(c.Example) {
				if err := parseLine(line); err != nil {
					t.Errorf("example %q: %v", line, err)
				}
			}
			if c.Runnable() && c.HasParent() && c.Name() != "config" && c.Flags().Lookup("json") == nil {
				t.Error("no --json")
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// parseLine parses "dylora …" with a fresh tree of commands, positional arguments
// included, and runs nothing.
func parseLine(line string) error {
	args := strings.Fields(line)
	if len(args) == 0 || args[0] != "dylora" {
		return nil
	}
	cmd, rest, err := silentRoot().Find(args[1:])
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// TestRecipes: every task has a recipe of small budget, every recipe is a task's, is free
// of faults and opens with the command that runs it, which resolves to what it says.
func TestRecipes(t *testing.T) {
	names, err := fs.Glob(configs.Recipes(), "*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range data.Tasks() {
		if !slices.Contains(names, configs.CPU+"/"+task.Name+".yaml") {
			t.Errorf("task %s has no recipe", task.Name)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { checkRecipe(t, name) })
	}
}

func checkRecipe(t *testing.T, name string) {
	kind, file := path.Split(name)
	kind, task := strings.TrimSuffix(kind, "/"), strings.TrimSuffix(file, ".yaml")
	if known, err := data.LookupTask(task); err != nil || known.Name != task || !slices.Contains(configs.Kinds(), kind) {
		t.Errorf("the recipe of no task, or of no kind: %v", err)
	}
	text, err := fs.ReadFile(configs.Recipes(), name)
	if err != nil {
		t.Fatal(err)
	}
	l := settings.YAMLLayer(settings.File, name, text)
	alone, err := settings.Resolve(l)
	if err != nil || alone.Data.Task != task {
		t.Fatalf("task %q, %v", alone.Data.Task, err)
	}
	command, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
	args, ok := strings.CutPrefix(command, "dylora train")
	if err := parseLine(command); err != nil || !ok {
		t.Fatalf("opens with %q: %v", command, err)
	}
	r, err := resolveTrain(t, strings.Fields(args)...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Data.Recipe != kind {
		t.Errorf("%q runs recipe %s", command, r.Data.Recipe)
	}
	for _, key := range l.Keys() {
		if by := r.Origin(key); by != settings.Recipe && key != "task" {
			t.Errorf("%s: %v by %s, not by the recipe", key, value(l, key), by)
		}
	}
}

// TestImports pins the direction of imports: a package may use only those to its right,
// and uses each of them.
// It keeps train and evaluate, and model and adapter, from knowing each other, and the
// graph library out of everything but the model.
func TestImports(t *testing.T) {
	const mod = "github.com/dylora/dylora/internal/"
	allowed := map[string]string{ // package → internal packages it may import
		"enum":            "",
		"fault":           "",
		"hub":             "fault",
		"hub/hubtest":     "",
		"parquet":         "fault",
		"glue":            "fault data disk hub parquet",
		"glue/gluetest":   "data hub/hubtest",
		"disk":            "",
		"disk/disktest":   "disk",
		"kernel":          "enum seed",
		"packed":          "disk",
		"safetensors":     "fault",
		"seed":            "",
		"weights":         "",
		"pickle":          "fault safetensors",
		"tokenizer":       "fault",
		"card":            "",
		"adapter":         "card enum fault disk safetensors seed pickle weights",
		"data":            "enum fault seed data/demo",
		"data/demo":       "seed",
		"model/op":        "kernel",
		"model/op/optest": "",
		"model":           "fault kernel packed pickle safetensors seed weights model/op",
		"program":         "kernel model adapter data",
		"evaluate":        "fault data",
		"bench":           "data fault finetune kernel model program session settings train",
		"predict":         "data disk enum evaluate fault session settings",
		"tensorboard":     "",
		"train":           "enum fault disk kernel safetensors schema seed data program tensorboard",

		"schema":   "",
		"settings": "adapter data disk evaluate fault kernel schema train",
		"session":  "adapter data data/demo disk evaluate fault glue hub kernel model packed parquet program safetensors schema settings tokenizer train weights",
		"check":    "adapter data evaluate fault program session",
		"finetune": "adapter data disk evaluate fault model program session settings train weights",

		"tensorboard/tbtest": "",
		"pickle/pickletest":  "safetensors",
		"reftest":            "safetensors",
		"kernel/kerneltest":  "kernel",
	}
	graph := []string{"model", "model/op", "model/op/optest"} // may use Gorgonia
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../../internal/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, mod)
		ok, known := allowed[name]
		delete(allowed, name)
		if !known {
			t.Errorf("%s is not in the import table", name)
		}
		for dep := range strings.FieldsSeq(ok) {
			if !slices.Contains(p.Imports, mod+dep) {
				t.Errorf("%s may import %s and does not: take it out of the table", name, dep)
			}
		}
		for _, imp := range p.Imports {
			if dep, in := strings.CutPrefix(imp, mod); in && !slices.Contains(strings.Fields(ok), dep) {
				t.Errorf("%s must not import %s", name, dep)
			}
			if strings.HasPrefix(imp, "gorgonia.org/") && !slices.Contains(graph, name) {
				t.Errorf("%s must not import %s: the graph stays in the model", name, imp)
			}
			if strings.HasPrefix(imp, "github.com/spf13/") && !(name == "settings" && imp == "github.com/spf13/viper") {
				t.Errorf("%s must not import %s: commands stay in cmd/dylora, and viper in settings", name, imp)
			}
		}
	}
	for name := range allowed {
		t.Errorf("%s is in the import table and is no package", name)
	}
}

// Files stay small enough to read in one go.
func TestFileLength(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if n := countLines(t, name); n > 300 {
			t.Errorf("%s has %d lines, more than 300", name, n)
		}
	}
}
