package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/predict"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
	"github.com/dylora/dylora/internal/train"
)

// predictOptions is everything `dylora predict` needs; runPredict reads nothing else.
type predictOptions struct {
	io *streams
	baseArgs
	ranks   flagset.Ranks // one, with glue also several; none: the largest, with glue all
	in, out string        // files; "-" is stdin, "" stdout
	request predict.Request
	glue    string // folder of submission files; "": texts come in
	force   bool
	json    bool
}

func newPredictCmd(io *streams, runF func(context.Context, *predictOptions) error) *cobra.Command {
	opts := &predictOptions{io: io}
	format, onError := "", ""
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Label texts and rows of files, or write GLUE's submission files",
		Long: `Read a text per line from stdin or --in and print its label and probability (for
regression its score, of a multi-label task the labels above --threshold and their
probabilities), line by line, at the adapter's largest rank or --rank. A task of
pairs takes two texts with a tab between. Where neither the adapter nor --task says the
task, labels have the names of id2label in config.json of the base model, else LABEL_0 and
so on, and a line may hold one text or two.

A file that ends in .csv, .tsv, .json or .jsonl, also with .gz or .zst behind it, is read by
its columns: those of the adapter's training, or --text-column and --pair-column. The answers
have the format of the input, or that of the ending of --out: each row with all that it
holds, and its answer behind it. --format text reads lines whatever the ending is, as does
.tsv where the first line names no column of texts. --json writes JSON lines.

A row that cannot be read ends the answers with exit code 3. --on-error null answers it
with its error instead and goes on, --on-error skip leaves it out. Texts are cut where the
model's limit is, or at --max-length; such answers say truncated.

With --threshold a classification answers unsure, or --unsure, where no probability reaches
it. --top-k tells of the k most probable labels only.

--glue answers the test splits of the task instead and writes them as the files that
gluebenchmark.com takes, a folder for each rank: sst2's is rank-8/SST-2.tsv. Files of
other tasks there stay, so that a folder fills up to a whole submission.`,
		Example: `  dylora predict --in sentences.txt
  dylora predict --rank 4 --json --in pairs.jsonl
  dylora predict --in reviews.csv --text-column review --out labelled.csv
  dylora predict --in mail.jsonl --on-error null --threshold 0.8 --top-k 3
  dylora predict --adapter runs/sst2 --glue submission --rank 1,8 --data-dir glue`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.layers, err = flagset.SoundLayers(cmd); err != nil {
				return err
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			if opts.glue == "" {
				if err := opts.complete(format, onError); err != nil {
					return err
				}
			}
			return runF(cmd.Context(), opts)
		},
	}
	addBaseArgs(cmd, &opts.baseArgs)
	flagset.AddSettings(cmd.Flags(), "precision")
	flags := cmd.Flags()
	flagset.AddRanks(cmd, &opts.ranks, "", "`rank` to predict at, with --glue also several such as 1,2,4; default the largest, with --glue all")
	flags.StringVar(&opts.in, "in", "-", "`file` of texts; - is stdin")
	flags.StringVar(&format, "format", "", "`format` of the texts: text, csv, tsv, json or jsonl; default as --in ends, else text")
	flags.StringVarP(&opts.out, "out", "o", "", "`file` of the answers, which is there when all are; default stdout, as they come")
	flags.StringVar(&onError, "on-error", "fail", "what a row that cannot be read does: fail, `null` (its error is its answer) or skip")
	flags.IntVar(&opts.request.Top, "top-k", 0, "tell of the `k` most probable labels")
	flags.StringVar(&opts.request.Unsure, "unsure", "", "`name` of the answer of a classification below --threshold; default unsure")
	flags.Lookup("threshold").Usage = "`probability` above which a label of a multi-label task holds, or below which a classification is unsure"
	flags.StringVar(&opts.glue, "glue", "", "write GLUE's submission files below this `folder`")
	flags.BoolVar(&opts.force, "force", false, "with --glue: replace the task's files that are there")
	flagset.AddJSON(cmd, &opts.json)
	flags.Lookup("json").Usage = "print a JSON object per text, with --glue one for all, on stdout"
	return cmd
}

func (o *predictOptions) validate(cmd *cobra.Command) error {
	changed := func(name string) bool { return cmd.Flags().Changed(name) }
	for _, name := range []string{"in", "format", "out", "on-error", "top-k", "unsure", "threshold", "text-column", "pair-column", "quoting", "delimiter"} {
		if changed("glue") && changed(name) {
			return fault.Usagef("--glue answers the task's test splits, so --%s has no use with it", name)
		}
	}
	switch {
	case changed("glue") && o.glue == "":
		return fault.Usagef("--glue is empty: name a folder")
	case changed("force") && !changed("glue"):
		return fault.Usagef("--force has a use with --glue only")
	case changed("in") && o.in == "":
		return fault.Usagef("--in is empty: name a file, or - for stdin")
	case changed("out") && o.out == "":
		return fault.Usagef("--out is empty: name a file")
	case changed("top-k") && o.request.Top < 1:
		return fault.Usagef("--top-k: %d is no number of labels", o.request.Top)
	case changed("unsure") && o.request.Unsure == "":
		return fault.Usagef("--unsure is empty: name the answer")
	}
	if err := flagset.CheckFile("--out", o.out); err != nil {
		return err
	}
	return o.ranks.Check(cmd)
}

// complete finds the formats of input and output, and takes what the settings say of them.
func (o *predictOptions) complete(format, onError string) (err error) {
	q := &o.request
	if q.OnError, err = predict.ParsePolicy(onError); err != nil {
		return fault.Usagef("--on-error: %w", err)
	}
	q.Guessed = format == ""
	if q.Input = predict.FormatOf(o.in); format != "" {
		if q.Input, err = predict.ParseFormat(format); err != nil {
			return fault.Usagef("--format: %w", err)
		}
	}
	if q.Output, err = predict.OutputFormat(q.Input, o.out); err != nil {
		return fault.Usagef("--out: %w", err)
	}
	switch named := predict.FormatOf(o.out); {
	case !o.json || named == predict.JSON:
	case named == predict.CSV || named == predict.TSV:
		return fault.Usagef("--json writes JSON lines, and --out %s is to be %s", o.out, named)
	default:
		q.Output = predict.JSONL
	}
	return q.Take(o.layers)
}

func runPredict(ctx context.Context, o *predictOptions) error {
	o.models = true
	if o.glue != "" {
		return o.submit(ctx)
	}
	a, ranks, err := o.openAt(o.io, &o.ranks, "")
	if fault.ReasonOf(err) == train.NoRun && o.untold() {
		a, ranks, err = o.openSentiment()
	}
	if err != nil {
		return err
	}
	if len(ranks) != 1 {
		return fault.Usagef("%s: %s are several ranks: lines are predicted at one, several go with --glue", o.ranks.Flag, o.ranks.Spec)
	}
	q, in := o.request, io.NopCloser(o.io.in)
	if q.Name = "stdin"; o.in != "-" {
		if in, err = data.OpenInput(o.in); err != nil {
			return fault.Invalidf("--in: %w", err)
		}
		q.Name = o.in
	}
	defer in.Close()
	options, env := o.options(), o.io.env()
	options.AnyTask = true
	s, err := session.Open(ctx, env, a, options)
	if err != nil {
		return err
	}
	if f, ok := o.io.in.(*os.File); o.in == "-" && q.Input == predict.Plain && ok && terminal.Is(f) {
		o.io.screen().Say("a text per line; Ctrl-D ends")
	}
	if o.out == "" && terminal.Is(o.io.out) {
		env.Progress = nil // the answers themselves show it
	}
	if o.out != "" {
		return disk.WriteFile(o.out, func(w io.Writer) error { return q.Answer(ctx, env, s, ranks[0], in, w) })
	}
	err = q.Answer(ctx, env, s, ranks[0], in, o.io.out)
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
