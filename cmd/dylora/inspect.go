package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tabular"
	"github.com/dylora/dylora/internal/terminal"
)

// inspectOptions is everything `dylora inspect` needs; runInspect reads nothing else.
type inspectOptions struct {
	io *streams
	adapterArg
	layers []*settings.Layer
	model  bool // a base model is asked for, and no adapter
	json   bool
}

func newInspectCmd(io *streams, runF func(context.Context, *inspectOptions) error) *cobra.Command {
	opts := &inspectOptions{io: io}
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Show what an adapter is and what each rank changes, or how a model is read",
		Long: `Show an adapter's facts and, per rank, its parameters and the size of the change it
makes: the Frobenius norm of alpha/b B[:, :b] A[:b, :] over all adapted maps.

With --model show instead what the files of a base model settle and why: the kind of
encoder, its tokenizer, labels, weights, and which keys and tensors are left aside. No
weights are loaded. A folder that cannot be used is refused as elsewhere.`,
		Example: `  dylora inspect
  dylora inspect --adapter peft-folder --json
  dylora inspect --model roberta-folder`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			opts.model = cmd.Flags().Changed("model")
			switch {
			case !opts.model && cmd.Flags().Changed("revision"):
				return fault.Usagef("--revision: of which model? name it with --model")
			case !opts.model:
				return runF(cmd.Context(), opts)
			case len(args) > 0 || cmd.Flags().Changed("adapter"):
				return fault.Usagef("an adapter and --model: give one of them to be shown")
			}
			if opts.layers, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterArg(cmd, &opts.adapterArg)
	flagset.AddSettings(cmd.Flags(), "model", "revision", "insecure")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runInspect(ctx context.Context, o *inspectOptions) error {
	if o.model {
		return o.inspectModel(ctx)
	}
	a, err := o.open(o.io)
	if err != nil {
		return err
	}
	i, err := a.Inspect()
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, i)
	}
	return o.print(i)
}

// inspectModel shows how a base model is read.
func (o *inspectOptions) inspectModel(ctx context.Context) error {
	r, err := settings.Resolve(o.layers...)
	if err != nil {
		return err
	}
	m, err := session.InspectModel(ctx, o.io.env(), r.Data)
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, m)
	}
	t := terminal.Table()
	t.AppendHeader(table.Row{"what", "is", "from", "why"})
	var columns []table.ColumnConfig
	for i, width := range []int{20, 60, 45, 60} {
		columns = append(columns, table.ColumnConfig{Number: i + 1, WidthMax: width, WidthMaxEnforcer: text.WrapSoft})
	}
	t.SetColumnConfigs(columns)
	for _, d := range m.Decisions {
		t.AppendRow(table.Row{d.About, d.Value, d.Source, d.Reason})
	}
	return terminal.Lines(o.io.page(), "folder       "+m.Folder, "", tabular.Render(t, o.io.page()))
}

func (o *inspectOptions) print(i *session.Inspection) error {
	for _, l := range i.Lines(o.io.verbose) {
		if _, err := fmt.Fprintf(o.io.page(), "%-12s %s\n", l[0], l[1]); err != nil {
			return err
		}
	}
	t := terminal.Table()
	t.AppendHeader(table.Row{"rank", "parameters", "size", "‖ΔW‖"})
	for _, r := range i.Ranks {
		t.AppendRow(table.Row{r.Rank, r.Parameters, evaluate.Size(r.Bytes), fmt.Sprintf("%.4f", r.DeltaNorm)})
	}
	_, err := fmt.Fprintf(o.io.page(), "\n%s\n", tabular.Render(t, o.io.page()))
	return err
}
