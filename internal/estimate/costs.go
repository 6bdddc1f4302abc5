package estimate

import (
	"math"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// The terms that are not counted. Measured with 'dylora bench' (docs/performance.md): products reach 69 % of the micro-kernel's
// rate in a step of RoBERTa-base (width 768) and 59 % in one of the built-in model (width 256), all else of the step included.
const (
	largestShare = 0.75 // of very wide models
	halfWidth    = 70   // at which half of it is reached
	startSeconds = 0.5  // of a process, without weights
	loadRate     = 4e8  // bytes of weights a second, read and packed
)

// share of the micro-kernel's rate that the products of a step reach, by the model's width.
func share(width int) float64 { return largestShare * float64(width) / float64(width+halfWidth) }

// costs counts what a training computes and keeps.
type costs struct {
	*subject
	r *settings.Resolved
}

// operations are those of the products of the whole training. Ranks below the highest count like it, which is at most a few per cent too much;
// evaluation counts each rank by itself, though a sweep shares what ranks have in common.
func (c *costs) operations() (float64, error) {
	ranks, err := c.r.EvalRanks()
	if err != nil {
		return 0, err
	}
	loop, err := c.r.LoopConfig()
	if err != nil {
		return 0, err
	}
	n := len(c.Train)
	perEpoch := ceil(ceil(n, c.r.Train.Batch), loop.Accumulate)
	epochs := float64(loop.Epochs)
	if most := loop.MaxSteps; most > 0 {
		epochs = min(epochs, float64(most)/float64(perEpoch))
	}
	trained := c.each(c.train, c.r.Adapter.Rank, true) * float64(n) * epochs
	if loop.RanksPerStep == train.Distill { // two passes a step
		trained *= 2
	}
	evaluations := math.Ceil(epochs)
	if loop.Best.Last() {
		evaluations = 1
	}
	sweep := func(of []int) (sum float64) {
		for _, rank := range ranks {
			sum += c.each(of, rank, false)
		}
		return sum
	}
	total := trained + evaluations*float64(len(c.Dev))*sweep(c.dev)
	if c.r.Train.Distill > 0 { // the answers of the full rank
		total += float64(n) * c.each(c.train, c.r.Adapter.Rank, false)
	}
	if c.r.Adapter.Heads == adapter.FittedHeads {
		total += float64(min(n, fittedExamples)) * sweep(c.train)
	}
	return total, nil
}

// fittedExamples are the most that fitted heads are fitted to.
const fittedExamples = 8192

// each are the operations of one sequence of a sample, on average.
func (c *costs) each(sample []int, rank int, learn bool) float64 {
	if len(sample) == 0 {
		return 0
	}
	offsets := make([]int32, 1, len(sample)+1)
	for _, l := range sample {
		offsets = append(offsets, offsets[len(offsets)-1]+int32(l))
	}
	o := model.Options{Labels: evaluate.Outputs(c.Task), Rank: rank, Train: learn, Adapt: func(module string) (model.Pair, bool) {
		for _, p := range c.Projections {
			if p.Name == module {
				return model.Pair{}, true
			}
		}
		return model.Pair{}, false
	}}
	return float64(c.Config.Flops(o, offsets).Total()) / float64(len(sample))
}

func ceil(n, by int) int { return (n + by - 1) / by }
