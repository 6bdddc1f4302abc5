package flagset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/suggest"
)

// AddJSON defines --json, which swaps the printer and nothing else.
func AddJSON(cmd *cobra.Command, v *bool) {
	cmd.Flags().BoolVar(v, "json", false, "print one JSON object on stdout")
}

// AddSplit defines --split.
func AddSplit(cmd *cobra.Command, v *string) {
	cmd.Flags().StringVar(v, "split", "dev", "`split` to read: dev, train, or dev_mismatched for mnli")
}

// CheckSplit refuses a split that no task has.
func CheckSplit(split string) error {
	switch split {
	case "dev", "train", "dev_mismatched":
		return nil
	}
	return fault.Usagef("--split: %q is none of dev, train, dev_mismatched%s", split, suggest.Hint(split, []string{"dev", "train", "dev_mismatched"}))
}

// AddGate defines --metric and the bounds of the first metric; where says at which ranks they hold.
func AddGate(cmd *cobra.Command, g *evaluate.Gate, where string) {
	AddSettings(cmd.Flags(), "metric")
	cmd.Flags().StringVar(&g.AtLeast, "at-least", "", "fail with exit code 7 if the first metric is below this `bound`, such as 0.85 or 85%"+where)
	cmd.Flags().StringVar(&g.AtMost, "at-most", "", "fail with exit code 7 if log loss or MSE as the first metric is above this `bound`"+where)
}

// CheckGate refuses what is no bound; whether the metric can be held to it is for Measured.
func CheckGate(cmd *cobra.Command, g evaluate.Gate) error {
	for _, name := range []string{"at-least", "at-most"} {
		if f := cmd.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
			return fault.Usagef("--%s is empty: give a bound such as 0.85 or leave it out", name)
		}
	}
	return g.Validate()
}

// Measured refuses a task whose first metric cannot be held to the bounds, before anything is measured.
func Measured(g evaluate.Gate) func(*data.Task) error {
	return func(t *data.Task) error { return g.Fits(t.Metrics[0]) }
}

// CheckFile refuses a file to write whose folder is not there, before the work is done that
// it is to hold. "" is no file.
func CheckFile(flag, path string) error {
	if path == "" {
		return nil
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case err != nil:
		return fmt.Errorf("%s: cannot write %s: %w", flag, path, disk.PathFirst(err, folder))
	case !info.IsDir():
		return fmt.Errorf("%s: cannot write %s: %s is not a folder", flag, path, folder)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s: %s is a folder: name a file", flag, path)
	}
	return nil
}

// AddPlots defines --plot, which may be repeated.
func AddPlots(cmd *cobra.Command, v *[]string) {
	cmd.Flags().StringArrayVar(v, "plot", nil, "draw the metric over the rank to `file`.svg or .png; may be repeated")
}

// CheckPlots refuses files of another format, and those that cannot be written.
func CheckPlots(paths []string) error {
	for _, p := range paths {
		if e := strings.ToLower(filepath.Ext(p)); e != ".svg" && e != ".png" {
			return fault.Usagef("--plot: %s ends in neither .svg nor .png", p)
		}
		if err := CheckFile("--plot", p); err != nil {
			return err
		}
	}
	return nil
}

// NoArgs refuses arguments that are no flags.
func NoArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 0 && cmd.HasSubCommands():
		return UnknownCommand(cmd, args[0], nil)
	case len(args) > 0:
		return fault.Usagef("unexpected argument %q: this command takes flags only", args[0])
	}
	return nil
}

// CountArgs asks for so many arguments and says what they are.
func CountArgs(least, most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fault.Usagef("%d arguments: name %s", len(args), what)
		}
		return nil
	}
}
