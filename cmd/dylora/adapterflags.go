package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// adapterArg is the adapter that a command works on.
type adapterArg struct {
	path string // run folder, PEFT folder or loralib's file
	read adapter.Options
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
	return session.OpenAdapter(io.env(), a.path, a.read)
}

// openAt reads the adapter and tells which of its ranks are asked for.
func (a *adapterArg) openAt(io *streams, r *ranksArg, fallback string) (*session.StoredAdapter, []int, error) {
	stored, err := a.open(io)
	if err != nil {
		return nil, nil, err
	}
	ranks, err := r.of(stored.Adapter.Rank, fallback)
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
	addConfigFlag(cmd)
	addSettings(cmd.Flags(), settings.Scoped("files")...)
	addSettings(cmd.Flags(), "task", "labels", "threshold", "data_dir", "model", "revision", "max_length", "max_eval_examples", "threads", "kernel")
}

// options are those of session.Open as far as the flags say them.
func (b *baseArgs) options() session.Options {
	return session.Options{Layers: b.layers, ForceBase: b.forceBase}
}

// ranksArg is a list of ranks of an adapter: "4", "1,2,4-8" or "all".
type ranksArg struct {
	flag string // as it was given, for messages
	spec string
}

// maxRank bounds a list of ranks before the adapter is known.
const maxRank = 1 << 16

// addRanks defines --rank, and --ranks as the same; spec is the default.
func addRanks(cmd *cobra.Command, r *ranksArg, spec, usage string) {
	r.flag = "--rank"
	cmd.Flags().StringVarP(&r.spec, "rank", "r", spec, usage)
	cmd.Flags().StringVar(&r.spec, "ranks", spec, "the same as --rank")
	ownMeaning(cmd, "rank")
	if spec == "" {
		cmd.Flags().Lookup("ranks").Hidden = true
	}
}

// check refuses a list of ranks that no adapter has; whether this one has them is for later.
func (r *ranksArg) check(cmd *cobra.Command) error {
	one, list := cmd.Flags().Changed("rank"), cmd.Flags().Changed("ranks")
	switch {
	case one && list:
		return fault.Usagef("--rank and --ranks are the same: give one of them")
	case list:
		r.flag = "--ranks"
	}
	if !one && !list {
		return nil
	}
	if _, err := evaluate.ParseRanks(r.spec, maxRank); err != nil {
		return r.fault(err)
	}
	return nil
}

// of are the ranks of an adapter of rank R, ascending; without a list those of fallback, and
// for "" R alone.
func (r *ranksArg) of(rank int, fallback string) ([]int, error) {
	spec := cmp.Or(r.spec, fallback, strconv.Itoa(rank))
	ranks, err := evaluate.ParseRanks(spec, rank)
	if err != nil {
		return nil, r.fault(err)
	}
	return ranks, nil
}

func (r *ranksArg) fault(err error) error {
	return fault.Usagef("%s: %s", r.flag, strings.TrimPrefix(err.Error(), "ranks: "))
}
