package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
)

// trainOptions is everything `dylora train` needs; runTrain reads nothing else.
type trainOptions struct {
	io      *streams
	sources sources
	run     string // folder; "": runs/<task>-<time>, or runs/latest to resume
	resume  bool
	json    bool
	now     func() time.Time
}

func newTrainCmd(io *streams, runF func(context.Context, *trainOptions) error) *cobra.Command {
	opts := &trainOptions{io: io, now: time.Now}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train an adapter that works at every rank",
		Long: `Train a DyLoRA adapter and the task's head on a frozen RoBERTa or BERT.

Each step draws a rank b and trains the first b rows alone, so that the finished
adapter can be cut to any rank. With no flags the built-in model learns the built-in
task, offline. Settings come from flags, then DYLORA_* variables, then --config, then
the task's recipe; 'dylora config show' prints them with their origin.

The run folder holds config.yaml, metrics.jsonl, checkpoints/ and adapter/, which PEFT
loads as it is. Ctrl-C finishes the step and writes a checkpoint; --resume goes on to
the same bits as if nothing had happened.`,
		Example: `  dylora train
  dylora train --task sst2 --data-dir glue --epochs 2 --lr 5e-4
  dylora train --task mrpc --model FacebookAI/roberta-base
  dylora train --rank 16 --sampler geometric:0.15 --best 4 --run runs/try
  dylora train --resume --run runs/try`,
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
	addConfigFlag(cmd)
	addSettings(cmd.Flags(), allKeys()...)
	cmd.Flags().StringVar(&opts.run, "run", "", "run `folder`; default runs/<task>-<time>, with --resume runs/latest")
	cmd.Flags().BoolVar(&opts.resume, "resume", false, "go on with a run that was stopped")
	addJSONFlag(cmd, &opts.json)
	return cmd
}

func (o *trainOptions) validate(cmd *cobra.Command) error {
	if cmd.Flags().Changed("run") && o.run == "" {
		return fault.Usagef("--run is empty: name a folder or leave it out")
	}
	return nil
}

// allKeys are the keys of every setting.
func allKeys() []string {
	var keys []string
	for _, s := range (&config{}).settings() {
		keys = append(keys, s.key)
	}
	return keys
}

// addJSONFlag defines --json, which swaps the printer and nothing else.
func addJSONFlag(cmd *cobra.Command, v *bool) {
	cmd.Flags().BoolVar(v, "json", false, "print one JSON object on stdout")
}
