package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

// evalOptions is everything `dylora eval` needs; runEval reads nothing else.
type evalOptions struct {
	io *streams
	baseArgs
	ranks       flagset.Ranks // none: the adapter's largest
	split       string
	predictions string // file of JSON lines, "" for none
	gate        evaluate.Gate
	report      bool
	texts       bool // in the report
	json        bool
}

func newEvalCmd(io *streams, runF func(context.Context, *evalOptions) error) *cobra.Command {
	opts := &evalOptions{io: io}
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure an adapter at one rank or several",
		Long: `Measure an adapter with the metrics of its task, at its largest rank or at those of --rank.

A run folder remembers task, model and data; for a PEFT folder from elsewhere flags say
them. With --at-least the command fails with exit code 7 when the first metric, which is
the task's own or that of --metric, is below the bound: a number as in --json, 0.85, or one
as tables show it, 85%. Log loss and MSE are bounded by --at-most.

--report adds what each label is like, what is taken for what, whether probabilities tell
how often answers are right, and the worst examples by their place in the split. With --json
each rank has one line.`,
		Example: `  dylora eval
  dylora eval --rank 4 --at-least 80%
  dylora eval --metric macro_f1 --at-least 0.8
  dylora eval --report --with-texts
  dylora eval --adapter peft-folder --task sst2 --data-dir glue --model roberta-folder
  dylora eval --split train --predictions predictions.jsonl --json`,
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
	flagset.AddRanks(cmd, &opts.ranks, "", "`ranks` to measure: 4, or several such as 1,2,4; default the adapter's largest")
	flagset.AddSplit(cmd, &opts.split)
	cmd.Flags().StringVar(&opts.predictions, "predictions", "", "write one JSON line per example to `file`")
	flagset.AddGate(cmd, &opts.gate, "")
	cmd.Flags().BoolVar(&opts.report, "report", false, "report precision, recall and F1 of each label, the confusion matrix, calibration and the worst examples")
	cmd.Flags().BoolVar(&opts.texts, "with-texts", false, "add the texts of the worst examples to the report")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func (o *evalOptions) validate(cmd *cobra.Command) error {
	if err := o.ranks.Check(cmd); err != nil {
		return err
	}
	if o.texts && !o.report {
		return fault.Usagef("--with-texts adds to --report: give that, too")
	}
	if err := flagset.CheckGate(cmd, o.gate); err != nil {
		return err
	}
	if err := flagset.CheckFile("--predictions", o.predictions); err != nil {
		return err
	}
	return flagset.CheckSplit(o.split)
}

func runEval(ctx context.Context, o *evalOptions) error {
	o.models = true
	a, ranks, err := o.openAt(o.io, &o.ranks, "")
	if err != nil {
		return err
	}
	if len(ranks) > 1 && o.predictions != "" {
		return fault.Usagef("--predictions: %s are several ranks, and the file holds the predictions of one", o.ranks.Spec)
	}
	options := o.options()
	options.Split, options.Measured, options.Load = o.split, flagset.Measured(o.gate), session.Load{Ranks: len(ranks)}
	s, err := session.Open(ctx, o.io.env(), a, options)
	if err != nil {
		return err
	}
	results, err := s.Measure(ctx, o.split, ranks)
	if err != nil || !o.io.first() {
		return err
	}
	if o.predictions != "" {
		write := func(w io.Writer) error { return evaluate.WritePredictions(w, s.Task, &results[0]) }
		if err := disk.WriteFile(o.predictions, write); err != nil {
			return err
		}
	}
	var below []error
	for i := range results {
		e := evaluate.NewEvaluation(s.Task, o.split, &results[i])
		e.OtherData = s.OtherData
		if o.report {
			if e.Report, err = s.Report(ctx, o.split, &results[i], o.texts); err != nil {
				return err
			}
		}
		if err := o.print(e); err != nil {
			return err
		}
		below = append(below, o.gate.Judge(e.Metric, e.Rank, e.Value))
	}
	err = errors.Join(below...)
	if err == nil && !o.json && a.Adapter.Rank > 0 {
		o.io.next("dylora sweep "+a.Path, "dylora predict "+a.Path)
	}
	return err
}

func (o *evalOptions) print(e *evaluate.Evaluation) error {
	if o.json {
		return terminal.JSON(o.io.out, e)
	}
	lines := []string{fmt.Sprintf("%s %s, %d examples, rank %d", e.Task, e.Split, e.Examples, e.Rank)}
	for _, m := range e.Metrics {
		lines = append(lines, fmt.Sprintf("%s  %s", evaluate.Heading(m.Name), evaluate.Text(m.Name, m.Value)))
	}
	page := o.io.page()
	err := terminal.Lines(page, append(lines, evaluate.OtherDataLines(e.OtherData)...)...)
	if err != nil || e.Report == nil {
		return err
	}
	return e.Report.WriteText(page)
}
