package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/plan"
)

// planOptions is everything `dylora plan` needs.
type planOptions struct {
	io     *streams
	study  string // file
	choice plan.Choice
	on     flagset.Cluster
}

func newPlanCmd(io *streams, runF func(context.Context, *planOptions) error) *cobra.Command {
	opts := &planOptions{io: io}
	cmd := &cobra.Command{
		Use:   "plan STUDY | PLAN",
		Short: "Expand a study of settings and lists into one line per training",
		Long: `Expand a study, a YAML file of settings, lists of settings (a grid) and arms, into a plan
on stdout: one JSON object a line, with the training's index, an id that is a hash of its
settings, its run folder and its settings. Each training is checked as 'dylora train'
would. 'dylora run' trains the plan; docs/plans.md describes the file.

--predict adds the time and memory that each training is expected to take. With a plan in
place of the study, --slurm and --kubernetes write the file with which a cluster trains it
(docs/many-machines.md).`,
		Example: `  dylora plan study.yaml > plan.jsonl
  dylora plan study.yaml --set model=minilm --set seed=[1,2,3] > plan.jsonl
  dylora plan study.yaml --arms paper,sqrt > second.jsonl
  dylora plan study.yaml --predict --cpus 8 > plan.jsonl
  dylora plan plan.jsonl --slurm --cpus 8 --at-once 20 > plan.sbatch`,
		Args: flagset.CountArgs(1, 1, "the study, a YAML file, or a plan made of one"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.study = args[0]
			if err := opts.on.Check(cmd); err != nil {
				return err
			}
			return runF(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringArrayVar(&opts.choice.Set, "set", nil, "`key=value` of a setting in place of what the study says outside its arms; [a,b] is a list of values; may be repeated")
	cmd.Flags().StringSliceVar(&opts.choice.Arms, "arms", nil, "`names` of the arms that take part; the default is all")
	cmd.Flags().StringVar(&opts.choice.Runs, "runs", "", "`pattern` of the run folders in place of the study's, such as out/{task}-{arm}-{seed}")
	flagset.AddCluster(cmd, &opts.on)
	return cmd
}

func runPlan(ctx context.Context, o *planOptions) error {
	p, err := plan.ReadAny(o.study, o.choice)
	if err != nil {
		return err
	}
	if o.on.Predict || o.on.Engine() != "" {
		if err := p.Predict(ctx, o.io.env(), o.on.Machine()); err != nil {
			return err
		}
	}
	if o.on.Engine() != "" {
		return p.WriteArray(o.io.out, o.on.On(), o.on.Engine())
	}
	o.io.screen().Say(fmt.Sprintf("%d trainings", len(p.Lines)))
	return p.Write(o.io.out)
}
