package adapter

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/seed"
)

// paperP is the parameter of the geometric distribution in the DyLoRA paper.
const paperP = 0.15

// Sampler draws the rank of a training step.
type Sampler struct {
	spec  string
	ranks []int
	pmf   []float64
}

// NewSampler reads a distribution over the ranks from rmin to rmax:
//
//	uniform           all alike
//	log-uniform       P(r) ∝ log((r+block)/r): a number whose logarithm is uniform, rounded down
//	geometric[:p]     P(r) ∝ (1-p)^r, truncated and renormalised; p = 0.15 as in the paper
//	pmf:w,w,…         one weight for each rank from rmin to rmax
//	list:r,r,…        these ranks, all alike
//
// Behind any of them, +R:p gives rmax more weight: with probability p it is rmax, else what
// stands before decides. block keeps only its multiples (1 keeps all), which must include
// rmax, lest the last rows are never trained.
//
// Log-uniform gives each doubling of the rank the same weight, about as 1/r does, but ranks
// 2 and 3 together have exactly that of rank 1, and a block changes none of the weights of
// the doublings above it.
func NewSampler(spec string, rmin, rmax, block int) (*Sampler, error) {
	switch {
	case rmin < 1 || rmin > rmax:
		return nil, fault.Usagef("ranks %d to %d: the lowest must be at least 1 and no higher than the highest", rmin, rmax)
	case block < 1 || rmax%block != 0:
		return nil, fault.Usagef("rank block %d does not divide the rank %d", block, rmax)
	}
	base, top, err := parseTop(spec)
	if err != nil {
		return nil, err
	}
	weight, full, err := parseSpec(base, rmin, rmax, block)
	if err != nil {
		return nil, err
	}
	s := &Sampler{spec: full}
	sum := 0.0
	for r := rmin; r <= rmax; r++ {
		if w := weight(r); w > 0 && r%block == 0 {
			s.ranks, s.pmf = append(s.ranks, r), append(s.pmf, w)
			sum += w
		}
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return nil, fault.Usagef("rank sampler %q: the weights add up to %v", spec, sum)
	}
	for i := range s.pmf {
		s.pmf[i] /= sum
	}
	if top > 0 {
		s.raise(rmax, top)
	}
	return s, nil
}

// topMark separates a distribution from the weight that the highest rank gets beside it.
const topMark = "+R:"

// parseTop splits a spec into the distribution and the probability of the highest rank beside
// it, 0 where the spec says none.
func parseTop(spec string) (base string, top float64, err error) {
	base, text, given := strings.Cut(spec, topMark)
	if !given {
		return spec, 0, nil
	}
	if top, err = strconv.ParseFloat(text, 64); err != nil || !(top > 0 && top < 1) {
		return "", 0, fault.Usagef("rank sampler %q: %q behind %s is not between 0 and 1", spec, text, topMark)
	}
	return base, top, nil
}

// raise mixes the distribution with rank highest, which has the probability top in the mixture
// and may have had none before.
func (s *Sampler) raise(highest int, top float64) {
	s.spec += topMark + strconv.FormatFloat(top, 'g', -1, 64)
	if s.ranks[len(s.ranks)-1] != highest {
		s.ranks, s.pmf = append(s.ranks, highest), append(s.pmf, 0)
	}
	for i := range s.pmf {
		s.pmf[i] *= 1 - top
	}
	s.pmf[len(s.pmf)-1] += top
}

// parseSpec returns the weight of each rank, before normalising, and the spec in full.
func parseSpec(spec string, rmin, rmax, block int) (weight func(r int) float64, full string, err error) {
	kind, args, given := strings.Cut(spec, ":")
	switch {
	case kind == "uniform" && !given:
		return func(int) float64 { return 1 }, kind, nil
	case kind == "log-uniform" && !given:
		return func(r int) float64 { return math.Log1p(float64(block) / float64(r)) }, kind, nil
	case kind == "geometric":
		p := paperP
		if given {
			if p, err = strconv.ParseFloat(args, 64); err != nil || !(p > 0 && p < 1) {
				return nil, "", fault.Usagef("rank sampler %q: %q is not between 0 and 1", spec, args)
			}
		}
		full = "geometric:" + strconv.FormatFloat(p, 'g', -1, 64)
		return func(r int) float64 { return math.Pow(1-p, float64(r-rmin)) }, full, nil
	case kind == "pmf" && given:
		weight, err = parseWeights(spec, args, rmin, rmax)
		return weight, spec, err
	case kind == "list" && given:
		weight, err = parseList(spec, args, rmin, rmax, block)
		return weight, spec, err
	}
	return nil, "", fault.Usagef("unknown rank sampler %q: it is uniform, log-uniform, geometric, geometric:P, pmf:W,W,… or list:R,R,…, with +R:P behind it or not", spec)
}

func parseWeights(spec, args string, rmin, rmax int) (func(r int) float64, error) {
	fields := strings.Split(args, ",")
	if len(fields) != rmax-rmin+1 {
		return nil, fault.Usagef("rank sampler %q: %d weights for the %d ranks from %d to %d", spec, len(fields), rmax-rmin+1, rmin, rmax)
	}
	weights := make([]float64, len(fields))
	for i, f := range fields {
		w, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || !(w >= 0) || math.IsInf(w, 1) {
			return nil, fault.Usagef("rank sampler %q: weight %q is not a number of at least 0", spec, f)
		}
		weights[i] = w
	}
	return func(r int) float64 { return weights[r-rmin] }, nil
}

func parseList(spec, args string, rmin, rmax, block int) (func(r int) float64, error) {
	listed := map[int]bool{}
	for f := range strings.SplitSeq(args, ",") {
		r, err := strconv.Atoi(strings.TrimSpace(f))
		switch {
		case err != nil || r < rmin || r > rmax:
			return nil, fault.Usagef("rank sampler %q: %q is not a rank from %d to %d", spec, f, rmin, rmax)
		case r%block != 0:
			return nil, fault.Usagef("rank sampler %q: rank %d is not a multiple of the block %d", spec, r, block)
		case listed[r]:
			return nil, fault.Usagef("rank sampler %q: rank %d is listed twice", spec, r)
		}
		listed[r] = true
	}
	return func(r int) float64 {
		if listed[r] {
			return 1
		}
		return 0
	}, nil
}

// Rank is the rank of a step: a pure function of the run's seed and the step, so resuming needs no
// generator state.
func (s *Sampler) Rank(runSeed uint64, step int) int {
	u := seed.Unit(seed.Hashed(runSeed, "rank", strconv.Itoa(step)).Uint64())
	for i, p := range s.pmf[:len(s.pmf)-1] {
		if u -= p; u < 0 {
			return s.ranks[i]
		}
	}
	return s.ranks[len(s.ranks)-1]
}

// Ranks are those that can be drawn, ascending.
func (s *Sampler) Ranks() []int { return slices.Clone(s.ranks) }

// PMF is the probability of each of Ranks.
func (s *Sampler) PMF() []float64 { return slices.Clone(s.pmf) }

// String is the distribution as NewSampler reads it, with its parameters in full.
func (s *Sampler) String() string { return s.spec }
