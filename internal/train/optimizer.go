package train

import (
	"math"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

// Optimizer is AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW computes it: the
// decay is applied to the weights before the step, and the moments are float32.
//
// A strict optimizer touches only the rows of A and the columns of B of a step's ranks:
// value, moments and decay of all others stay. Each rank then has a step count of its own,
// since the moments of rank b are sums of as many terms as b had steps. With the run's
// count, a rank first drawn late would move by (1-β1)/√(1-β2) = 3.2 times the learning
// rate, for nothing is left of the correction. The head takes part in every step.
//
// The heads of single ranks (Param.PerRank) are updated so in every mode: those of the step's
// ranks, each with its own count.
type Optimizer struct {
	machine *kernel.Machine
	config  Config
	m, v    [][]float32 // moments, as the parameters
	steps   int         // taken
	phase   int         // so many first steps had the full rank alone and updated all rows
	restart bool        // the moments of A and B began anew behind them
	rates   []float64   // factors of the learning rate of each rank behind the phase; nil: 1
	counts  []int       // steps of rank i+1, if they are counted by rank: strict, or with heads by rank

	column [4][]float32 // scratch: one column of value, gradient and moments
}

// NewOptimizer starts with zero moments for params; mc computes its steps.
func NewOptimizer(mc *kernel.Machine, c Config, params []program.Param) *Optimizer {
	o := &Optimizer{machine: mc, config: c}
	ranks, longest, byRank := 0, 0, c.Strict
	for _, p := range params {
		o.m = append(o.m, make([]float32, len(p.Value)))
		o.v = append(o.v, make([]float32, len(p.Value)))
		if p.RankAxis >= 0 {
			ranks = max(ranks, p.Shape[p.RankAxis])
		}
		if p.PerRank {
			ranks, byRank = max(ranks, p.Shape[0]), true
		}
		if p.RankAxis == 1 {
			longest = max(longest, p.Shape[0])
		}
	}
	if byRank {
		o.counts = make([]int, ranks)
	}
	if c.Strict || c.RowLR != PaperRows {
		for i := range o.column {
			o.column[i] = make([]float32, longest)
		}
	}
	return o
}

// Step updates every parameter with its gradient, at a learning rate, and clears the
// gradients. params are NewOptimizer's, in the same order; their gradients may lie
// elsewhere than before. ranks are the step's, each once: all that a strict optimizer
// updates, of no effect otherwise.
func (o *Optimizer) Step(params []program.Param, lr float64, ranks []int) {
	o.steps++
	if o.counts != nil {
		for _, r := range ranks {
			o.counts[r-1]++
		}
	}
	nested := o.steps > o.phase
	for i, p := range params {
		switch {
		case p.PerRank, p.RankAxis >= 0 && nested && o.config.Strict:
			for _, r := range ranks {
				o.rank(i, p, r, o.rule(lr, p, r, o.countOf(p, r)))
			}
		case p.RankAxis >= 0 && nested && o.rates != nil:
			for r := 1; r <= p.Shape[p.RankAxis]; r++ {
				o.rank(i, p, r, o.rule(lr, p, r, o.count(p)))
			}
		default:
			o.machine.AdamW(o.adamW(lr, p, o.count(p)), p.Value, p.Grad, o.m[i], o.v[i])
		}
		clear(p.Grad)
	}
}

// rule is adamW with the learning rate of a rank of A or B. The decay is that of all ranks.
func (o *Optimizer) rule(lr float64, p program.Param, rank, t int) kernel.AdamW {
	rule := o.adamW(lr, p, t)
	if o.rates != nil && !p.PerRank {
		rule.LR *= o.rates[rank-1]
		rule.WeightDecay /= o.rates[rank-1]
	}
	return rule
}

// rank updates one rank of an A or B, or the head of one.
func (o *Optimizer) rank(i int, p program.Param, rank int, rule kernel.AdamW) {
	if p.RankAxis == 1 {
		o.columnOf(i, p, rank-1, rule)
		return
	}
	o.row(i, p, rank-1, rule)
}

// count is the number of steps that the moments of p are sums of, the same for all of its elements.
func (o *Optimizer) count(p program.Param) int {
	if p.RankAxis >= 0 && o.restart && o.steps > o.phase {
		return o.steps - o.phase
	}
	return o.steps
}

// countOf is that number for a rank of p, if steps are counted by rank. Those of the phase are counted
// as steps of the full rank, and for A and B they were steps of every rank.
func (o *Optimizer) countOf(p program.Param, rank int) int {
	t := o.counts[rank-1]
	if p.PerRank || o.phase == 0 {
		return t
	}
	if rank == len(o.counts) {
		t -= o.phase
	}
	if !o.restart {
		t += o.phase
	}
	return t
}

// adamW is the rule for p's step number t, from 1. B has a learning rate of its own: LRRatioB times
// that of A and the head (LoRA+, Hayou et al. 2024, section 4), decay included, as groups of
// parameters have it in PyTorch and in PEFT's create_loraplus_optimizer.
func (o *Optimizer) adamW(lr float64, p program.Param, t int) kernel.AdamW {
	c := o.config
	if p.RankAxis == 1 {
		lr *= c.LRRatioB
	}
	rule := kernel.AdamW{
		LR: lr, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps,
		Correction1: 1 - math.Pow(c.Beta1, float64(t)),
		Correction2: 1 - math.Pow(c.Beta2, float64(t)),
	}
	if p.Decay {
		rule.WeightDecay = c.WeightDecay
	}
	return rule
}

// row updates one row of an A, or the head of one rank.
func (o *Optimizer) row(i int, p program.Param, row int, rule kernel.AdamW) {
	from, to := row*p.Shape[1], (row+1)*p.Shape[1]
	o.machine.AdamW(rule, p.Value[from:to], p.Grad[from:to], o.m[i][from:to], o.v[i][from:to])
}

// columnOf updates one column of a B, by way of contiguous copies.
func (o *Optimizer) columnOf(i int, p program.Param, col int, rule kernel.AdamW) {
	rows, width := p.Shape[0], p.Shape[1]
	full := [4][]float32{p.Value, p.Grad, o.m[i], o.v[i]}
	for k, x := range full {
		for row := range rows {
			o.column[k][row] = x[row*width+col]
		}
	}
	o.machine.AdamW(rule, o.column[0][:rows], o.column[1][:rows], o.column[2][:rows], o.column[3][:rows])
	for k, x := range full {
		for row := range rows {
			x[row*width+col] = o.column[k][row]
		}
	}
}

// GradNorm is the norm of all gradients as one vector, summed in float64 in the order of
// params.
func GradNorm(mc *kernel.Machine, params []program.Param) float64 {
	sum := 0.0
	for _, p := range params {
		sum += mc.SumSquares(p.Grad)
	}
	return math.Sqrt(sum)
}

// Clip scales the gradients, whose norm is given, as torch.nn.utils.clip_grad_norm_ does:
// by limit / (norm + 1e-6), and never up.
func Clip(mc *kernel.Machine, params []program.Param, norm, limit float64) {
	scale := limit / (norm + 1e-6)
	if scale >= 1 {
		return
	}
	for _, p := range params {
		mc.Scale(p.Grad, float32(scale))
	}
}

// valueNorm is not finite if any of the values is not.
func valueNorm(mc *kernel.Machine, params []program.Param) float64 {
	sum := 0.0
	for _, p := range params {
		sum += mc.SumSquares(p.Value)
	}
	return math.Sqrt(sum)
}
