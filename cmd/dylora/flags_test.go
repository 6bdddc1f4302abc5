package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/flagset"
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
			if isSetting && f.Value.Type() != want && f.Annotations[flagset.NotASetting] == nil {
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
