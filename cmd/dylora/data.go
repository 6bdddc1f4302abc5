package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/datacheck"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// dataOptions is everything `dylora data` needs; runData reads nothing else.
type dataOptions struct {
	io     *streams
	layers []*settings.Layer
	json   bool
}

func newDataCmd(io *streams, runF func(context.Context, *dataOptions) error) *cobra.Command {
	opts := &dataOptions{io: io}
	cmd := &cobra.Command{
		Use:   "data FILE…",
		Short: "Report what is wrong with your own data before training",
		Long: `Read the training files of a task of your own, and --dev-file, and report with the lines of
the files what is wrong: empty texts, labels that cannot be read, texts that are in train and
in dev, the same text with different labels, labels that differ by blanks or case alone,
labels with fewer than ten examples, texts that --max-length cuts, and duplicates.

Nothing is written. The exit code is 0 whatever is found, and 3 where a file cannot be read.`,
		Example: `  dylora data reviews.csv
  dylora data reviews.csv --dev-file dev.csv --text-column review --label-column stars
  dylora data part1.jsonl.gz part2.jsonl.gz --json`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.layers, err = flagset.Layers(cmd); err != nil {
				return err
			}
			if len(args) > 0 {
				own := settings.NewLayer(settings.Flag)
				own.Set("task", "the arguments", settings.Text(data.JoinPaths(args)))
				opts.layers = append(opts.layers, own)
			}
			return runF(cmd.Context(), opts)
		},
	}
	flagset.AddConfig(cmd)
	flagset.AddSettings(cmd.Flags(), settings.Scoped("files")...)
	flagset.AddSettings(cmd.Flags(), "model", "revision", "insecure", "max_length")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runData(ctx context.Context, o *dataOptions) error {
	r, err := settings.Resolve(o.layers...)
	if err != nil {
		return err
	}
	report, err := datacheck.Make(ctx, o.io.env(), r)
	if err != nil {
		return err
	}
	if o.json {
		return terminal.JSON(o.io.out, report)
	}
	return report.Write(o.io.page())
}
