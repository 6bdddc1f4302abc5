// Package baseline compares a nested adapter with other ways to adapters of the same ranks: it trains them for the
// adapter's own task, data and settings, keeps them in the adapter's run folder, and measures them.
package baseline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// Kind is a way to adapters of several ranks.
type Kind int

// The kinds. LoRA's scale is α/rank, with the adapter's own alpha, whatever the adapter's scaling is; R is the adapter's rank.
const (
	LoRA          Kind = iota // a training for each rank
	Cut                       // LoRA at R, of which the first ranks are taken as they are, with α/b
	SVD                       // LoRA at R, shrunk to the best approximation of each rank: adapter.Shrink
	SVDWeighted               // SVD, weighted by the inputs that the training data make
	SVD4R                     // SVD of LoRA at 4·R, or at the full rank of the projections if that is lower
	SVD4RWeighted             // SVD4R, weighted
	Matryoshka                // MatryoshkaLoRA (arXiv 2605.07850) at R: every step learns the sum of the ranks 1, 2, 4, … R
)

var kinds = enum.Names[Kind]{LoRA: "lora", Cut: "cut", SVD: "svd", SVDWeighted: "svd-weighted", SVD4R: "svd-4r", SVD4RWeighted: "svd-4r-weighted", Matryoshka: "matryoshka"}

// String is the kind's name.
func (k Kind) String() string { return kinds.String(k) }

// all are the kinds in their order.
var all = []Kind{LoRA, Cut, SVD, SVDWeighted, SVD4R, SVD4RWeighted, Matryoshka}

// ParseKinds reads names with commas between, or "all". Each kind comes once, in the order of the list. Errors are
// fault.Usage.
func ParseKinds(spec string) ([]Kind, error) {
	if strings.TrimSpace(spec) == "all" {
		return slices.Clone(all), nil
	}
	var list []Kind
	for name := range strings.SplitSeq(spec, ",") {
		k, err := kinds.Parse(strings.TrimSpace(name))
		if err != nil {
			return nil, fault.Usagef("baselines: %w, or all", err)
		}
		if !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list, nil
}

// shrinks and weighs say whether the ranks of the training are put in order first, and whether by its inputs.
func (k Kind) shrinks() bool { return k != LoRA && k != Cut && k != Matryoshka }
func (k Kind) weighs() bool  { return k == SVDWeighted || k == SVD4RWeighted }

// training is a training that baselines need.
type training struct {
	name string // of its folder
	rank int
	sums bool // MatryoshkaLoRA instead of LoRA
}

// says is what a training says of the settings that only a nested training has.
func (t training) says() map[string]any {
	if !t.sums {
		return map[string]any{"rank": t.rank, "r_min": t.rank, "eval_ranks": strconv.Itoa(t.rank)}
	}
	var list []string
	for _, r := range evaluate.PowerRanks(t.rank) {
		list = append(list, strconv.Itoa(r))
	}
	return map[string]any{"rank": t.rank, "gate": adapter.Matryoshka.String(), "sampler": "list:" + strings.Join(list, ",")}
}

// fourfold is the rank of SVD4R's training: more than any projection has there cannot be.
func fourfold(rank, full int) int { return min(4*rank, full) }

// trainings are those that a kind needs for some ranks, of an adapter of rank R on projections of a full rank.
func (k Kind) trainings(ranks []int, R, full int) (list []training) {
	at := func(rank int) training { return training{name: fmt.Sprintf("lora-r%d", rank), rank: rank} }
	switch k {
	case LoRA:
		for _, r := range ranks {
			list = append(list, at(r))
		}
		return list
	case Matryoshka:
		return []training{{name: fmt.Sprintf("matryoshka-r%d", R), rank: R, sums: true}}
	case SVD4R, SVD4RWeighted:
		return []training{at(fourfold(R, full))}
	}
	return []training{at(R)}
}
