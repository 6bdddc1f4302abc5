package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// adapterArg is the adapter that a command works on.
type adapterArg struct {
	path   string // run folder, PEFT folder or loralib's file
	read   adapter.Options
	models bool // whole models are taken, too, as rank 0
}

// addAdapterArg lets cmd take an adapter, as its first argument or by --adapter, and defines
// how adapters from elsewhere are read.
func addAdapterArg(cmd *cobra.Command, a *adapterArg) {
	cmd.Use += " [ADAPTER]"
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > 1:
			return fault.Usagef("unexpected argument %q: one adapter at a time", args[1])
		case len(args) == 1 && cmd.Flags().Changed("adapter"):
			return fault.Usagef("the adapter is given twice: as %q and by --adapter", args[0])
		case len(args) == 1:
			a.path = args[0]
		}
		return nil
	}
	cmd.Flags().StringVarP(&a.path, "adapter", "a", session.LatestRun, "run `folder`, any PEFT folder, or loralib's .bin file; also the first argument")
	cmd.Flags().BoolVar(&a.read.AllowPickle, "allow-pickle", false, "read weights in Python's pickle format, by an allow-list")
	cmd.Flags().Float64Var(&a.read.Alpha, "lora-alpha", 0, "`alpha` of a loralib file, which does not say it")
}

// open reads the adapter.
func (a *adapterArg) open(io *streams) (*session.StoredAdapter, error) {
	if a.models {
		return session.OpenAdapterOrModel(io.env(), a.path, a.read)
	}
	return session.OpenAdapter(io.env(), a.path, a.read)
}

// openAt reads the adapter and tells which of its ranks are asked for.
func (a *adapterArg) openAt(io *streams, r *flagset.Ranks, fallback string) (*session.StoredAdapter, []int, error) {
	stored, err := a.open(io)
	if err != nil {
		return nil, nil, err
	}
	ranks, err := r.Of(stored.Adapter.Rank, fallback)
	return stored, ranks, err
}

// baseArgs are the arguments of every command that computes with an adapter on its base model.
type baseArgs struct {
	adapterArg
	forceBase bool // take an adapter made for other weights
	layers    []*settings.Layer
}

// addBaseArgs defines the adapter and the settings needed to compute with it.
func addBaseArgs(cmd *cobra.Command, b *baseArgs) {
	addAdapterArg(cmd, &b.adapterArg)
	cmd.Flags().BoolVar(&b.forceBase, "force-base", false, "use the adapter with a base model it was not trained on")
	flagset.AddConfig(cmd)
	flagset.AddSettings(cmd.Flags(), settings.Scoped("files", "remembered")...)
	flagset.AddSettings(cmd.Flags(), "task", "allow_changed_data", "labels", "threshold", "data_dir", "model", "revision", "insecure", "max_length", "max_eval_examples", "threads", "kernel")
}

// options are those of session.Open as far as the flags say them.
func (b *baseArgs) options() session.Options {
	return session.Options{Layers: b.layers, ForceBase: b.forceBase}
}
