package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// benchOptions is everything `dylora bench` needs; runBench reads nothing else.
type benchOptions struct {
	io        *streams
	layers    []*settings.Layer
	mode      string // "train" or "eval"
	steps     int
	tokenizer string // folder; "": the model's own, or the built-in one
	svg       string // file, "" for none
	products  bool
	scaling   []int // numbers of threads to measure steps of many sizes on; none: the task's steps alone
	maxTokens int   // of a step of scaling
	rounds    int   // of scaling, over all sizes
	json      bool
}

// Bounds of --scaling and --max-tokens: below the least there are too few sizes to fit.
const (
	maxThreads = 1024
	minScaled  = 128
	maxScaled  = 1 << 17
)

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
  dylora bench --model random:roberta-base --task sst2 --data-dir glue --svg step.svg`,
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
	flagset.AddSettings(cmd.Flags(), "task", "data_dir", "model", "revision", "max_length", "rank", "r_min", "targets", "batch", "seed", "threads", "kernel", "precision")
	cmd.Flags().StringVar(&opts.mode, "mode", "train", "what to measure: train or eval")
	cmd.Flags().IntVar(&opts.steps, "steps", 10, "steps to measure, after two that are not")
	cmd.Flags().StringVar(&opts.tokenizer, "tokenizer", "", "`folder` of the tokenizer for a random model")
	cmd.Flags().StringVar(&opts.svg, "svg", "", "draw the step's time by operation to `file`")
	cmd.Flags().BoolVar(&opts.products, "products", true, "also measure products at the model's shapes")
	cmd.Flags().IntSliceVar(&opts.scaling, "scaling", nil, "measure how steps scale, on each of these numbers of `threads`")
	flagset.OwnMeaning(cmd, "scaling") // not the adapter's
	cmd.Flags().IntVar(&opts.maxTokens, "max-tokens", 2048, "with --scaling: tokens of a step at most")
	cmd.Flags().IntVar(&opts.rounds, "rounds", 12, "with --scaling: how often each size is measured, big steps less")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func (o *benchOptions) validate(cmd *cobra.Command) error {
	for _, n := range o.scaling {
		if n < 1 || n > maxThreads {
			return fault.Usagef("--scaling: %d threads are not in [1, %d]", n, maxThreads)
		}
	}
	for _, name := range []string{"threads", "svg", "products"} {
		if len(o.scaling) > 0 && cmd.Flags().Changed(name) {
			return fault.Usagef("--%s and --scaling exclude each other", name)
		}
	}
	switch {
	case o.mode != "train" && o.mode != "eval":
		return fault.Usagef("--mode: %q is neither train nor eval", o.mode)
	case o.steps < 1 || o.steps > 1e6:
		return fault.Usagef("--steps: %d is not in [1, 1000000]", o.steps)
	case len(o.scaling) == 0 && (cmd.Flags().Changed("max-tokens") || cmd.Flags().Changed("rounds")):
		return fault.Usagef("--max-tokens and --rounds are for --scaling")
	case o.rounds < 1 || o.rounds > 1000:
		return fault.Usagef("--rounds: %d is not in [1, 1000]", o.rounds)
	case o.maxTokens < minScaled || o.maxTokens > maxScaled:
		return fault.Usagef("--max-tokens: %d is not in [%d, %d]", o.maxTokens, minScaled, maxScaled)
	}
	return flagset.CheckFile("--svg", o.svg)
}

func runBench(ctx context.Context, o *benchOptions) error {
	r, err := settings.WithRecipe(o.layers...)
	if err != nil {
		return err
	}
	env := o.io.env()
	setup, err := bench.Prepare(ctx, env, bench.Request{Settings: r, Train: o.mode == "train", Steps: o.steps, Tokenizer: o.tokenizer})
	if err != nil {
		return err
	}
	if len(o.scaling) > 0 {
		scaling, err := setup.Scaling(ctx, env, o.scaling, o.maxTokens, o.rounds)
		if err != nil {
			return err
		}
		return o.print(scaling)
	}
	report, err := setup.Measure(ctx, o.products)
	if err != nil {
		return err
	}
	if o.svg != "" {
		if err := disk.WriteFile(o.svg, report.WriteSVG); err != nil {
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
