package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/terminal"
)

// fetchOptions is everything `dylora fetch` needs; runFetch reads nothing else.
type fetchOptions struct {
	io     *streams
	layers []*settings.Layer
	names  []string // tasks, and models of the Hub
	json   bool
}

func newFetchCmd(io *streams, runF func(context.Context, *fetchOptions) error) *cobra.Command {
	opts := &fetchOptions{io: io}
	cmd := &cobra.Command{
		Use:   "fetch MODEL_OR_TASK…",
		Short: "Download models and tasks ahead of their use",
		Long: `Download models of the Hugging Face Hub, and tasks of GLUE from its data set nyu-mll/glue.
Afterwards everything works without a network.

Files go to the cache that Python's huggingface_hub keeps and finds them in; the splits of
a task are also kept as lines of JSON in ~/.cache/dylora (or XDG_CACHE_HOME), which is what
training reads.

HF_HOME or HF_HUB_CACHE set the cache, HF_TOKEN opens gated and private repositories,
HF_ENDPOINT names a mirror; with HF_HUB_OFFLINE=1 nothing is asked, and what is not cached
fails with exit code 4. A download that was cut off goes on where it was.`,
		Example: `  dylora fetch FacebookAI/roberta-base
  dylora fetch sst2 mnli roberta-large
  dylora fetch FacebookAI/roberta-base@main --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fault.Usagef("say what to fetch, such as sst2 or FacebookAI/roberta-base")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.layers, err = flagset.Layers(cmd); err != nil {
				return err
			}
			opts.names = args
			return runF(cmd.Context(), opts)
		},
	}
	flagset.AddSettings(cmd.Flags(), "revision", "allow_pickle", "insecure")
	flagset.AddJSON(cmd, &opts.json)
	return cmd
}

func runFetch(ctx context.Context, o *fetchOptions) error {
	r, err := settings.Resolve(o.layers...)
	if err != nil {
		return err
	}
	var all []*session.Fetched
	for _, name := range o.names {
		f, err := session.Fetch(ctx, o.io.env(), r.Data, name)
		if err != nil {
			return err
		}
		all = append(all, f)
		if o.json {
			continue
		}
		if err := o.print(f); err != nil {
			return err
		}
	}
	if o.json {
		return terminal.JSON(o.io.out, map[string]any{"fetched": all})
	}
	o.io.next(trainLine(all))
	return nil
}

func (o *fetchOptions) print(f *session.Fetched) error {
	if f.Folder == "" {
		return terminal.Lines(o.io.out, f.Name+": built in")
	}
	parts := "files"
	if f.Kind == "task" {
		parts = "splits"
	}
	commit := ""
	if o.io.verbose {
		commit = ", commit " + f.Commit
	}
	_, err := fmt.Fprintf(o.io.out, "%s %s: %d %s, %s (%s downloaded)%s\n  %s\n",
		f.Kind, f.Name, len(f.Files), parts, evaluate.Size(f.Bytes), evaluate.Size(f.Downloaded), commit, f.Folder)
	return err
}

// trainLine is the command that trains with what was fetched, the last task and the last model of it.
func trainLine(all []*session.Fetched) string {
	parts := map[string]string{}
	for _, f := range all {
		parts[f.Kind] = " --" + f.Kind + " " + f.Name
	}
	return "dylora train" + parts["task"] + parts["model"]
}
