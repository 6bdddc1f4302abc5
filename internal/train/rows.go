package train

import (
	"math"

	"github.com/dylora/dylora/internal/enum"
	"github.com/dylora/dylora/internal/fault"
)

// RowLR is how the learning rates of the rows of A and the columns of B differ.
type RowLR int

// The kinds.
const (
	// PaperRows learn alike, as in the DyLoRA paper.
	PaperRows RowLR = iota
	// FrequencyRows learn the faster the fewer draws of a rank train them: see rowRates.
	FrequencyRows
)

var rowNames = enum.Names[RowLR]{"paper", "frequency"}

// String is the name that ParseRowLR reads.
func (r RowLR) String() string { return rowNames.String(r) }

// MarshalText writes the name.
func (r RowLR) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ParseRowLR reads "paper" or "frequency".
func ParseRowLR(name string) (RowLR, error) {
	r, err := rowNames.Parse(name)
	if err != nil {
		return 0, fault.Usagef("row_lr: %w", err)
	}
	return r, nil
}

// rowRates are the factors of the learning rate of ranks 1 to rank in the steps that train nested
// ranks: 1/√p, p being the probability that a draw of s trains the row; 1 for a row that none trains. nil
// stands for factors of 1.
//
// A row whose gradient is g in a share p of the steps and 0 in the others has moments p·E[g] and p·E[g²], so
// that AdamW moves it by √p of what it would move in steps that all train it; the factor makes up for
// that. Of steps that mix ranks, p is the share of the gradient: there noise shrinks with √p where it
// decides. In mode strict a row takes part in a share p of the updates instead, whole. The decay
// stays that of all rows, for it acts in every step.
func rowRates(c Config, s Sampler, rank int) []float64 {
	if c.RowLR == PaperRows {
		return nil
	}
	trained := make([]float64, rank+1) // by rank; the last one is above all
	for i, p := range c.RanksPerStep.pmf(s) {
		trained[s.Ranks()[i]-1] = p
	}
	if c.RanksPerStep == Distill { // half of the gradient is the full rank's, in every step
		for i := range trained {
			trained[i] /= 2
		}
		trained[rank-1] += 0.5
	}
	rates := make([]float64, rank)
	for i := rank - 1; i >= 0; i-- {
		if !c.OwnRow { // a draw trains all rows up to its rank
			trained[i] += trained[i+1]
		}
		rates[i] = 1
		if trained[i] > 0 {
			rates[i] = 1 / math.Sqrt(trained[i])
		}
	}
	return rates
}

// pmf is the probability of each of s.Ranks for a sequence that is drawn so.
func (d Draw) pmf(s Sampler) []float64 {
	pmf := s.PMF()
	if d == Sandwich { // as Rank has it: a quarter, a quarter, and the rest
		for i := range pmf {
			pmf[i] /= 2
		}
		pmf[0] += 0.25
		pmf[len(pmf)-1] += 0.25
	}
	return pmf
}
