package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/session"
)

// runsOptions is everything `dylora runs` needs.
type runsOptions struct {
	io    *streams
	of    string   // a plan, or a folder of run folders
	means bool     // over seeds
	by    []string // groups of the means
	last  bool     // mean after the last epoch
	csv   bool
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
		Args: countArgs(0, 1, "one plan, or one folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.of = session.RunsRoot
			if len(args) > 0 {
				opts.of = args[0]
			}
			if opts.csv && opts.json {
				return fault.Usagef("--csv and --json exclude each other")
			}
			opts.means = opts.means || len(opts.by) > 0 || opts.last
			if opts.means && opts.json {
				return fault.Usagef("--mean is a table or --csv; --json has the single trainings")
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.means, "mean", false, "print mean ± standard deviation over seeds, of the adapters that the runs have")
	cmd.Flags().BoolVar(&opts.last, "last", false, "--mean of the values after the last epoch, whichever epoch was kept")
	cmd.Flags().StringSliceVar(&opts.by, "by", nil, "`settings`, or arm, that --mean groups by; the default is all that differ but the seed")
	cmd.Flags().BoolVar(&opts.csv, "csv", false, "print comma-separated values on stdout")
	addJSONFlag(cmd, &opts.json)
	return cmd
}

func runRuns(_ context.Context, o *runsOptions) error {
	entries, err := plan.ListPath(o.of)
	if err != nil {
		return err
	}
	if o.json {
		return printJSON(o.io.out, map[string]any{"runs": entries})
	}
	write, writeCSV := entries.WriteTable, entries.WriteCSV
	if o.means {
		m, err := plan.Average(entries, o.by, o.last)
		if err != nil {
			return err
		}
		write, writeCSV = m.WriteTable, m.WriteCSV
	}
	if o.csv {
		write = writeCSV
	}
	return write(o.io.out)
}
