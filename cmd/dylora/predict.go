package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/predict"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// predictOptions is everything `dylora predict` needs; runPredict reads nothing else.
type predictOptions struct {
	io *streams
	baseArgs
	ranks  flagset.Ranks // one, with glue also several; none: the largest, with glue all
	in     string        // file; "" or "-": stdin
	format predict.Format
	named  predict.Columns // what the user says of the columns, where the format has any

	byEnding bool   // format is by the name of in
	glue     string // folder of submission files; "": texts come in
	force    bool
	json     bool
}

func newPredictCmd(io *streams, runF func(context.Context, *predictOptions) error) *cobra.Command {
	opts := &predictOptions{io: io}
	format := ""
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Label lines of text, or write GLUE's submission files",
		Long: `Read a text per line from stdin or --in and print its label and probability (for
regression its score, of a multi-label task the labels above --threshold and their
probabilities), line by line, at the adapter's largest rank or --rank. A task of
pairs takes two texts with a tab between. --format jsonl takes objects with "text" and
"text_pair". Where neither the adapter nor --task says the task, labels have the names of
id2label in config.json of the base model, else LABEL_0 and so on, and a line may hold one
text or two.

A file that ends in .csv, .json or .jsonl is read by its columns: those of the adapter's
training, or --text-column and --pair-column; other columns do not count. A row gets an
answer. A .tsv is read so with one of these flags or --format tsv, and else as lines.

--glue answers the test splits of the task instead and writes them as the files that
gluebenchmark.com takes, a folder for each rank: sst2's is rank-8/SST-2.tsv. Files of
other tasks there stay, so that a folder fills up to a whole submission.`,
		Example: `  dylora predict --in sentences.txt
  dylora predict --rank 4 --json --in pairs.jsonl
  dylora predict --in reviews.csv --text-column review
  dylora predict --adapter runs/sst2 --glue submission --rank 1,8 --data-dir glue`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			opts.byEnding = format == ""
			if opts.format = predict.FormatOf(opts.in); format != "" {
				if opts.format, err = predict.ParseFormat(format); err != nil {
					return fault.Usagef("--format: %w", err)
				}
			}
			opts.takeColumns()
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addBaseArgs(cmd, &opts.baseArgs)
	flagset.AddSettings(cmd.Flags(), "precision")
	flags := cmd.Flags()
	flagset.AddRanks(cmd, &opts.ranks, "", "`rank` to predict at, with --glue also several such as 1,2,4; default the largest, with --glue all")
	flags.StringVar(&opts.in, "in", "-", "`file` of texts; - is stdin")
	flags.StringVar(&format, "format", "", "`format` of the texts: lines, jsonl, csv, tsv or json; default as --in ends, else lines")
	flags.StringVar(&opts.glue, "glue", "", "write GLUE's submission files below this `folder`")
	flags.BoolVar(&opts.force, "force", false, "with --glue: replace the task's files that are there")
	flagset.AddJSON(cmd, &opts.json)
	flags.Lookup("json").Usage = "print a JSON object per text, with --glue one for all, on stdout"
	return cmd
}

func (o *predictOptions) validate(cmd *cobra.Command) error {
	changed := func(name string) bool { return cmd.Flags().Changed(name) }
	switch {
	case changed("glue") && o.glue == "":
		return fault.Usagef("--glue is empty: name a folder")
	case changed("glue") && (changed("in") || changed("format")):
		return fault.Usagef("--glue answers the task's test splits, so --in and --format have no use with it")
	case changed("force") && !changed("glue"):
		return fault.Usagef("--force has a use with --glue only")
	case changed("in") && o.in == "":
		return fault.Usagef("--in is empty: name a file, or - for stdin")
	}
	return o.ranks.Check(cmd)
}

func runPredict(ctx context.Context, o *predictOptions) error {
	o.models = true
	if o.glue != "" {
		return o.submit(ctx)
	}
	a, ranks, err := o.openAt(o.io, &o.ranks, "")
	if err != nil {
		return err
	}
	if len(ranks) != 1 {
		return fault.Usagef("%s: %s are several ranks: lines are predicted at one, several go with --glue", o.ranks.Flag, o.ranks.Spec)
	}
	in, name, err := o.input()
	if err != nil {
		return err
	}
	defer in.Close()
	options := o.options()
	options.AnyTask = true
	s, err := session.Open(ctx, o.io.env(), a, options)
	if err != nil {
		return err
	}
	if f, ok := in.(*os.File); o.in == "-" && ok && terminal.Is(f) {
		fmt.Fprintln(o.io.err, "a text per line; Ctrl-D ends")
	}
	temperature, task := s.Calibrated(ranks[0])
	printer, err := predict.NewPrinter(o.io.out, task, o.json)
	if err != nil {
		return err
	}
	printer.SetTemperature(temperature)
	run := predict.Options{Rank: ranks[0], MaxLength: s.Encoder.MaxLength, MaxTokens: session.EvalTokens}
	err = predict.Run(ctx, o.texts(s, in, name), s.Encoder.Tokenizer, s.Program, run, printer.Print)
	if errors.Is(err, syscall.EPIPE) { // whoever reads has enough, as in predict | head
		return nil
	}
	return err
}

// submit writes the files of GLUE's server, a folder per rank.
func (o *predictOptions) submit(ctx context.Context) error {
	a, ranks, err := o.openAt(o.io, &o.ranks, "all")
	if err != nil {
		return err
	}
	var plan []predict.Submission
	options := o.options()
	options.Check = func(t *data.Task, d settings.Data) (err error) {
		plan, err = predict.Plan(t, d, o.glue, ranks, o.force)
		return err
	}
	env := o.io.env()
	s, err := session.Open(ctx, env, a, options)
	if err != nil {
		return err
	}
	if err := predict.Submit(ctx, env, s, plan, o.force); err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, map[string]any{"submissions": plan})
	}
	for _, w := range plan {
		for _, file := range w.Files {
			if err := terminal.Lines(o.io.out, fmt.Sprintf("rank %d  %s", w.Rank, filepath.Join(w.Folder, file))); err != nil {
				return err
			}
		}
	}
	return nil
}
