package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

// runsOptions is everything `dylora runs` needs.
type runsOptions struct {
	io    *streams
	of    string // a plan, or a folder of run folders
	table plan.Table
	json  bool
}

func newRunsCmd(io *streams, runF func(context.Context, *runsOptions) error) *cobra.Command {
	opts := &runsOptions{io: io}
	cmd := &cobra.Command{
		Use:   "runs [PLAN | FOLDER]",
		Short: "List trainings: state, metric by rank, time",
		Long: `List the trainings of a plan, or the run folders below a folder, by default runs: what is
missing, running, stopped, failed (and why) or done, the dev metric at each rank, and the
time. --mean averages over seeds what is otherwise the same; --csv has a line per training
and rank, with all settings.`,
		Example: `  dylora runs
  dylora runs plan.jsonl --csv
  dylora runs plan.jsonl --mean --by task,arm`,
		Args: flagset.CountArgs(0, 1, "one plan, or one folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.of = append(args, session.RunsRoot)[0]
			if opts.json && opts.table != (plan.Table{}) {
				return fault.Usagef("--json has all of the single trainings: leave the other flags out")
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.table.Means, "mean", false, "print mean ± standard deviation over seeds, of the adapters that the runs have")
	cmd.Flags().BoolVar(&opts.table.Last, "last", false, "--mean of the values after the last epoch, whichever epoch was kept")
	cmd.Flags().StringVar(&opts.table.By, "by", "", "`settings`, or arm, that --mean groups by; the default is all that differ but the seed")
	cmd.Flags().BoolVar(&opts.table.CSV, "csv", false, "print comma-separated values on stdout")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runRuns(_ context.Context, o *runsOptions) error {
	entries, err := plan.ListPath(o.of)
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, map[string]any{"runs": entries})
	}
	var w io.Writer = o.io.page()
	if o.table.CSV {
		w = o.io.out
	}
	return o.table.Write(w, entries)
}
