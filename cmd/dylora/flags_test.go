package main

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// Every setting is a flag of train and of config show: by its name, of its type, with its
// default and its help, where the name of the value stands in quotes.
func TestEverySettingHasAFlag(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{{"train"}, {"config", "show"}} {
		cmd, _, err := silentRoot().Find(words)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range settings.Defaults().Fields() {
			flag := cmd.Flags().Lookup(f.Flag())
			if flag == nil {
				t.Errorf("%v has no --%s", words, f.Flag())
				continue
			}
			if flag.Usage != strings.ReplaceAll(f.Help, `"`, "`") || flag.Usage == "" {
				t.Errorf("--%s: help %q, the setting says %q", f.Flag(), flag.Usage, f.Help)
			}
			want := map[string]string{"int": "int", "uint64": "uint64", "float64": "float64", "bool": "bool"}[f.Value.Kind().String()]
			if f.Value.Kind().String() == "string" || flag.Value.Type() == "string" { // an enumeration is its name
				want = "string"
			}
			if flag.Value.Type() != want {
				t.Errorf("--%s is of type %s, the setting %s", f.Flag(), flag.Value.Type(), f.Value.Type())
			}
			l := settings.NewLayer(settings.Flag)
			l.Set(f.Key, "default", settings.Text(flag.DefValue))
			if v, ok := l.Value(f.Key); l.Err() != nil || !ok || v != f.Value.Interface() {
				t.Errorf("--%s is %q by default, the setting %v: %v", f.Flag(), flag.DefValue, f.Value, l.Err())
			}
		}
	}
}

// addSettings defines the flags that it is asked for and no other.
func TestAddSettings(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addSettings(flags, "lr", "task", "seed", "allow_pickle", "max_length", "precision")
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name+" "+f.Value.Type()) })
	want := []string{"allow-pickle bool", "lr float64", "max-length int", "precision string", "seed uint64", "task string"}
	if !slices.Equal(names, want) {
		t.Errorf("flags %v, want %v", names, want)
	}
}

// A layer of flags has what was given, even where it is the default, and nothing else; a flag
// that a command gave a meaning of its own is no setting.
func TestFlagLayer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line string
		own  string // flag that is marked
		want map[string]any
	}{
		{line: "", want: map[string]any{}},
		{line: "--rank 8", want: map[string]any{"rank": 8}},
		{line: "--max-length 24 --task sst2", want: map[string]any{"max_length": 24, "task": "sst2"}},
		{line: "--rank 3 --task sst2", own: "rank", want: map[string]any{"task": "sst2"}},
		{line: "--rank 3", own: "task", want: map[string]any{"rank": 3}},
	} {
		cmd := &cobra.Command{Use: "test", Run: func(*cobra.Command, []string) {}}
		addSettings(cmd.Flags(), "rank", "task", "max_length")
		if tt.own != "" {
			ownMeaning(cmd, tt.own)
		}
		if err := execute(cmd, tt.line); err != nil {
			t.Fatal(err)
		}
		l := flagLayer(cmd.Flags())
		if l.Err() != nil || l.Origin != settings.Flag || len(l.Keys()) != len(tt.want) {
			t.Errorf("%s: keys %v, %v", tt.line, l.Keys(), l.Err())
		}
		for key, want := range tt.want {
			if v, ok := l.Value(key); !ok || v != want {
				t.Errorf("%s: %s is %v, want %v", tt.line, key, v, want)
			}
			if want := "--" + strings.ReplaceAll(key, "_", "-"); l.Place(key) != want {
				t.Errorf("%s: %s comes from %q, want %q", tt.line, key, l.Place(key), want)
			}
		}
	}
}

// A flag that has the name of a setting is the setting, as its type says, or is marked as a
// command's own.
func TestFlagsOfSettings(t *testing.T) {
	of := map[string]string{}
	for _, f := range settings.Defaults().Fields() {
		of[f.Flag()] = reflect.TypeOf(settings.Plain(f.Value)).String()
	}
	seen := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			want, isSetting := of[f.Name]
			if isSetting && f.Value.Type() != want && f.Annotations[notASetting] == nil {
				t.Errorf("%s: --%s is taken for the setting, a %s, but is a %s", cmd.CommandPath(), f.Name, want, f.Value.Type())
			}
			if isSetting {
				seen++
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	if walk(silentRoot()); seen < len(of) {
		t.Errorf("%d flags of %d settings", seen, len(of))
	}
}

// Faults of the file, the environment and the flags are refused together.
func TestSoundLayers(t *testing.T) {
	t.Setenv("DYLORA_LR", "fast")
	t.Setenv("DYLORA_RNAK", "4")
	file := writeFile(t, "run.yaml", "rank: 2.7\nepocks: 3\n")
	cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error {
		_, err := soundLayers(cmd)
		return err
	}}
	addConfigFlag(cmd)
	addSettings(cmd.Flags(), "precision")
	err := execute(cmd, "--precision float8 --config "+file)
	if err == nil || fault.ClassOf(err) != fault.Usage {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"rank: 2.7 is not a whole number", "epocks: unknown key", `DYLORA_LR: lr: "fast" is not a number`, "DYLORA_RNAK: no setting", `"float8" is unknown`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestCheckFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                             "",
		file:                           "", // is replaced
		filepath.Join(dir, "new"):      "",
		"new":                          "",
		filepath.Join(dir, "none/new"): "none: no such file or directory",
		filepath.Join(file, "new"):     "file is not a folder",
		dir:                            "is a folder: name a file",
	} {
		err := checkFile("--plot", path)
		if want == "" && err != nil {
			t.Errorf("%q: %v", path, err)
		}
		if want == "" {
			continue
		}
		if err == nil || !strings.HasSuffix(err.Error(), want) || !strings.HasPrefix(err.Error(), "--plot: ") || fault.ClassOf(err) != fault.Failure {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
}

func TestCheckSplit(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"dev", "train", "dev_mismatched"} {
		if err := checkSplit(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "test", "Dev", "dev "} {
		if err := checkSplit(bad); err == nil || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Without --at-least there is no bound; what is no number is refused.
func TestCheckAtLeast(t *testing.T) {
	t.Parallel()
	for line, ok := range map[string]bool{"": true, "--at-least 0": true, "--at-least -1": true, "--at-least nan": false, "--at-least inf": false, "--at-least -inf": false} {
		bound := 1.0
		cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error { return checkAtLeast(cmd, bound) }}
		addAtLeast(cmd, &bound, "bound")
		if err := execute(cmd, line); (err == nil) != ok {
			t.Errorf("%q: %v", line, err)
		}
		if line == "" && !math.IsNaN(bound) {
			t.Errorf("the bound is %v by default", bound)
		}
	}
}
