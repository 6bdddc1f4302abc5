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

func runConfigShow(o *configShowOptions) error {
	r, err := settings.WithRecipe(o.layers...)
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, map[string]any{"settings": r.Entries()})
	}
	t := terminal.Table()
	t.AppendHeader(table.Row{"setting", "value", "origin"})
	for _, e := range r.Entries() {
		t.AppendRow(table.Row{e.Key, settings.YAMLValue(e.Value), e.OriginText()})
	}
	_, err = fmt.Fprintln(o.io.page(), tabular.Render(t, o.io.page()))
	return err
}
