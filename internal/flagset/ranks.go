package flagset

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// Ranks is a list of ranks of an adapter: "4", "1,2,4-8" or "all".
type Ranks struct {
	Flag string // as it was given, for messages
	Spec string
}

// maxRank bounds a list of ranks before the adapter is known.
const maxRank = 1 << 16

// AddRanks defines --rank, and --ranks as the same; spec is the default.
func AddRanks(cmd *cobra.Command, r *Ranks, spec, usage string) {
	r.Flag = "--rank"
	cmd.Flags().StringVarP(&r.Spec, "rank", "r", spec, usage)
	cmd.Flags().StringVar(&r.Spec, "ranks", spec, "the same as --rank")
	OwnMeaning(cmd, "rank")
	if spec == "" {
		cmd.Flags().Lookup("ranks").Hidden = true
	}
}

// Check refuses a list of ranks that no adapter has; whether this one has them is for later.
func (r *Ranks) Check(cmd *cobra.Command) error {
	one, list := cmd.Flags().Changed("rank"), cmd.Flags().Changed("ranks")
	switch {
	case one && list:
		return fault.Usagef("--rank and --ranks are the same: give one of them")
	case list:
		r.Flag = "--ranks"
	}
	if !one && !list {
		return nil
	}
	if _, err := evaluate.ParseRanks(r.Spec, maxRank); err != nil {
		return r.fault(err)
	}
	return nil
}

// Of are the ranks of an adapter of rank R, ascending; without a list those of fallback, and
// for "" R alone.
func (r *Ranks) Of(rank int, fallback string) ([]int, error) {
	spec := cmp.Or(r.Spec, fallback, strconv.Itoa(rank))
	ranks, err := evaluate.ParseRanks(spec, rank)
	if err != nil {
		return nil, r.fault(err)
	}
	return ranks, nil
}

func (r *Ranks) fault(err error) error {
	return fault.Usagef("%s: %s", r.Flag, strings.TrimPrefix(err.Error(), "ranks: "))
}
