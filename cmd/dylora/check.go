package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
)

// checkOptions is everything `dylora check` needs; runCheck reads nothing else.
type checkOptions struct {
	io *streams
	adapterOptions
	ranks  string // "": all, of more than 16 the powers of two
	nested bool   // fail unless the adapter is nested
	data   bool   // measure the task's dev split, too
	json   bool
}

func newCheckCmd(io *streams, runF func(context.Context, *checkOptions) error) *cobra.Command {
	opts := &checkOptions{io: io}
	cmd := &cobra.Command{
		Use:   "check [ADAPTER]",
		Short: "Check that an adapter keeps what slices promise",
		Long: `Check an adapter on its base model, on random tokens, at each rank b:

  slice       the slice at b gives the logits of the whole at rank b, to the bit
  beyond      weights of the ranks above b do not matter, to the bit
  merged      base model and adapter merged give the same logits, but for rounding
  round trip  saved and loaded again, every weight has the same bits

Exit code 7 when one fails. Besides, it says whether the adapter is nested, that is,
trained for its lower ranks: yes or no where dylora.json or the file's metadata tell;
else unknown, as PEFT's files do not say. How many of 200 built-in sentences get the
same answer as at the largest rank is shown for each. With --data the task's dev split
is measured, and an adapter is nested if every rank keeps at least half of what the
largest gains over always the most frequent label. --nested fails unless it is nested.`,
		Example: `  dylora check
  dylora check peft-folder --model roberta-folder
  dylora check runs/sst2 --data --nested --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fault.Usagef("unexpected argument %q: one adapter is checked at a time", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.sources, err = readSources(cmd); err != nil {
				return err
			}
			if len(args) == 1 {
				if cmd.Flags().Changed("adapter") {
					return fault.Usagef("the adapter is given twice: as %q and by --adapter", args[0])
				}
				opts.path = args[0]
			}
			if opts.ranks != "" {
				if err := checkRanks("--ranks", opts.ranks); err != nil {
					return err
				}
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlags(cmd, &opts.adapterOptions)
	opts.anyTask = true
	cmd.Flags().StringVar(&opts.ranks, "ranks", "", "`ranks` to check; default all, of more than 16 the powers of two")
	cmd.Flags().BoolVar(&opts.nested, "nested", false, "fail unless the adapter is nested")
	cmd.Flags().BoolVar(&opts.data, "data", false, "measure the task's dev split at each rank")
	addJSONFlag(cmd, &opts.json)
	return cmd
}
