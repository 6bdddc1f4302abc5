package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// sliceOptions is everything `dylora slice` needs; runSlice reads nothing else.
type sliceOptions struct {
	io      *streams
	adapter string
	pickled adapter.Options
	ranks   string // "4" or "1,2,4-8"
	out     string // "": beside the adapter
	force   bool
	json    bool
	export
}

// export is the form in which slices are written.
type export struct {
	moduleRanks map[string]int // of single modules
	compat      bool           // one rank and one alpha
	dtype       string         // as package safetensors calls it
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

One rank is written to --out itself. Several are written to rank-<N> folders in it,
with a manifest.json that lists them.`,
		Example: `  dylora slice --rank 4
  dylora slice --rank 1,2,4 --out slices
  dylora slice --adapter runs/try --rank 2 --out adapter-r2 --force
  dylora slice --rank 8 --ranks-per-module query=4,layer.0.attention.self.value=2 --out mixed
  dylora slice --rank 4 --compat --dtype bf16 --out served`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.ranks == "" && (modules == "" || cmd.Flags().Changed("rank")) {
				return fault.Usagef("--rank is required: the ranks to keep, such as 4 or 1,2,4")
			}
			if opts.ranks != "" {
				if err := checkRanks("--rank", opts.ranks); err != nil {
					return err
				}
			}
			if err := opts.export.parse(modules, format, dtype); err != nil {
				return err
			}
			if cmd.Flags().Changed("out") && opts.out == "" {
				return fault.Usagef("--out is empty: name a folder or leave it out")
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlag(cmd, &opts.adapter, &opts.pickled)
	cmd.Flags().StringVarP(&opts.ranks, "rank", "r", "", "`ranks` to keep: 4, or several such as 1,2,4")
	cmd.Flags().StringVarP(&opts.out, "out", "o", "", "`folder` to write; default rank-<N> or slices in the run folder")
	cmd.Flags().StringVar(&modules, "ranks-per-module", "", "`ranks` of single modules: name=rank,…, or @file of JSON")
	cmd.Flags().StringVar(&format, "format", "peft", "`format` of the folder: peft")
	cmd.Flags().BoolVar(&opts.compat, "compat", false, "one rank and one alpha for all modules, the scale in B")
	cmd.Flags().StringVar(&dtype, "dtype", "f32", "`type` of the weights: f32, f16 or bf16")
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace an adapter that dylora wrote there before")
	addJSONFlag(cmd, &opts.json)
	return cmd
}

// parse reads the flags of the form.
func (o *export) parse(modules, format, dtype string) (err error) {
	types := map[string]string{"f32": safetensors.Float32, "f16": safetensors.Float16, "bf16": safetensors.BFloat16}
	if o.dtype = types[dtype]; o.dtype == "" {
		return fault.Usagef("--dtype: %q is none of f32, f16, bf16", dtype)
	}
	if format != "peft" {
		return fault.Usagef("--format: %q is not peft, the one there is", format)
	}
	if file, ok := strings.CutPrefix(modules, "@"); ok {
		b, err := os.ReadFile(file)
		if err != nil {
			return fault.Usagef("--ranks-per-module: %w", unwrapPath(err, file))
		}
		if len(b) > maxConfigBytes {
			return fault.Usagef("--ranks-per-module: %s: %d bytes is too much for a list of ranks", file, len(b))
		}
		modules = strings.TrimSpace(string(b))
		if !strings.HasPrefix(modules, "{") {
			return fault.Usagef("--ranks-per-module: %s: want a JSON object such as {\"query\": 4}", file)
		}
	}
	if modules == "" {
		return nil
	}
	if o.moduleRanks, err = adapter.ParseModuleRanks(modules); err != nil {
		return fmt.Errorf("--ranks-per-module: %w", err)
	}
	return nil
}
