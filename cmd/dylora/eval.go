package main

import (
	"context"
	"math"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// adapterOptions are what every command that takes an adapter shares.
type adapterOptions struct {
	path      string // run folder or PEFT folder
	pickled   adapter.Options
	forceBase bool // take an adapter made for other weights
	anyTask   bool // its labels are enough where the task is not known
	sources   sources
}

// runsRoot is the folder of runs, latestRun what --adapter stands for when it is not given.
const (
	runsRoot  = "runs"
	latestRun = runsRoot + "/latest"
)

// addAdapterFlag defines --adapter, and how to read adapters from elsewhere.
func addAdapterFlag(cmd *cobra.Command, path *string, o *adapter.Options) {
	cmd.Flags().StringVarP(path, "adapter", "a", latestRun, "run `folder`, any PEFT folder, or loralib's .bin file")
	cmd.Flags().BoolVar(&o.AllowPickle, "allow-pickle", false, "read weights in Python's pickle format, by an allow-list")
	cmd.Flags().Float64Var(&o.Alpha, "lora-alpha", 0, "`alpha` of a loralib file, which does not say it")
}

// addAdapterFlags defines --adapter and the settings needed to compute with one.
func addAdapterFlags(cmd *cobra.Command, o *adapterOptions) {
	addAdapterFlag(cmd, &o.path, &o.pickled)
	cmd.Flags().BoolVar(&o.forceBase, "force-base", false, "use the adapter with a base model it was not trained on")
	addConfigFlag(cmd)
	addSettings(cmd.Flags(), ownKeys()...)
	addSettings(cmd.Flags(), "task", "data_dir", "model", "revision", "max_length", "max_eval_examples", "threads", "kernel")
}

// evalOptions is everything `dylora eval` needs; runEval reads nothing else.
type evalOptions struct {
	io *streams
	adapterOptions
	rank        int // 0: the adapter's largest
	split       string
	predictions string  // file of JSON lines, "" for none
	atLeast     float64 // NaN: no check
	json        bool
}

func newEvalCmd(io *streams, runF func(context.Context, *evalOptions) error) *cobra.Command {
	opts := &evalOptions{io: io}
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure an adapter at one rank",
		Long: `Measure an adapter at one rank with the metrics of its task.

A run folder remembers task, model and data; for a PEFT folder from elsewhere flags say
them. With --at-least the command fails with exit code 7 when the task's first metric
is below the bound.`,
		Example: `  dylora eval
  dylora eval --rank 4 --at-least 0.8
  dylora eval --adapter peft-folder --task sst2 --data-dir glue --model roberta-folder
  dylora eval --split train --predictions predictions.jsonl --json`,
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
	addOwnRank(cmd, &opts.rank, "`rank` to measure; default the adapter's largest")
	addSplitFlag(cmd, &opts.split)
	cmd.Flags().StringVar(&opts.predictions, "predictions", "", "write one JSON line per example to `file`")
	addAtLeast(cmd, &opts.atLeast, "fail with exit code 7 if the first metric is below this `value`")
	addJSONFlag(cmd, &opts.json)
	return cmd
}

// addOwnRank defines a --rank that picks a rank of an adapter, unlike the setting of
// the same name.
func addOwnRank(cmd *cobra.Command, v *int, usage string) {
	cmd.Flags().IntVar(v, "rank", 0, usage)
	cmd.Flags().Lookup("rank").Annotations = map[string][]string{notASetting: {"true"}}
}

func addSplitFlag(cmd *cobra.Command, v *string) {
	cmd.Flags().StringVar(v, "split", "dev", "`split` to read: dev, train, or dev_mismatched for mnli")
}

func (o *evalOptions) validate(cmd *cobra.Command) error {
	if cmd.Flags().Changed("rank") && o.rank < 1 {
		return fault.Usagef("--rank: %d is below 1", o.rank)
	}
	if err := checkAtLeast(cmd, o.atLeast); err != nil {
		return err
	}
	return checkSplit(o.split)
}

// addAtLeast defines --at-least; NaN stands for no bound.
func addAtLeast(cmd *cobra.Command, v *float64, usage string) {
	cmd.Flags().Float64Var(v, "at-least", math.NaN(), usage)
	cmd.Flags().Lookup("at-least").DefValue = ""
}

func checkAtLeast(cmd *cobra.Command, v float64) error {
	if cmd.Flags().Changed("at-least") && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return fault.Usagef("--at-least: %v is not a number to compare with", v)
	}
	return nil
}

func checkSplit(split string) error {
	switch split {
	case "dev", "train", "dev_mismatched":
		return nil
	}
	return fault.Usagef("--split: %q is none of dev, train, dev_mismatched", split)
}
