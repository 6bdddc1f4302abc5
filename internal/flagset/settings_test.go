package flagset

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// execute parses a command line and runs cmd.
func execute(cmd *cobra.Command, line string) error {
	cmd.SetArgs(strings.Fields(line))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	return cmd.Execute()
}

// AddSettings defines the flags that it is asked for and no other.
func TestAddSettings(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	AddSettings(flags, "lr", "task", "seed", "allow_pickle", "max_length", "precision")
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
		AddSettings(cmd.Flags(), "rank", "task", "max_length")
		if tt.own != "" {
			OwnMeaning(cmd, tt.own)
		}
		if err := execute(cmd, tt.line); err != nil {
			t.Fatal(err)
		}
		l := Layer(cmd.Flags())
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

// Faults of the file, the environment and the flags are refused together.
func TestSoundLayers(t *testing.T) {
	t.Setenv("DYLORA_LR", "fast")
	t.Setenv("DYLORA_RNAK", "4")
	file := filepath.Join(t.TempDir(), "run.yaml")
	if err := os.WriteFile(file, []byte("rank: 2.7\nepocks: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error {
		_, err := SoundLayers(cmd)
		return err
	}}
	AddConfig(cmd)
	AddSettings(cmd.Flags(), "precision")
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
