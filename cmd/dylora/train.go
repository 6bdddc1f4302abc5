package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/estimate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
	"github.com/dylora/dylora/internal/train"
)

// trainOptions is everything `dylora train` needs; runTrain reads nothing else.
type trainOptions struct {
	io     *streams
	layers []*settings.Layer
	place  finetune.Place
	lora   bool
	seeds  string // "": the one of the settings
	dryRun bool
	json   bool
}

func newTrainCmd(io *streams, runF func(context.Context, *trainOptions) error) *cobra.Command {
	opts := &trainOptions{io: io}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train an adapter that works at every rank",
		Long: `Train a DyLoRA adapter and the task's head on a frozen encoder, a RoBERTa, a BERT or one
of their kin.

Each step draws a rank b and trains the first b rows alone, so that the finished
adapter can be cut to any rank. With no flags the built-in model learns the built-in
task, offline. Settings come from flags, then DYLORA_* variables, then --config, then
the task's recipe; 'dylora config show' prints them with their origin.

The run folder holds config.yaml, metrics.jsonl, checkpoints/ and adapter/, which PEFT
loads as it is. Ctrl-C finishes the step and writes a checkpoint; --resume continues with
bit-identical results. --resume --epochs makes a finished run longer; the steps that are added
have the learning rates of a run of the new length. --overwrite trains beside the run that is
there and replaces it at the end.

--lora trains LoRA: rank R alone, as --r-min R does, which then is also what is evaluated.
--seeds trains once per seed and prints mean and standard deviation; the same command goes on
with what was stopped and adds further seeds.`,
		Example: `  dylora train
  dylora train --task sst2 --data-dir glue --epochs 2 --lr 5e-4
  dylora train --task mrpc --model FacebookAI/roberta-base
  dylora train --rank 16 --sampler geometric:0.15 --best 4 --run runs/try
  dylora train --resume --run runs/try --epochs 4
  dylora train --task train.csv --dev-file dev.csv --run runs/nightly --overwrite
  dylora train --model FacebookAI/roberta-base --dry-run
  dylora train --lora --rank 4 --seeds 1-5`,
		Args: flagset.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.Layers(cmd); err != nil {
				return err
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	flagset.AddConfig(cmd)
	flagset.AddSettings(cmd.Flags(), settings.Keys()...)
	cmd.Flags().StringVar(&opts.place.Run, "run", "", "run `folder`; default runs/<task>-<time>, with --resume the run started last")
	cmd.Flags().BoolVar(&opts.place.Resume, "resume", false, "go on with a run that was stopped, or with more --epochs than before make a finished one longer")
	cmd.Flags().BoolVar(&opts.place.Overwrite, "overwrite", false, "replace the run in --run, which stays as it is until the new one is complete")
	cmd.Flags().BoolVar(&opts.lora, "lora", false, "train LoRA, that is rank R alone")
	cmd.Flags().StringVar(&opts.seeds, "seeds", "", "train once with each of the `seeds`, such as 1-5 or 1,2,7, in folders seed-<N> of --run")
	cmd.Flags().BoolVar(&opts.dryRun, "dry-run", false, "check everything and train nothing: print the steps, the time and the memory that are expected here, and what would be written")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func (o *trainOptions) validate(cmd *cobra.Command) error {
	if cmd.Flags().Changed("run") && o.place.Run == "" {
		return fault.Usagef("--run is empty: name a folder or leave it out")
	}
	if o.lora {
		o.place.LoRA = "--lora"
	}
	switch p := o.place; {
	case p.Overwrite && p.Resume:
		return fault.Usagef("--overwrite and --resume exclude each other: one begins anew, the other goes on")
	case p.Overwrite && p.Run == "":
		return fault.Usagef("--overwrite is for a folder with a name: give it with --run")
	case o.dryRun && o.seeds != "":
		return fault.Usagef("--dry-run is for one training: leave --seeds out")
	case o.seeds != "" && (p.Overwrite || p.Resume):
		return fault.Usagef("--seeds needs neither --resume nor --overwrite: the same command goes on with what is not complete")
	}
	return nil
}

func runTrain(ctx context.Context, o *trainOptions) (err error) {
	r, err := finetune.Resolve(o.place, o.layers...)
	if err != nil {
		return err
	}
	if o.seeds != "" {
		if err := o.io.ownProcesses("--seeds"); err != nil {
			return err
		}
		study, err := plan.TrainSeeds(ctx, o.io.env(), r, plan.SeedsOrder{Seeds: o.seeds, Folder: o.place.Run, Child: lineArguments})
		if err != nil {
			return err
		}
		if err := terminal.Result(o.io.out, o.json, study); err != nil || o.json || len(study.Runs) < 2 {
			return err
		}
		o.io.next("dylora sweep " + filepath.Dir(study.Runs[0].Run) + " --as-seeds")
		return nil
	}
	if o.dryRun {
		if err := o.io.ownProcesses("--dry-run"); err != nil {
			return err
		}
		outlook, err := estimate.Training(ctx, o.io.env(), r, o.place)
		if err != nil {
			return err
		}
		return terminal.Result(o.io.out, o.json, outlook)
	}
	report, err := o.train(ctx, r)
	if err != nil || report == nil { // another process of the group has it
		return err
	}
	if err := terminal.Result(o.io.out, o.json, report); err != nil || o.json {
		return err
	}
	run := filepath.Dir(report.Adapter)
	o.io.next("dylora sweep "+run, "dylora predict "+run)
	return nil
}

// train runs a training of these settings to its end and shows how it goes.
func (o *trainOptions) train(ctx context.Context, r *settings.Resolved) (report *finetune.Report, err error) {
	job, err := finetune.Prepare(ctx, o.io.env(), r, o.place)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	end := o.io.watch(job)
	err = job.Run(ctx)
	end()
	if errors.Is(err, train.ErrStopped) {
		o.io.screen().Say(fmt.Sprintf("checkpoint written; 'dylora train --resume --run %s' goes on", job.Dir))
	}
	if err != nil {
		return nil, err
	}
	return job.Finish(ctx)
}
