package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/terminal"
	"github.com/dylora/dylora/scripts"
)

// newScriptCmd prints what is embedded: its run needs nothing that a test would replace.
func newScriptCmd(io *streams) *cobra.Command {
	var json bool
	cmd := &cobra.Command{
		Use:   "script [NAME]",
		Short: "Print a shell script for continuous integration",
		Long: `Print a shell script, or without NAME list them. Each begins with how it is used, works on your
own data, and leaves nothing of a try that failed.`,
		Example: `  dylora script
  dylora script train-and-gate > gate.sh`,
		Args: flagset.CountArgs(0, 1, "one script"),
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := scripts.List(append(args, "")[0])
			if err != nil {
				return err
			}
			return terminal.Result(io.out, json, l)
		},
	}
	flagset.AddJSON(cmd, &json)
	return cmd
}
