package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/terminal"
)

// newTrackCmd sends what is in run folders: its run needs nothing that a test would replace.
func newTrackCmd(io *streams) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:   "track RUN...",
		Short: "Send runs to a tracking server, MLflow",
		Long: `Send what the server at MLFLOW_TRACKING_URI lacks of run folders, of folders of these, or of a
plan's trainings: parameters, metrics by step, and of finished runs the adapter with its card
and the report. 'dylora train --track mlflow' sends it while it trains; this is for what a
server that was away has missed, and for runs that were not tracked. Nothing is sent twice.`,
		Example: `  dylora track runs/latest
  dylora track plan.jsonl`,
		Args: flagset.CountArgs(1, 1000, "the runs, folders or plans"),
		RunE: func(cmd *cobra.Command, args []string) error {
			sent, err := plan.Track(cmd.Context(), io.env(), args)
			if asJSON {
				err = errors.Join(err, terminal.JSON(io.out, map[string][]string{"sent": sent}))
			}
			return err
		},
	}
	flagset.AddJSON(cmd, &asJSON)
	return cmd
}
