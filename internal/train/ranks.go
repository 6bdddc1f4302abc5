package train

import (
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/seed"
)

// Sampler draws ranks. Rank is a pure function: the same seed and step give the same
// rank. Ranks lists what it can draw, ascending, and PMF the probability of each.
type Sampler interface {
	Rank(seed uint64, step int) int
	Ranks() []int
	PMF() []float64
}

// OnlyRank is a sampler that draws one rank.
type OnlyRank int

// Rank is that one.
func (r OnlyRank) Rank(uint64, int) int { return int(r) }

// Ranks is that one.
func (r OnlyRank) Ranks() []int { return []int{int(r)} }

// PMF is 1.
func (r OnlyRank) PMF() []float64 { return []float64{1} }

// Draw is how the sequences of one optimizer step come by their ranks.
type Draw int

// The draws.
const (
	// OneRank is the paper's: one rank for the whole step, all layers and all batches of
	// an accumulation window.
	OneRank Draw = iota
	// MixedRanks gives each sequence a rank of its own.
	MixedRanks
	// Sandwich gives a quarter of the sequences the smallest rank, a quarter the largest,
	// and the rest ranks of their own (the sandwich rule of Yu and Huang 2019).
	Sandwich
	// Distill runs each batch of a step twice: at full rank with its targets, and at the step's rank,
	// as OneRank draws it, with what the full rank has just answered as targets, through which no
	// gradient flows (in-place distillation of Yu and Huang 2019, and of SortedNet, Valipour et
	// al. 2023). The gradient is the mean of both. A step that draws the full rank runs once.
	Distill
)

var drawNames = enum.Names[Draw]{"one", "mixed", "sandwich", "distill"}

func (d Draw) known() bool { return drawNames.Known(d) }

// String is the name that ParseDraw reads.
func (d Draw) String() string { return drawNames.String(d) }

// MarshalText writes the name.
func (d Draw) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDraw reads "one", "mixed", "sandwich" or "distill".
func ParseDraw(name string) (Draw, error) {
	d, err := drawNames.Parse(name)
	if err != nil {
		return 0, fault.Usagef("ranks_per_step: %w", err)
	}
	return d, nil
}

// Rank is the rank of a sequence: position counts the sequences of the step, through all
// batches of its window. It is a function of its arguments and of what s can draw.
func (d Draw) Rank(s Sampler, runSeed uint64, step, position int) int {
	if d == OneRank || d == Distill {
		return s.Rank(runSeed, step)
	}
	if d == Sandwich {
		ranks := s.Ranks()
		switch position % 4 {
		case 0:
			return ranks[0]
		case 1:
			return ranks[len(ranks)-1]
		}
	}
	return s.Rank(stepSeed(runSeed, step), position)
}

// assign gives each sequence of a window its rank, one slice per batch.
func (d Draw) assign(s Sampler, seed uint64, step int, window []*data.Batch) [][]int {
	position := 0
	assigned := make([][]int, len(window))
	for i, b := range window {
		assigned[i] = make([]int, b.Len())
		for j := range assigned[i] {
			assigned[i][j] = d.Rank(s, seed, step, position)
			position++
		}
	}
	return assigned
}

// stepSeed is the seed of the draws within a step.
func stepSeed(runSeed uint64, step int) uint64 { return seed.Key(runSeed, "mixed", uint64(step)) }
