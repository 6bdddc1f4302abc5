package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// sliceOptions is everything `dylora slice` needs; runSlice reads nothing else.
type sliceOptions struct {
	io *streams
	adapterArg
	ranks    flagset.Ranks
	decision decisionArgs      // of --rank auto
	layers   []*settings.Layer // with which dev is measured for it
	form     session.Form
	out      string // "": beside the adapter
	force    bool
	json     bool
}

func newSliceCmd(io *streams, runF func(context.Context, *sliceOptions) error) *cobra.Command {
	opts := &sliceOptions{io: io}
	var modules, format, dtype string
	cmd := &cobra.Command{
		Use:   "slice",
		Short: "Cut an adapter down to its first ranks",
		Long: `Cut an adapter down to its first ranks and write it as a PEFT folder, which PEFT,
dylora and serving stacks load as it is. No weight is rescaled: rank b of the whole
adapter and the slice at b compute the same.

--ranks-per-module gives single modules a rank of their own, as PEFT's rank_pattern: name
is the end of a module's path, and @file reads a JSON object. --compat is for servers that
ignore rank_pattern: all modules padded to one rank, the scale in B, lora_alpha = r.

--rank auto takes the rank that 'dylora sweep' chose for --tolerance and --confidence, or
measures dev to choose one; where dev cannot tell, nothing is written.

One rank is written to --out itself. Several are written to rank-<N> folders in it,
with a manifest.json that lists them.`,
		Example: `  dylora slice --rank 4
  dylora slice --rank 1,2,4 --out slices
  dylora slice --adapter runs/try --rank 2 --out adapter-r2 --force
  dylora slice --rank auto --tolerance 1
  dylora slice --rank 8 --ranks-per-module query=4,layer.0.attention.self.value=2 --out mixed
  dylora slice --rank 4 --compat --dtype bf16 --out served`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.ranks.Spec == "" && (modules == "" || cmd.Flags().Changed("rank")) {
				return fault.Usagef("--rank is required: the ranks to keep, such as 4 or 1,2,4")
			}
			if err := opts.checkRank(cmd); err != nil {
				return err
			}
			if opts.form.ModuleRanks, err = parseModuleRanks(modules); err != nil {
				return err
			}
			if opts.form.DType, err = session.ParseDType(dtype); err != nil {
				return fmt.Errorf("--dtype: %w", err)
			}
			if format != "peft" {
				return fault.Usagef("--format: %q is not peft, the one there is", format)
			}
			if cmd.Flags().Changed("out") && opts.out == "" {
				return fault.Usagef("--out is empty: name a folder or leave it out")
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterArg(cmd, &opts.adapterArg)
	flagset.AddRanks(cmd, &opts.ranks, "", "`ranks` to keep: 4, several such as 1,2,4, or auto")
	addTolerance(cmd, &opts.decision)
	flagset.AddSettings(cmd.Flags(), "metric")
	cmd.Flags().StringVarP(&opts.out, "out", "o", "", "`folder` to write; default rank-<N> or slices in the run folder")
	cmd.Flags().StringVar(&modules, "ranks-per-module", "", "`ranks` of single modules: name=rank,…, or @file of JSON")
	cmd.Flags().StringVar(&format, "format", "peft", "`format` of the folder: peft")
	cmd.Flags().BoolVar(&opts.form.Compat, "compat", false, "one rank and one alpha for all modules, the scale in B")
	cmd.Flags().StringVar(&dtype, "dtype", "f32", "`type` of the weights: f32, f16 or bf16")
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace an adapter that dylora wrote there before")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

// parseModuleRanks reads --ranks-per-module; "" is none.
func parseModuleRanks(modules string) (map[string]int, error) {
	ranks, err := adapter.ModuleRanks(modules)
	if err != nil {
		return nil, fault.Usagef("--ranks-per-module: %w", err)
	}
	return ranks, nil
}

// auto is the list of ranks that a decision takes the place of.
const auto = "auto"

// checkRank refuses ranks that no adapter has, and a tolerance without a rank to choose.
func (o *sliceOptions) checkRank(cmd *cobra.Command) (err error) {
	if o.ranks.Spec != auto {
		for _, name := range []string{"tolerance", "confidence", "metric"} {
			if cmd.Flags().Changed(name) {
				return fault.Usagef("--%s is for --rank auto", name)
			}
		}
		return o.ranks.Check(cmd)
	}
	if o.layers, err = flagset.SoundLayers(cmd); err != nil {
		return err
	}
	return o.decision.validate()
}

// open reads the adapter, and chooses the rank where it is to.
func (o *sliceOptions) open(ctx context.Context) (*session.StoredAdapter, []int, error) {
	if o.ranks.Spec != auto {
		return o.openAt(o.io, &o.ranks, "")
	}
	a, err := o.adapterArg.open(o.io)
	if err != nil {
		return nil, nil, err
	}
	rank, err := a.ChooseRank(ctx, o.io.env(), session.Options{Layers: o.layers}, o.decision.question)
	return a, []int{rank}, err
}

func runSlice(ctx context.Context, o *sliceOptions) error {
	a, ranks, err := o.open(ctx)
	if err != nil {
		return err
	}
	if len(ranks) > 1 && len(o.form.ModuleRanks) > 0 {
		return fault.Usagef("%s: %s are several ranks, and --ranks-per-module wants one for the other modules", o.ranks.Flag, o.ranks.Spec)
	}
	slices, err := a.Slice(ranks, o.form, o.out, o.force)
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, map[string]any{"slices": slices})
	}
	for _, s := range slices {
		if _, err := fmt.Fprintf(o.io.page(), "rank %d  %d parameters  %s  %s\n", s.Rank, s.Parameters, evaluate.Size(s.Bytes), s.Folder); err != nil {
			return err
		}
	}
	o.io.next("dylora predict " + slices[0].Folder)
	return nil
}
