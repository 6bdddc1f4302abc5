package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/check"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/tabular"
	"github.com/dylora/dylora/internal/terminal"
)

// checkOptions is everything `dylora check` needs; runCheck reads nothing else.
type checkOptions struct {
	io *streams
	baseArgs
	ranks  flagset.Ranks // none: all, of more than 16 the powers of two
	nested bool          // fail unless the adapter is nested
	data   bool          // measure the task's dev split, too
	json   bool
}

func newCheckCmd(io *streams, runF func(context.Context, *checkOptions) error) *cobra.Command {
	opts := &checkOptions{io: io}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Verify that slices, merge and save reproduce the adapter",
		Long: `Check an adapter on its base model, on random tokens, at each rank b:

  slice       the slice at b gives the logits of the whole at rank b, to the bit
  beyond      weights of the ranks above b do not matter, to the bit
  merged      base model and adapter merged give the same logits, but for rounding
  round trip  saved and loaded again, every weight has the same bits

Exit code 7 when one fails. Besides, it says whether the adapter is nested, that is,
trained for its lower ranks: yes or no where dylora.json or the file's metadata tell;
else unknown, as PEFT's files do not say, and training that drew fewer times than there
are ranks shows nothing. How many of 200 built-in sentences get the same answer as at
the largest rank is shown for each. With --data the task's dev split is measured, and an
adapter is nested if every rank keeps at least half of what the largest gains over
always the most frequent label. --nested fails unless it is nested.`,
		Example: `  dylora check
  dylora check peft-folder --model roberta-folder
  dylora check runs/sst2 --data --nested --json`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			if err := opts.ranks.Check(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addBaseArgs(cmd, &opts.baseArgs)
	flagset.AddRanks(cmd, &opts.ranks, "", "`ranks` to check; default all, of more than 16 the powers of two")
	cmd.Flags().BoolVar(&opts.nested, "nested", false, "fail unless the adapter is nested")
	cmd.Flags().BoolVar(&opts.data, "data", false, "measure the task's dev split at each rank")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runCheck(ctx context.Context, o *checkOptions) error {
	a, err := o.open(o.io)
	if err != nil {
		return err
	}
	ranks := check.Ranks(a.Adapter.Rank)
	if o.ranks.Spec != "" {
		if ranks, err = o.ranks.Of(a.Adapter.Rank, ""); err != nil {
			return err
		}
	}
	options := o.options()
	options.AnyTask, options.Exact, options.Load = true, true, session.CheckLoad
	if o.data {
		options.Split = "dev"
	}
	s, err := session.Open(ctx, o.io.env(), a, options)
	if err != nil {
		return err
	}
	r, err := check.Run(ctx, s, ranks)
	if err != nil {
		return err
	}
	if o.data {
		if err := r.Measure(ctx, s, ranks); err != nil {
			return err
		}
	}
	if o.nested {
		r.RequireNested()
	}
	if err := o.print(r); err != nil {
		return err
	}
	return r.Err()
}

func (o *checkOptions) print(c *check.Report) error {
	if o.json {
		return terminal.JSON(o.io.out, c)
	}
	t := terminal.Table()
	header := table.Row{"rank", "slice", "beyond", "merged", "same answers"}
	if o.data {
		header = append(header, "dev")
	}
	t.AppendHeader(header)
	for _, a := range c.Agreement {
		row := table.Row{a.Rank}
		for _, x := range c.Checks {
			if x.Rank == a.Rank {
				row = append(row, conformanceText(x))
			}
		}
		row = append(row, fmt.Sprintf("%.1f %%", 100*a.Share))
		if o.data {
			row = append(row, a.Value)
		}
		t.AppendRow(row)
	}
	round := "the same bits"
	if !c.RoundTrip {
		round = "FAILS"
	}
	effect := ""
	if c.Idle {
		effect = "effect      " + session.ChangesNothing + "\n"
	}
	_, err := fmt.Fprintf(o.io.page(), "%s\n\nround trip  %s\nnested      %s: %s\n%s", tabular.Render(t, o.io.page()), round, c.Nested, c.Why, effect)
	return err
}

// conformanceText is one cell of the table.
func conformanceText(x check.Conformance) string {
	switch {
	case !x.Holds:
		return fmt.Sprintf("FAILS %.3g", x.Difference)
	case x.Bound == 0:
		return "same bits"
	}
	return fmt.Sprintf("%.1e", x.Difference)
}
