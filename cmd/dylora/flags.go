package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// addSettings defines a flag for each setting named by a key.
func addSettings(flags *pflag.FlagSet, keys ...string) {
	for _, f := range settings.Defaults().Fields() {
		if !slices.Contains(keys, f.Key) {
			continue
		}
		help := strings.ReplaceAll(f.Help, `"`, "`")
		switch v := settings.Plain(f.Value).(type) {
		case int:
			flags.Int(f.Flag(), v, help)
		case uint64:
			flags.Uint64(f.Flag(), v, help)
		case float64:
			flags.Float64(f.Flag(), v, help)
		case string:
			flags.String(f.Flag(), v, help)
		case bool:
			flags.Bool(f.Flag(), v, help)
		}
	}
}

// notASetting marks a flag whose name is a setting's but whose meaning is the command's own.
const notASetting = "dylora_not_a_setting"

// ownMeaning marks a flag of cmd that is not the setting of the same name.
func ownMeaning(cmd *cobra.Command, name string) {
	cmd.Flags().Lookup(name).Annotations = map[string][]string{notASetting: {"true"}}
}

// flagLayer takes the settings that were given on the command line; a flag's own default
// decides nothing.
func flagLayer(flags *pflag.FlagSet) *settings.Layer {
	l := settings.NewLayer(settings.Flag)
	for _, s := range settings.Defaults().Fields() {
		f := flags.Lookup(s.Flag())
		if f != nil && f.Changed && f.Annotations[notASetting] == nil {
			l.Set(s.Key, "--"+f.Name, settings.Text(f.Value.String()))
		}
	}
	return l
}

// layers are the sources of settings that the user writes: --config, the environment and the flags of cmd, weakest
// first. What is wrong with single values is refused when the layers are resolved.
func layers(cmd *cobra.Command) (all []*settings.Layer, err error) {
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		l, err := settings.FileLayer(settings.File, f.Value.String())
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return append(all, settings.EnvLayer(os.Environ()), flagLayer(cmd.Flags())), nil
}

// soundLayers are layers for commands that resolve them over what an adapter remembers: what
// is wrong with single values is refused before the adapter is opened.
func soundLayers(cmd *cobra.Command) ([]*settings.Layer, error) {
	all, err := layers(cmd)
	if err != nil {
		return nil, err
	}
	return all, settings.LayersErr(all...)
}

// addConfigFlag defines --config.
func addConfigFlag(cmd *cobra.Command) {
	cmd.Flags().String("config", "", "YAML `file` of settings, one 'key: value' per line")
}

// addJSONFlag defines --json, which swaps the printer and nothing else.
func addJSONFlag(cmd *cobra.Command, v *bool) {
	cmd.Flags().BoolVar(v, "json", false, "print one JSON object on stdout")
}

func addSplitFlag(cmd *cobra.Command, v *string) {
	cmd.Flags().StringVar(v, "split", "dev", "`split` to read: dev, train, or dev_mismatched for mnli")
}

func checkSplit(split string) error {
	switch split {
	case "dev", "train", "dev_mismatched":
		return nil
	}
	return fault.Usagef("--split: %q is none of dev, train, dev_mismatched", split)
}

// addAtLeast defines --at-least; NaN stands for no bound.
func addAtLeast(cmd *cobra.Command, v *float64, usage string) {
	cmd.Flags().Float64Var(v, "at-least", math.NaN(), usage)
	cmd.Flags().Lookup("at-least").DefValue = ""
}

func checkAtLeast(cmd *cobra.Command, v float64) error {
	if cmd.Flags().Changed("at-least") && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return fault.Usagef("--at-least: %v is not a number to compare with", v)
	}
	return nil
}

// checkFile refuses a file to write whose folder is not there, before the work is done that
// it is to hold. "" is no file.
func checkFile(flag, path string) error {
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

// noArgs refuses arguments that are no flags.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fault.Usagef("unexpected argument %q: this command takes flags only", args[0])
	}
	return nil
}
