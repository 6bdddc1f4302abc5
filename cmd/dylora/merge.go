package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
)

// mergeOptions is everything `dylora merge` needs; runMerge reads nothing else.
type mergeOptions struct {
	io *streams
	adapterOptions
	rank int    // 0: the adapter's largest
	out  string // "": merged-rank-<N> in the run folder
	json bool
}

func newMergeCmd(io *streams, runF func(context.Context, *mergeOptions) error) *cobra.Command {
	opts := &mergeOptions{io: io}
	cmd := &cobra.Command{
		Use:   "merge",
		Short: "Write the base model with an adapter worked in",
		Long: `Write a full checkpoint in Hugging Face layout: the base model's weights with the adapter
at one rank added, and the trained head. The checkpoint is loaded again and its logits
are compared with those of base model and adapter; the largest difference is printed,
and one beyond rounding fails with exit code 7.`,
		Example: `  dylora merge
  dylora merge --rank 4 --out model-r4`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.sources, err = readSources(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("rank") && opts.rank < 1 {
				return fault.Usagef("--rank: %d is below 1", opts.rank)
			}
			if cmd.Flags().Changed("out") && opts.out == "" {
				return fault.Usagef("--out is empty: name a folder or leave it out")
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlags(cmd, &opts.adapterOptions)
	opts.anyTask = true
	addOwnRank(cmd, &opts.rank, "`rank` to merge; default the adapter's largest")
	cmd.Flags().StringVarP(&opts.out, "out", "o", "", "`folder` to write; default merged-rank-<N> in the run folder")
	addJSONFlag(cmd, &opts.json)
	return cmd
}
