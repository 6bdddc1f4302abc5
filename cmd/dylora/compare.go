package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/terminal"
)

func newCompareCmd(io *streams) *cobra.Command {
	var plots []string
	var csv, json bool
	cmd := &cobra.Command{
		Use:   "compare RUN…",
		Short: "Put several runs in one table and chart",
		Long: `Put finished runs side by side: the dev metric at each rank, the settings in which the runs
differ, and a chart with a curve for each. RUN is a run folder, a folder of run folders, or a
plan. Values are those that training measured; nothing is computed anew.`,
		Example: `  dylora compare runs/lora runs/nested
  dylora compare runs/a runs/b --plot compared.svg`,
		Args: flagset.CountArgs(1, plan.MaxCompared, "the runs to compare"),
		RunE: func(_ *cobra.Command, args []string) error {
			if csv && json {
				return fault.Usagef("--csv and --json exclude each other")
			}
			if err := flagset.CheckPlots(plots); err != nil {
				return err
			}
			c, err := plan.Compare(args)
			if err == nil {
				err = c.Draw(plots)
			}
			switch {
			case err != nil:
				return err
			case json:
				return terminal.JSON(io.out, c)
			case csv:
				return c.Runs.WriteCSV(io.out)
			}
			return c.Print(io.page(), terminal.Columns(io.out))
		},
	}
	flagset.AddPlots(cmd, &plots)
	cmd.Flags().BoolVar(&csv, "csv", false, "print comma-separated values on stdout")
	flagset.AddJSON(cmd, &json)
	return cmd
}
