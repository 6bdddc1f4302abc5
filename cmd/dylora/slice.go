package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
)

// sliceOptions is everything `dylora slice` needs; runSlice reads nothing else.
type sliceOptions struct {
	io      *streams
	adapter string
	ranks   string // "4" or "1,2,4-8"
	out     string // "": beside the adapter
	force   bool
	json    bool
}

func newSliceCmd(io *streams, runF func(context.Context, *sliceOptions) error) *cobra.Command {
	opts := &sliceOptions{io: io}
	cmd := &cobra.Command{
		Use:   "slice",
		Short: "Cut an adapter down to its first ranks",
		Long: `Cut an adapter down to its first ranks and write it as a PEFT folder, which PEFT,
dylora and serving stacks load as it is. No weight is rescaled: rank b of the whole
adapter and the slice at b compute the same.

One rank is written to --out itself. Several are written to rank-<N> folders in it,
with a manifest.json that lists them.`,
		Example: `  dylora slice --rank 4
  dylora slice --rank 1,2,4 --out slices
  dylora slice --adapter runs/try --rank 2 --out adapter-r2 --force`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.ranks == "" {
				return fault.Usagef("--rank is required: the ranks to keep, such as 4 or 1,2,4")
			}
			if err := checkRanks("--rank", opts.ranks); err != nil {
				return err
			}
			if cmd.Flags().Changed("out") && opts.out == "" {
				return fault.Usagef("--out is empty: name a folder or leave it out")
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlag(cmd, &opts.adapter)
	cmd.Flags().StringVarP(&opts.ranks, "rank", "r", "", "`ranks` to keep: 4, or several such as 1,2,4")
	cmd.Flags().StringVarP(&opts.out, "out", "o", "", "`folder` to write; default rank-<N> or slices in the run folder")
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace an adapter that dylora wrote there before")
	addJSONFlag(cmd, &opts.json)
	return cmd
}
