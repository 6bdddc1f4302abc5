package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/plan"
	"github.com/dylora/dylora/internal/session"
)

// decisionArgs say by what the rank is chosen.
type decisionArgs struct {
	points   float64 // tolerance, in points
	question evaluate.Question
	reportOn string
	seeds    bool
	fit      bool     // calibrate
	paths    []string // all adapters, with seeds
}

// addTolerance defines what a decision is asked for.
func addTolerance(cmd *cobra.Command, d *decisionArgs) {
	cmd.Flags().Float64Var(&d.points, "tolerance", 100*evaluate.DefaultTolerance, "`points` of the metric, hundredths, that a rank may lose to the largest")
	cmd.Flags().Float64Var(&d.question.Confidence, "confidence", evaluate.DefaultConfidence, "`probability` with which the chosen rank is not worse than that")
}

// addDecision defines the flags of a sweep's decision. With --as-seeds cmd takes several adapters.
func addDecision(cmd *cobra.Command, d *decisionArgs) {
	addTolerance(cmd, d)
	cmd.Flags().StringVar(&d.reportOn, "report-on", "same", "`examples` that the values are measured on: same, those that choose the rank, or half, so that the other half chooses")
	cmd.Flags().BoolVar(&d.seeds, "as-seeds", false, "take several adapters as runs of one setting with different seeds")
	cmd.Flags().BoolVar(&d.fit, "calibrate", false, "fit a temperature, or the threshold of a multi-label task, for each rank on one half, and keep it with the adapter for predict")
	one := cmd.Args
	cmd.Use = "sweep [ADAPTER...]"
	cmd.Args = func(cmd *cobra.Command, args []string) (err error) {
		if !d.seeds {
			return one(cmd, args)
		}
		if d.paths, err = plan.RunFolders(args); err != nil {
			return err
		}
		switch {
		case len(d.paths) < 2:
			return fault.Usagef("--as-seeds: name two adapters or more, runs of one setting with different seeds, or a folder of them")
		case cmd.Flags().Changed("adapter"):
			return fault.Usagef("--as-seeds: name all adapters without --adapter")
		}
		return one(cmd, d.paths[:1])
	}
}

// validate refuses what cannot be asked.
func (d *decisionArgs) validate() error {
	d.question.Tolerance = d.points / 100
	if d.fit && d.seeds {
		return fault.Usagef("--calibrate and --as-seeds exclude each other: a calibration is one adapter's")
	}
	if d.reportOn != "same" && d.reportOn != "half" && d.reportOn != "" {
		return fault.Usagef("--report-on: %q is neither same nor half", d.reportOn)
	}
	return d.question.Validate()
}

// ask opens the further adapters, and asks for the rank to use.
func (o *sweepOptions) ask(first *session.StoredAdapter, options session.Options) (a session.Ask, err error) {
	d := o.decision
	a = session.Ask{Question: d.question, Half: d.reportOn == "half", Calibrate: d.fit, Options: options}
	if d.seeds {
		a.Others, err = session.OpenSeeds(o.io.env(), first, d.paths[1:], o.read)
	}
	return a, err
}
