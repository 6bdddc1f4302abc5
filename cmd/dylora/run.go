package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/terminal"
)

// runOptions is everything `dylora run` needs.
type runOptions struct {
	io     *streams
	path   string // of the plan
	index  int    // -1: all
	order  plan.Order
	json   bool
	parent string // ID of the line, of a process that another one started: the end of stdin stops it
}

func newRunCmd(io *streams, runF func(context.Context, *runOptions) error) *cobra.Command {
	opts := &runOptions{io: io}
	cmd := &cobra.Command{
		Use:   "run PLAN",
		Short: "Train what a plan has and is not complete",
		Long: `Train what a plan has: complete trainings are skipped, stopped ones resumed, and one that
fails does not keep the others from being trained. Each is a process of its own, and those of
--jobs share the threads. Ctrl-C lets each finish its step and write a checkpoint; the same
command goes on. The exit code is 1 if a training failed, with the list on stderr.

Settings are those of the plan: of DYLORA_* variables only those of threads, kernel,
checkpoint_every and track count.`,
		Example: `  dylora run plan.jsonl
  dylora run plan.jsonl --jobs 4 --results results.jsonl
  dylora run plan.jsonl --index 3`,
		Args: flagset.CountArgs(1, 1, "the plan, a file that 'dylora plan' has written"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			opts.path = args[0]
			if opts.order.Machine, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	flagset.AddSettings(cmd.Flags(), plan.MachineKeys()...)
	cmd.Flags().IntVar(&opts.index, "index", -1, "train only the line of this `index`, from 0, in this process")
	cmd.Flags().Lookup("index").DefValue = ""
	cmd.Flags().IntVar(&opts.order.Jobs, "jobs", 1, "trainings at once")
	cmd.Flags().StringVar(&opts.order.Results, "results", "", "append a line of JSON per finished training to this `file`")
	cmd.Flags().StringVar(&opts.parent, "until-eof", "", "stop as by a signal when stdin ends; `id` that the line has to have")
	cmd.Flags().Lookup("until-eof").Hidden, cmd.Flags().Lookup("until-eof").NoOptDefVal = true, plan.AnyID
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func (o *runOptions) validate(cmd *cobra.Command) error {
	switch index := cmd.Flags().Changed("index"); {
	case index && o.index < 0:
		return fault.Usagef("--index: %d is below 0", o.index)
	case index && cmd.Flags().Changed("jobs"):
		return fault.Usagef("--index and --jobs exclude each other: an index is one training")
	case o.order.Jobs < 1:
		return fault.Usagef("--jobs: %d is below 1", o.order.Jobs)
	}
	return flagset.CheckFile("--results", o.order.Results)
}

func runRun(ctx context.Context, o *runOptions) error {
	p, err := plan.Read(o.path)
	if err != nil {
		return err
	}
	if o.index >= 0 {
		return o.runOne(ctx, p)
	}
	err = p.Run(ctx, o.io.env(), o.order, lineArguments(o.path))
	if o.json {
		entries, listErr := plan.List(p)
		err = errors.Join(err, listErr, terminal.JSON(o.io.out, map[string]any{"runs": entries}))
	}
	return err
}

// lineArguments are those of a process that trains a line of the plan at a path.
func lineArguments(path string) func(*plan.Line) []string {
	return func(l *plan.Line) []string {
		return []string{"run", path, "--index", strconv.Itoa(l.Index), "--until-eof=" + l.ID}
	}
}

// runOne trains one line in this process.
func (o *runOptions) runOne(ctx context.Context, p *plan.Plan) error {
	end := func() {}
	watch := func(job *finetune.Job) { end = o.io.watch(job) }
	if o.parent != "" {
		o.order.Parent = &plan.Parent{Expected: o.parent, In: o.io.in}
	}
	report, err := p.RunOne(ctx, o.io.env(), o.index, o.order, watch)
	end()
	if err != nil || report == nil {
		return err
	}
	return terminal.Result(o.io.out, o.json, report)
}
