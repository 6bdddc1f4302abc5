package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
)

// newTrackCmd sends what is in run folders: its run needs nothing that a test would replace.
func newTrackCmd(io *streams) *cobra.Command {
	return &cobra.Command{
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
			return plan.Track(cmd.Context(), io.env(), args)
		},
	}
}
