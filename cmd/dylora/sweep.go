package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// sweepOptions is everything `dylora sweep` needs; runSweep reads nothing else.
type sweepOptions struct {
	io *streams
	adapterOptions
	ranks   string // "1,2,4-8" or "all"
	split   string
	plots   []string // files to draw to, .svg or .png
	atLeast float64  // NaN: no check
	csv     bool
	json    bool
}

func newSweepCmd(io *streams, runF func(context.Context, *sweepOptions) error) *cobra.Command {
	opts := &sweepOptions{io: io}
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Measure an adapter at many ranks in one pass over the data",
		Long: `Measure an adapter at many ranks in one pass over the data: rank, parameters, size,
metric, and the difference to the largest rank.`,
		Example: `  dylora sweep
  dylora sweep --ranks 1,2,4-8 --csv
  dylora sweep --plot sweep.svg --plot sweep.png
  dylora sweep --adapter runs/try --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.sources, err = readSources(cmd); err != nil {
				return err
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlags(cmd, &opts.adapterOptions)
	addSettings(cmd.Flags(), "precision")
	cmd.Flags().StringVar(&opts.ranks, "ranks", "all", "`ranks` to measure, such as 1,2,4-8, or all")
	addSplitFlag(cmd, &opts.split)
	addAtLeast(cmd, &opts.atLeast, "fail with exit code 7 if the first metric is below this `value` at any of the ranks")
	cmd.Flags().StringArrayVar(&opts.plots, "plot", nil, "draw the metric over the rank to `file`.svg or .png; may be repeated")
	cmd.Flags().BoolVar(&opts.csv, "csv", false, "print comma-separated values on stdout")
	addJSONFlag(cmd, &opts.json)
	return cmd
}

func (o *sweepOptions) validate(cmd *cobra.Command) error {
	if o.csv && o.json {
		return fault.Usagef("--csv and --json exclude each other")
	}
	for _, p := range o.plots {
		if e := strings.ToLower(filepath.Ext(p)); e != ".svg" && e != ".png" {
			return fault.Usagef("--plot: %s ends in neither .svg nor .png", p)
		}
	}
	if err := checkRanks("--ranks", o.ranks); err != nil {
		return err
	}
	if err := checkAtLeast(cmd, o.atLeast); err != nil {
		return err
	}
	return checkSplit(o.split)
}

// maxRank bounds a list of ranks before the adapter is known.
const maxRank = 1 << 16

// checkRanks refuses what is no list of ranks; whether the adapter has them is for later.
func checkRanks(flag, spec string) error {
	if _, err := evaluate.ParseRanks(spec, maxRank); err != nil {
		return fault.Usagef("%s: %w", flag, err)
	}
	return nil
}
