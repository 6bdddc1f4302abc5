package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
)

// predictOptions is everything `dylora predict` needs; runPredict reads nothing else.
type predictOptions struct {
	io *streams
	adapterOptions
	ranks  string // "4"; with glue "1,2,4-8"; "": the largest, with glue all
	in     string // file; "" or "-": stdin
	format predict.Format
	glue   string // folder of submission files; "": texts come in
	force  bool
	json   bool
}

func newPredictCmd(io *streams, runF func(context.Context, *predictOptions) error) *cobra.Command {
	opts := &predictOptions{io: io}
	format := ""
	cmd := &cobra.Command{
		Use:   "predict",
		Short: "Label lines of text, or write GLUE's submission files",
		Long: `Read a text per line from stdin or --in and print its label and probability (for
regression its score), line by line, at the adapter's largest rank or --rank. A task of
pairs takes two texts with a tab between. --format jsonl takes objects with "text" and
"text_pair".

--glue answers the test splits of the task instead and writes them as the files that
gluebenchmark.com takes, a folder for each rank: sst2's is rank-8/SST-2.tsv. Files of
other tasks there stay, so that a folder fills up to a whole submission.`,
		Example: `  dylora predict --in sentences.txt
  dylora predict --rank 4 --json --in pairs.jsonl --format jsonl
  dylora predict --adapter runs/sst2 --glue submission --rank 1,8 --data-dir glue`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if opts.sources, err = readSources(cmd); err != nil {
				return err
			}
			if opts.format, err = predict.ParseFormat(format); err != nil {
				return fault.Usagef("--format: %w", err)
			}
			if err := opts.validate(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlags(cmd, &opts.adapterOptions)
	addSettings(cmd.Flags(), "precision")
	flags := cmd.Flags()
	flags.StringVar(&opts.ranks, "rank", "", "`rank` to predict at, with --glue also several such as 1,2,4; default the largest, with --glue all")
	flags.Lookup("rank").Annotations = map[string][]string{notASetting: {"true"}}
	flags.StringVar(&opts.in, "in", "-", "`file` of texts; - is stdin")
	flags.StringVar(&format, "format", "lines", "`format` of the texts: lines or jsonl")
	flags.StringVar(&opts.glue, "glue", "", "write GLUE's submission files below this `folder`")
	flags.BoolVar(&opts.force, "force", false, "with --glue: replace the task's files that are there")
	addJSONFlag(cmd, &opts.json)
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
	case changed("rank"):
		return checkRanks("--rank", o.ranks)
	}
	return nil
}
