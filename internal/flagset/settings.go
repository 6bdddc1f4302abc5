// Package flagset defines the flags that commands share: those made from the tags of settings, and what each
// flag's value is checked for. It is the field of package cobra, as cmd/dylora is.
package flagset

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/settings"
)

// AddSettings defines a flag for each setting named by a key.
func AddSettings(flags *pflag.FlagSet, keys ...string) {
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

// NotASetting marks a flag whose name is a setting's but whose meaning is the command's own.
const NotASetting = "dylora_not_a_setting"

// OwnMeaning marks a flag of cmd that is not the setting of the same name.
func OwnMeaning(cmd *cobra.Command, name string) {
	cmd.Flags().Lookup(name).Annotations = map[string][]string{NotASetting: {"true"}}
}

// Layer takes the settings that were given on the command line; a flag's own default
// decides nothing.
func Layer(flags *pflag.FlagSet) *settings.Layer {
	l := settings.NewLayer(settings.Flag)
	for _, s := range settings.Defaults().Fields() {
		f := flags.Lookup(s.Flag())
		if f != nil && f.Changed && f.Annotations[NotASetting] == nil {
			l.Set(s.Key, "--"+f.Name, settings.Text(f.Value.String()))
		}
	}
	return l
}

// Layers are the sources of settings that the user writes: --config, the environment and the flags of cmd, weakest
// first. What is wrong with single values is refused when the layers are resolved.
func Layers(cmd *cobra.Command) (all []*settings.Layer, err error) {
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		l, err := settings.FileLayer(settings.File, f.Value.String())
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return append(all, settings.EnvLayer(os.Environ()), Layer(cmd.Flags())), nil
}

// SoundLayers are Layers for commands that resolve them over what an adapter remembers: what
// is wrong with single values is refused before the adapter is opened.
func SoundLayers(cmd *cobra.Command) ([]*settings.Layer, error) {
	all, err := Layers(cmd)
	if err != nil {
		return nil, err
	}
	return all, settings.LayersErr(all...)
}

// AddConfig defines --config.
func AddConfig(cmd *cobra.Command) {
	cmd.Flags().String("config", "", "YAML `file` of settings, one 'key: value' per line")
}
