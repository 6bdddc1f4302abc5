package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

// mergeOptions is everything `dylora merge` needs; runMerge reads nothing else.
type mergeOptions struct {
	io *streams
	baseArgs
	ranks flagset.Ranks // none: the adapter's largest
	out   string        // "": merged-rank-<N> in the run folder
	force bool
	json  bool
}

func newMergeCmd(io *streams, runF func(context.Context, *mergeOptions) error) *cobra.Command {
	opts := &mergeOptions{io: io}
	cmd := &cobra.Command{
		Use:   "merge",
		Short: "Merge an adapter into the base model",
		Long: `Write a full checkpoint in Hugging Face layout: the base model's weights with the adapter
at one rank added, and the trained head. The checkpoint is loaded again and its logits
are compared with those of base model and adapter; the largest difference is printed,
and one beyond rounding fails with exit code 7. Several ranks are written to folders
merged-rank-<N> in --out.`,
		Example: `  dylora merge
  dylora merge --rank 4 --out model-r4 --force`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			if err := opts.ranks.Check(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("out") && opts.out == "" {
				return fault.Usagef("--out is empty: name a folder or leave it out")
			}
			return runF(cmd.Context(), opts)
		},
	}
	addBaseArgs(cmd, &opts.baseArgs)
	flagset.AddRanks(cmd, &opts.ranks, "", "`ranks` to merge: 4, or several such as 1,2,4; default the adapter's largest")
	cmd.Flags().StringVarP(&opts.out, "out", "o", "", "`folder` to write; default merged-rank-<N> in the run folder")
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace a model that merge wrote there before")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runMerge(ctx context.Context, o *mergeOptions) error {
	a, ranks, err := o.openAt(o.io, &o.ranks, "")
	if err != nil {
		return err
	}
	folders, err := a.MergeFolders(ranks, o.out, o.force)
	if err != nil {
		return err
	}
	options := o.options()
	options.AnyTask, options.Exact, options.Load = true, true, session.MergeLoad // rounded weights are none to write
	s, err := session.Open(ctx, o.io.env(), a, options)
	if err != nil {
		return err
	}
	merge, all := s.Merge, []*session.Merged(nil)
	if o.force {
		merge = s.MergeOver
	}
	for i, rank := range ranks {
		m, err := merge(ctx, rank, folders[i])
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	if err := o.print(all); err != nil || o.json {
		return err
	}
	o.io.next("dylora predict " + all[len(all)-1].Folder)
	return nil
}

func (o *mergeOptions) print(all []*session.Merged) error {
	switch {
	case o.json && len(all) == 1:
		return terminal.JSON(o.io.out, all[0])
	case o.json:
		return terminal.JSON(o.io.out, map[string]any{"merged": all})
	}
	for _, m := range all {
		if _, err := fmt.Fprintf(o.io.page(), "rank %d merged into %s\nlargest difference of a logit on %d random sequences: %.3g (largest logit %.3g)\n",
			m.Rank, m.Folder, m.Sequences, m.Difference, m.Largest); err != nil {
			return err
		}
	}
	return nil
}
