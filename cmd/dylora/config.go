package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tabular"
	"github.com/dylora/dylora/internal/terminal"
)

// newConfigCmd groups what there is to say about settings.
func newConfigCmd(io *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Look at settings",
		Example: "  dylora config show",
		Args:    flagset.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigShowCmd(io, runConfigShow))
	return cmd
}

// configShowOptions is everything `dylora config show` needs.
type configShowOptions struct {
	io     *streams
	layers []*settings.Layer
	json   bool
}

func newConfigShowCmd(io *streams, runF func(*configShowOptions) error) *cobra.Command {
	opts := &configShowOptions{io: io}
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print every setting of train with its value and origin",
		Long: `Print every setting that 'dylora train' would use, and where it comes from: default, the
task's recipe, the file of --config, an environment variable, or a flag; each beats
those before it. A setting has one name: max_steps in a file is --max-steps and
DYLORA_MAX_STEPS.`,
		Example: `  dylora config show
  dylora config show --task sst2 --lr 5e-4
  dylora config show --config run.yaml --json`,
		Args: flagset.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.Layers(cmd); err != nil {
				return err
			}
			return runF(opts)
		},
	}
	flagset.AddConfig(cmd)
	flagset.AddSettings(cmd.Flags(), settings.Keys()...)
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

// configEntry is a setting as --json shows it.
type configEntry struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
	From   string `json:"from,omitempty"` // a file's line, a variable or a flag
}

// configEntries are all settings, in the order of the tree.
func configEntries(r *settings.Resolved) (all []configEntry) {
	for _, f := range r.Fields() {
		e := configEntry{Key: f.Key, Value: settings.Plain(f.Value), Origin: string(r.Origin(f.Key))}
		if from := r.Place(f.Key); from != e.Origin {
			e.From = from
		}
		all = append(all, e)
	}
	return all
}

func runConfigShow(o *configShowOptions) error {
	r, err := settings.WithRecipe(o.layers...)
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, map[string]any{"settings": configEntries(r)})
	}
	t := terminal.Table()
	t.AppendHeader(table.Row{"setting", "value", "origin"})
	for _, f := range r.Fields() {
		t.AppendRow(table.Row{f.Key, settings.YAMLValue(settings.Plain(f.Value)), originText(r, f.Key)})
	}
	_, err = fmt.Fprintln(o.io.page(), tabular.Render(t, o.io.page()))
	return err
}

// originText is "default", or an origin with its place: "file (run.yaml line 3)".
func originText(r *settings.Resolved, key string) string {
	switch origin := r.Origin(key); origin {
	case settings.File, settings.Env, settings.Flag, settings.Run:
		return fmt.Sprintf("%s (%s)", origin, r.Place(key))
	default:
		return string(origin)
	}
}
