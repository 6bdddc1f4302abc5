package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/baseline"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/figure"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/page"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

// sweepOptions is everything `dylora sweep` needs; runSweep reads nothing else.
type sweepOptions struct {
	io *streams
	baseArgs
	ranks    flagset.Ranks
	split    string
	decision decisionArgs
	compare  compareArgs
	plots    []string // files to draw to, .svg or .png
	gate     evaluate.Gate
	html     string // file of the page; "": none
	texts    bool   // in it
	csv      bool
	json     bool
}

func newSweepCmd(io *streams, runF func(context.Context, *sweepOptions) error) *cobra.Command {
	opts := &sweepOptions{io: io}
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Measure an adapter at many ranks in one pass over the data",
		Long: `Measure an adapter at many ranks in one pass over the data: rank, parameters, size,
metric with its interval, and the difference to the largest rank.

Then it says which rank to use: the smallest that is not worse than the largest by more than
--tolerance points, with --confidence, or that the examples are too few to tell.
--as-seeds takes several runs of one setting, or a folder of them, as draws of its seed.

--baselines trains other adapters for the task, data and settings of the adapter's run and
measures them beside it: LoRA for each rank (lora), LoRA at the largest rank with its first
ranks as they are (cut) or shrunk by singular values (svd; svd-weighted by the training
data; svd-4r from four times the rank), and MatryoshkaLoRA. How long that takes is told
first. They stay in baselines/ of the run: what is there is not trained again, what was
stopped goes on.`,
		Example: `  dylora sweep
  dylora sweep --ranks 1,2,4-8 --csv
  dylora sweep --plot sweep.svg --plot sweep.png
  dylora sweep --html report.html
  dylora sweep --adapter runs/try --json
  dylora sweep --tolerance 1 --report-on half
  dylora sweep runs/a runs/b runs/c --as-seeds
  dylora sweep --ranks 1,2,4,8 --baselines lora,svd`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addBaseArgs(cmd, &opts.baseArgs)
	flagset.AddSettings(cmd.Flags(), "precision")
	flagset.AddRanks(cmd, &opts.ranks, "all", "`ranks` to measure, such as 1,2,4-8, or all")
	flagset.AddSplit(cmd, &opts.split)
	addDecision(cmd, &opts.decision)
	addCompare(cmd, &opts.compare)
	flagset.AddGate(cmd, &opts.gate, " at any of the ranks")
	flagset.AddPlots(cmd, &opts.plots)
	cmd.Flags().StringVar(&opts.html, "html", "", "write a page with decision, curve, cost and origin to `file`; it needs no network")
	cmd.Flags().BoolVar(&opts.texts, "with-texts", false, "add the worst examples with their texts to the page")
	cmd.Flags().BoolVar(&opts.csv, "csv", false, "print comma-separated values on stdout")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func (o *sweepOptions) validate(cmd *cobra.Command) error {
	if o.csv && o.json {
		return fault.Usagef("--csv and --json exclude each other")
	}
	if err := flagset.CheckPlots(o.plots); err != nil {
		return err
	}
	if o.texts && o.html == "" {
		return fault.Usagef("--with-texts adds to the page of --html: give that, too")
	}
	if err := o.ranks.Check(cmd); err != nil {
		return err
	}
	if err := errors.Join(flagset.CheckFile("--html", o.html), o.decision.validate(), o.compare.validate(cmd)); err != nil {
		return err
	}
	if err := flagset.CheckGate(cmd, o.gate); err != nil {
		return err
	}
	return flagset.CheckSplit(o.split)
}

func addCompare(cmd *cobra.Command, c *compareArgs) {
	cmd.Flags().StringVar(&c.spec, "baselines", "", "compare with these `kinds`, trained for the adapter's run: lora, cut, svd, svd-weighted, svd-4r, svd-4r-weighted, matryoshka, or all")
}

func (c *compareArgs) validate(cmd *cobra.Command) (err error) {
	if !cmd.Flags().Changed("baselines") {
		return nil
	}
	if f := cmd.Flags().Lookup("as-seeds"); f != nil && f.Changed {
		return fault.Usagef("--baselines and --as-seeds exclude each other: one run at a time is compared")
	}
	c.kinds, err = baseline.ParseKinds(c.spec)
	return err
}

func runSweep(ctx context.Context, o *sweepOptions) error {
	o.models = true
	a, ranks, err := o.openAt(o.io, &o.ranks, "all")
	if err != nil {
		return err
	}
	options := o.options()
	options.Split, options.Measured, options.Load = o.split, flagset.Measured(o.gate), session.Load{Ranks: len(ranks)}
	ask, err := o.ask(a, options)
	if err != nil {
		return err
	}
	compared, err := o.compare.train(ctx, o.io, a, ranks, o.layers)
	if err != nil {
		return err
	}
	s, err := session.Open(ctx, o.io.env(), a, options)
	if err != nil {
		return err
	}
	sweep, err := s.Ask(ctx, o.split, ranks, ask)
	if err != nil || sweep == nil { // another process of the group has it
		return err
	}
	if compared != nil {
		if err := compared.Measure(ctx, o.io.env(), sweep, ask); err != nil {
			return err
		}
	}
	for _, path := range o.plots {
		if err := figure.Save(path, sweep); err != nil {
			return err
		}
	}
	if o.html != "" {
		extra := page.Options{Texts: o.texts, Others: ask.Others}
		if err := page.Save(ctx, o.html, o.io.env(), s, sweep, extra); err != nil {
			return err
		}
	}
	below := o.gate.JudgeSweep(sweep)
	if err := o.print(sweep); err != nil {
		return err
	}
	switch d := sweep.Decision; {
	case o.json || o.csv || below != nil:
	case d != nil && d.Rank > 0 && len(ask.Others) == 0:
		o.io.next(fmt.Sprintf("dylora slice %s --rank %d", a.Path, d.Rank))
	default:
		o.io.next("dylora predict " + a.Path)
	}
	return below
}

func (o *sweepOptions) print(s *evaluate.Sweep) error {
	switch {
	case o.json:
		return terminal.JSON(o.io.out, s)
	case o.csv:
		return s.WriteCSV(o.io.out)
	}
	return figure.Print(o.io.page(), s, terminal.Columns(o.io.out))
}
