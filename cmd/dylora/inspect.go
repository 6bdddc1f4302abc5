package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
)

// inspectOptions is everything `dylora inspect` needs; runInspect reads nothing else.
type inspectOptions struct {
	io      *streams
	adapter string
	pickled adapter.Options
	json    bool
}

func newInspectCmd(io *streams, runF func(context.Context, *inspectOptions) error) *cobra.Command {
	opts := &inspectOptions{io: io}
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Show what an adapter is and what each rank changes",
		Long: `Show an adapter's facts and, per rank, its parameters and the size of the change it
makes: the Frobenius norm of alpha/b B[:, :b] A[:b, :] over all adapted maps.`,
		Example: `  dylora inspect
  dylora inspect --adapter peft-folder --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runF(cmd.Context(), opts)
		},
	}
	addAdapterFlag(cmd, &opts.adapter, &opts.pickled)
	addJSONFlag(cmd, &opts.json)
	return cmd
}
