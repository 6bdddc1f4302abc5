package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// benchOptions is everything `dylora bench` needs; runBench reads nothing else.
type benchOptions struct {
	io     *streams
	layers []*settings.Layer
	flagset.Bench
	json bool
}

func newBenchCmd(io *streams, runF func(context.Context, *benchOptions) error) *cobra.Command {
	opts := &benchOptions{io: io}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the speed of training and evaluation on this machine",
		Long: `Measure steps of training or evaluation on a task's own sentences, and hold them against
the rate that this machine's arithmetic reaches.

--model also takes random:roberta-base, random:roberta-large and random:mpnet-base: random
weights of that shape, which are as fast as trained ones. Their sentences are tokenised with
the built-in tokenizer, whose ids are inside any vocabulary, or with that of --tokenizer.

Operations per second count products alone: of frozen weights, adapters, attention and
the head, as far as the step needs them. The peak is the micro-kernel on operands in the
L1 cache, on all threads. What the table says of operations adds up to a step: waiting is
for other threads, gorgonia the graph machine with the loss.

--scaling measures steps of many sizes instead: 1 to 256 sequences of 8 to 512 tokens, as
far as the model and --max-tokens let them. It fits what a step, a token, a sequence and a
pair of tokens cost to a part of the sizes, says how far that is off for the others and for
steps of the task, and how long an epoch takes. Times are those of the fastest step, which
is what the machine can do when nothing else runs on it.`,
		Example: `  dylora bench
  dylora bench --mode eval --json
  dylora bench --scaling 1,2 --mode eval
  dylora bench --model random:roberta-base --task sst2 --data-dir glue --svg step.svg
  dylora bench --scaling 1 --json`,
		Args: flagset.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.Layers(cmd); err != nil {
				return err
			}
			if err := opts.Check(cmd, io.world != nil); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	flagset.AddConfig(cmd)
	flagset.AddSettings(cmd.Flags(), "task", "data_dir", "model", "revision", "insecure", "max_length", "rank", "r_min", "targets", "batch", "micro_batches", "seed", "threads", "kernel", "precision")
	flagset.AddBench(cmd, &opts.Bench)
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runBench(ctx context.Context, o *benchOptions) error {
	r, err := settings.WithRecipe(o.layers...)
	if err != nil {
		return err
	}
	env := o.io.env()
	setup, err := bench.Prepare(ctx, env, bench.Request{Settings: r, Train: o.Mode == "train", Steps: o.Steps, Tokenizer: o.Tokenizer, Cost: o.Cost})
	if err != nil {
		return err
	}
	switch {
	case o.io.world != nil || o.Predicted():
		together, err := setup.Together(ctx, o.Rounds)
		if err != nil {
			return err
		}
		return o.print(together)
	case len(o.Scaling) > 0:
		scaling, err := setup.Scaling(ctx, env, o.Scaling, o.MaxTokens, o.Rounds)
		if err != nil {
			return err
		}
		return o.print(scaling)
	}
	report, err := setup.Measure(ctx, o.Products)
	if err != nil {
		return err
	}
	if o.SVG != "" {
		if err := disk.WriteFile(o.SVG, report.WriteSVG); err != nil {
			return err
		}
	}
	return o.print(report)
}

func (o *benchOptions) print(r interface{ WriteTable(io.Writer) error }) error {
	if o.json {
		return terminal.JSON(o.io.out, r)
	}
	return r.WriteTable(o.io.page())
}
