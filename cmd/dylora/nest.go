package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/nest"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// nestOptions is everything `dylora nest` needs; runNest reads nothing else.
type nestOptions struct {
	io *streams
	baseArgs
	nest nest.Options
	tune int    // steps; 0: none
	run  string // folder of the tuning
	json bool
}

func newNestCmd(io *streams, runF func(context.Context, *nestOptions) error) *cobra.Command {
	opts := &nestOptions{io: io}
	cmd := &cobra.Command{
		Use:   "nest",
		Short: "Make a nested adapter of any LoRA adapter",
		Long: `Make a nested adapter of any LoRA adapter, one of PEFT's, loralib's or dylora's: the ranks
of each module are put in the order of their singular values, so that the first b of them
are the best approximation of the whole that rank b can be. The adapter at its full rank
computes what it did. The result is a PEFT folder that every command takes.

--weighted takes, instead of the update itself, what it does to the inputs that the task's
training data make; it needs the base model and the data. --tune N goes on with N steps of
nested training in a run folder of its own, with the settings of the adapter's run.`,
		Example: `  dylora nest peft-folder
  dylora nest --adapter runs/lora --weighted --out nested
  dylora nest peft-folder --task mrpc --model FacebookAI/roberta-base --tune 200 --lr 1e-4`,
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
	given := []string{"rank", "alpha", "scaling", "targets", "init_adapter", "max_steps", "epochs", "recipe"}
	for _, f := range settings.Defaults().Fields() {
		if !slices.Contains(given, f.Key) && cmd.Flags().Lookup(f.Flag()) == nil {
			flagset.AddSettings(cmd.Flags(), f.Key)
		}
	}
	cmd.Flags().StringVarP(&opts.nest.Out, "out", "o", "", "`folder` to write; default nested in the adapter's run, or beside its folder")
	cmd.Flags().BoolVar(&opts.nest.Weighted, "weighted", false, "weigh by the inputs that the training data make of each module")
	cmd.Flags().IntVar(&opts.tune, "tune", 0, "`steps` of nested training from there")
	cmd.Flags().StringVar(&opts.run, "run", "", "run `folder` of --tune; default runs/<task>-<time>")
	cmd.Flags().BoolVar(&opts.nest.Force, "force", false, "replace an adapter that dylora wrote there before; re-sort one that is nested already")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func (o *nestOptions) validate(cmd *cobra.Command) error {
	flags := cmd.Flags()
	switch {
	case flags.Changed("out") && o.nest.Out == "":
		return fault.Usagef("--out is empty: name a folder or leave it out")
	case flags.Changed("tune") && o.tune < 1:
		return fault.Usagef("--tune: %d steps are none: give a number above 0, or leave it out", o.tune)
	case flags.Changed("run") && o.run == "":
		return fault.Usagef("--run is empty: name a folder or leave it out")
	case flags.Changed("run") && o.tune == 0:
		return fault.Usagef("--run is the folder of --tune: give both")
	}
	return nil
}

func runNest(ctx context.Context, o *nestOptions) error {
	a, err := o.open(o.io)
	if err != nil {
		return err
	}
	o.nest.Session, o.nest.Tuned = o.options(), o.tune > 0
	var tuning *settings.Resolved
	if o.tune > 0 {
		if tuning, err = nest.Tuning(o.io.env(), a, o.nest.Folder(a), o.tune, o.layers...); err != nil {
			return err
		}
	}
	report, err := nest.Make(ctx, o.io.env(), a, o.nest)
	if err == nil && !o.json {
		err = report.Write(o.io.page())
	}
	if err != nil {
		return err
	}
	t := &trainOptions{io: o.io, place: finetune.Place{Run: o.run}}
	if tuning != nil {
		if report.Tuned, err = t.train(ctx, tuning); err != nil {
			return err
		}
	}
	switch {
	case o.json:
		return terminal.JSON(o.io.out, report)
	case tuning != nil:
		return terminal.Result(o.io.out, false, report.Tuned)
	}
	return nil
}
