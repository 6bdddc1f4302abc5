package flagset

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/cluster"
	"github.com/dylora/dylora/internal/estimate"
	"github.com/dylora/dylora/internal/fault"
)

// Cluster is what the flags of a plan say of where it is to be trained.
type Cluster struct {
	Array   cluster.Array // without the plan's part
	Predict bool          // time and memory of each training

	rate              float64 // GFLOP/s of a thread
	slurm, kubernetes bool
}

// AddCluster defines the flags.
func AddCluster(cmd *cobra.Command, c *Cluster) {
	f := cmd.Flags()
	f.BoolVar(&c.Predict, "predict", false, "add the time and the memory that each training is expected to take; it reads data and configurations that are here, and downloads nothing")
	f.Float64Var(&c.rate, "rate", 0, "with --predict: `GFLOP/s` of a thread of the machine that is to train, as the peak of 'dylora bench' says; 0: this one's, measured")
	f.IntVar(&c.Array.CPUs, "cpus", 0, "`processors` of each training in predictions and on a cluster; 0: all of this machine")
	f.BoolVar(&c.slurm, "slurm", false, "write a script for sbatch that trains the plan as an array")
	f.BoolVar(&c.kubernetes, "kubernetes", false, "write an Indexed Job for kubectl apply")
	f.IntVar(&c.Array.AtOnce, "at-once", 0, "on a cluster: `trainings` at a time; 0: as many as it has room for")
	f.Float64Var(&c.Array.Margin, "margin", 1.5, "on a cluster: time and memory to ask for, as a `multiple` of what is predicted")
	f.StringVar(&c.Array.Image, "image", "dylora:latest", "with --kubernetes: `image` with dylora")
	f.StringVar(&c.Array.Claim, "claim", "dylora", "with --kubernetes: `name` of the PersistentVolumeClaim with the plan, its data and the run folders")
}

// Engine is the one that a file is written for; "": none.
func (c *Cluster) Engine() cluster.Kind {
	switch {
	case c.slurm:
		return cluster.Slurm
	case c.kubernetes:
		return cluster.Kubernetes
	}
	return ""
}

// On is the array with the processors that it has by default.
func (c *Cluster) On() cluster.Array {
	a := c.Array
	if a.CPUs == 0 {
		a.CPUs = runtime.GOMAXPROCS(0)
	}
	return a
}

// Machine is the one that trainings are predicted for.
func (c *Cluster) Machine() estimate.Machine {
	return estimate.Machine{CPUs: c.On().CPUs, Rate: c.rate * 1e9}
}

// Check refuses flags that would do nothing, and numbers that mean nothing.
func (c *Cluster) Check(cmd *cobra.Command) error {
	if c.slurm && c.kubernetes {
		return fault.Usagef("--slurm and --kubernetes exclude each other: write one file after the other")
	}
	needs := map[string]bool{"rate": c.Predict || c.Engine() != "", "cpus": c.Predict || c.Engine() != "", "at-once": c.Engine() != "", "margin": c.Engine() != "", "image": c.kubernetes, "claim": c.kubernetes}
	for _, name := range []string{"rate", "cpus", "at-once", "margin", "image", "claim"} {
		if cmd.Flags().Changed(name) && !needs[name] {
			return fault.Usagef("--%s has no use here: it goes with %s", name, map[bool]string{true: "--kubernetes", false: "--predict, --slurm or --kubernetes"}[name == "image" || name == "claim"])
		}
	}
	if !(c.rate >= 0 && c.rate < 1e6) {
		return fault.Usagef("--rate: %v is no rate in GFLOP/s", c.rate)
	}
	a := c.On()
	return a.Check(c.Engine())
}
