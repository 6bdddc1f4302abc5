package evaluate

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// ParseRanks reads a list of ranks of an adapter of rank R: numbers and ranges such as
// "1,2,4-8", or "all". The ranks come sorted, each once. Errors are of class Usage. A whole model, R = 0,
// has rank 0 alone.
func ParseRanks(spec string, R int) ([]int, error) {
	if R == 0 {
		if text := strings.TrimSpace(spec); text != "all" && text != "0" {
			return nil, fault.Usagef("ranks: %s: a whole model has rank 0 alone", text)
		}
		return []int{0}, nil
	}
	if strings.TrimSpace(spec) == "all" {
		spec = "1-" + strconv.Itoa(R)
	}
	var ranks []int
	for item := range strings.SplitSeq(spec, ",") {
		from, to, err := parseRange(strings.TrimSpace(item), R)
		if err != nil {
			return nil, err
		}
		for r := from; r <= to; r++ {
			ranks = append(ranks, r)
		}
		if len(ranks) > 2*R { // a list that repeats itself stays as small as R
			ranks = sortedSet(ranks)
		}
	}
	return sortedSet(ranks), nil
}

// PowerRanks is 1, 2, 4, … and R itself: the ranks that training watches.
func PowerRanks(R int) []int {
	var ranks []int
	for r := 1; r < R; r *= 2 {
		ranks = append(ranks, r)
	}
	return append(ranks, R)
}

func parseRange(item string, R int) (from, to int, err error) {
	if item == "" {
		return 0, 0, fault.Usagef(`ranks: empty item: write a list such as "1,2,4-8", or "all"`)
	}
	low, high, isRange := strings.Cut(item, "-")
	if from, err = parseRank(low, item, R); err != nil {
		return 0, 0, err
	}
	if !isRange {
		return from, from, nil
	}
	if to, err = parseRank(high, item, R); err != nil {
		return 0, 0, err
	}
	if from > to {
		return 0, 0, fault.Usagef("ranks: %q runs downwards: write %d-%d", item, to, from)
	}
	return from, to, nil
}

func parseRank(s, item string, R int) (int, error) {
	r, err := strconv.Atoi(strings.TrimSpace(s))
	switch {
	case err != nil:
		return 0, fault.Usagef(`ranks: %q is not a rank or a range: write a list such as "1,2,4-8", or "all"`, item)
	case r < 1:
		return 0, fault.Usagef("ranks: rank %d: ranks count from 1, choose 1 to %d", r, R)
	case r > R:
		return 0, fault.Usagef("ranks: rank %d is above the adapter's rank: choose 1 to %d", r, R)
	}
	return r, nil
}

func sortedSet(ranks []int) []int {
	slices.Sort(ranks)
	return slices.Compact(ranks)
}
