package main

import (
	"bytes"
	"io"
	"io/fs"
	"path"
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
			for line := range strings.Lines(helpOf(t, c)) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n >= 100 {
					t.Errorf("help has a line of %d characters: %q", n, line)
				}
			}
			for line := range strings.Lines(c.Example) {
				if err := parseLine(line); err != nil {
					t.Errorf("example %q: %v", line, err)
				}
			}
			// What plan prints is JSON as it is, and manual prints nothing.
			if c.Runnable() && c.HasParent() && c.Name() != "config" && c.Name() != "plan" && c.Name() != "manual" && c.Flags().Lookup("json") == nil {
				t.Error("no --json")
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// helpOf is the help text of a command: examples stand before flags, which are in groups.
func helpOf(t *testing.T, c *cobra.Command) string {
	t.Helper()
	var out bytes.Buffer
	if code := run(append(strings.Fields(c.CommandPath())[1:], "--help"), strings.NewReader(""), &out, io.Discard); code != 0 {
		t.Fatalf("%s --help: exit %d", c.CommandPath(), code)
	}
	text := out.String()
	examples, flags := strings.Index(text, "\nExamples:\n"), strings.Index(text, "\nEvery command:\n")
	if !strings.HasPrefix(text, c.Short+"\n") || c.Example != "" && (examples < 0 || examples > len(c.Short)+1) || flags < examples {
		t.Errorf("help does not begin with what the command is for and examples, or has no groups of flags:\n%s", text)
	}
	return text
}

// parseLine parses "dylora …" with a fresh tree of commands, positional arguments
// included, and runs nothing.
func parseLine(line string) error {
	line, _, _ = strings.Cut(line, " > ") // where a shell puts the output
	cmd, err := parseFlags(silentRoot(), line)
	if cmd == nil || err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// parseFlags finds the command of a line among those of root and parses its flags; nil where the line is none of dylora's.
func parseFlags(root *cobra.Command, line string) (*cobra.Command, error) {
	args := strings.Fields(line)
	if len(args) == 0 || args[0] != "dylora" {
		return nil, nil
	}
	cmd, rest, err := root.Find(args[1:])
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	return cmd, err
}

// TestRecipes: every task has a recipe of small budget, every recipe is a task's or every
// task's, is free of faults and opens with the command that runs it, which resolves to what it says.
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
	if file == configs.EveryTask {
		task = settings.Defaults().Data.Task
	}
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
