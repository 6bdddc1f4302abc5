package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
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
			if opts.layers, err = soundLayers(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterArg(cmd, &opts.adapterArg)
	addSettings(cmd.Flags(), "model", "revision")
	addJSONFlag(cmd, &opts.json)
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
		return printJSON(o.io.out, i)
	}
	return o.print(i)
}

// changesNothing is the message about an adapter whose update is zero.
const changesNothing = "none: the update of every module is zero at every rank, so beside the head it is the base model"

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
		return printJSON(o.io.out, m)
	}
	t := plainTable()
	t.AppendHeader(table.Row{"what", "is", "from", "why"})
	var columns []table.ColumnConfig
	for i, width := range []int{20, 60, 45, 60} {
		columns = append(columns, table.ColumnConfig{Number: i + 1, WidthMax: width, WidthMaxEnforcer: text.WrapSoft})
	}
	t.SetColumnConfigs(columns)
	for _, d := range m.Decisions {
		t.AppendRow(table.Row{d.About, d.Value, d.Source, d.Reason})
	}
	return printLines(o.io.out, "folder       "+m.Folder, "", t.Render())
}

func (o *inspectOptions) print(i *session.Inspection) error {
	lines := [][2]string{
		{"folder", i.Folder},
		{"rank, alpha", fmt.Sprintf("%d, %v", i.Rank, i.Alpha)},
		{"adapted", fmt.Sprintf("%d projections", len(i.Sites))},
		{"head", fmt.Sprintf("%d parameters", i.Head)},
	}
	if i.Heads > 0 {
		lines[3][1] += fmt.Sprintf(", and a last layer for each of %d ranks", i.Heads)
	}
	if i.Scaling != adapter.Paper.String() {
		lines[1][1] += ", scale " + i.Scale
	}
	if low := slices.Min(i.Own); low < i.Rank {
		lines[2][1] += fmt.Sprintf(" of ranks %d to %d", low, i.Rank)
	}
	if i.Biases > 0 {
		lines = append(lines, [2]string{"biases", fmt.Sprintf("%d parameters, in the place of the base model's", i.Biases)})
	}
	if i.Idle {
		lines = append(lines, [2]string{"effect", changesNothing})
	}
	for _, n := range i.Notes {
		lines = append(lines, [2]string{"note", n})
	}
	if f := i.Facts; f != nil {
		lines = append(lines,
			[2]string{"task", f.Task},
			[2]string{"model", fmt.Sprintf("%s (%.12s…)", f.Model, f.ModelHash)},
			[2]string{"targets", strings.Join(f.Targets, ", ")},
			[2]string{"trained", fmt.Sprintf("ranks %d to %d, %s, update %s, seed %d, epoch %d, step %d", f.RankMin, f.RankMax, f.Sampler, f.Update, f.Seed, f.Epoch, f.Step)},
			[2]string{"dylora", f.Version})
		if f.MultiLabel {
			lines = append(lines, [2]string{"multi-label", fmt.Sprintf("%s; a label holds above %v", strings.Join(f.Labels, ", "), f.Threshold)})
		}
		if f.Nested != "" {
			lines = append(lines, [2]string{"nested", f.Nested + ": the ranks were put in order after training"})
		}
		for r := 1; r <= i.Rank; r++ {
			if c := f.At(r); c != nil {
				lines = append(lines, [2]string{"calibrated", fmt.Sprintf("rank %d: %s", r, c)})
			}
		}
		if f.CutFrom > 0 {
			lines = append(lines, [2]string{"cut from", fmt.Sprintf("rank %d", f.CutFrom)})
		}
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(o.io.out, "%-12s %s\n", l[0], l[1]); err != nil {
			return err
		}
	}
	t := plainTable()
	t.AppendHeader(table.Row{"rank", "parameters", "size", "‖ΔW‖"})
	for _, r := range i.Ranks {
		t.AppendRow(table.Row{r.Rank, r.Parameters, evaluate.Size(r.Bytes), fmt.Sprintf("%.4f", r.DeltaNorm)})
	}
	_, err := fmt.Fprintf(o.io.out, "\n%s\n", t.Render())
	return err
}
