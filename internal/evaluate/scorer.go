package evaluate

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// Scorer computes logits (sequences, labels) of a packed batch, sequence i at rank
// ranks[i], 0 being the base model. The slice is valid until the next call. A sequence's
// logits must not depend on what else is in the batch.
type Scorer interface {
	Logits(b *data.Batch, ranks []int) ([]float32, error)
}

// Options of Run. The zero value is usable.
type Options struct {
	MaxTokens int              // tokens per call of the Scorer, 0: no bound; a sequence that is longer goes alone
	Progress  func(scored int) // after each batch: examples scored so far, at all ranks
}

// BaseTokens is how many tokens a batch may have so that its copies at the given number
// of ranks are maxTokens at most: the size to ask of the reader that feeds Run.
func BaseTokens(maxTokens, ranks int) int { return max(1, maxTokens/max(1, ranks)) }

// Run scores the batches at each of the ranks, 0 being the base model, in one pass over
// the data: each batch goes through the Scorer once per rank, as copies packed into one
// batch where MaxTokens lets them. Results are in the order of ranks.
//
// Logits that are NaN or Inf are an error of class Diverged that names the example.
func Run(ctx context.Context, s Scorer, batches iter.Seq[*data.Batch], t *data.Task, ranks []int, o Options) ([]Result, error) {
	results, err := Gather(ctx, s, batches, t.Outputs(), ranks, o)
	if err != nil {
		return nil, err
	}
	for i := range results {
		if results[i].Len() == 0 {
			return nil, fault.Invalidf("task %s: no examples to evaluate: check the split's file", t.Name)
		}
		if err := results[i].score(t); err != nil {
			return nil, fmt.Errorf("task %s: %w", t.Name, err)
		}
	}
	return results, nil
}

// Gather is Run without metrics, for a Scorer that gives outputs numbers for each sequence.
func Gather(ctx context.Context, s Scorer, batches iter.Seq[*data.Batch], outputs int, ranks []int, o Options) ([]Result, error) {
	results := make([]Result, len(ranks))
	for i, r := range ranks {
		results[i] = Result{Rank: r, Outputs: outputs}
	}
	var labels Result // Index, Classes and Scores, shared by all
	for b := range batches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := spread(ctx, s, b, results, o.MaxTokens); err != nil {
			return nil, err
		}
		labels.Index = append(labels.Index, b.Index...)
		labels.Classes = append(labels.Classes, b.Classes...)
		labels.Scores = append(labels.Scores, b.Scores...)
		if o.Progress != nil {
			o.Progress(labels.Len())
		}
	}
	if err := ctx.Err(); err != nil { // a reader that stopped early looks like the split's end
		return nil, err
	}
	for i := range results {
		results[i].Index, results[i].Classes, results[i].Scores = labels.Index, labels.Classes, labels.Scores
	}
	arrange(results)
	return results, nil
}

// spread appends the logits of b at every result's rank, as many ranks at a time as
// maxTokens lets.
func spread(ctx context.Context, s Scorer, b *data.Batch, results []Result, maxTokens int) error {
	together := len(results)
	if maxTokens > 0 && b.Tokens() > 0 {
		together = max(1, min(together, maxTokens/b.Tokens()))
	}
	for len(results) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := results[:min(together, len(results))]
		results = results[len(now):]
		copies := repeat(b, len(now))
		ranks := make([]int, 0, copies.Len())
		for _, r := range now {
			for range b.Len() {
				ranks = append(ranks, r.Rank)
			}
		}
		logits, err := s.Logits(copies, ranks)
		if err != nil {
			return err
		}
		if err := share(logits, b, now); err != nil {
			return err
		}
	}
	return nil
}

// repeat is b n times over in one packed batch: the first copy, the second, ….
func repeat(b *data.Batch, n int) *data.Batch {
	if n == 1 {
		return b
	}
	c := &data.Batch{
		Copies:  n,
		IDs:     make([]int32, 0, n*len(b.IDs)),
		Offsets: append(make([]int32, 0, n*b.Len()+1), 0),
	}
	for range n {
		start := int32(len(c.IDs))
		for _, end := range b.Offsets[1:] {
			c.Offsets = append(c.Offsets, start+end)
		}
		c.IDs, c.Types = append(c.IDs, b.IDs...), append(c.Types, b.Types...)
		c.Classes = append(c.Classes, b.Classes...)
		c.Scores = append(c.Scores, b.Scores...)
		c.Index = append(c.Index, b.Index...)
	}
	return c
}

// share appends each copy's rows of logits to its result, checked to be finite.
func share(logits []float32, b *data.Batch, results []Result) error {
	width := results[0].Outputs
	if want := len(results) * b.Len() * width; len(logits) != want {
		return fmt.Errorf("scorer: %d logits for %d sequences of %d outputs", len(logits), len(results)*b.Len(), width)
	}
	for i := range results {
		rows := logits[i*b.Len()*width : (i+1)*b.Len()*width]
		for j, v := range rows {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				return fault.Errorf(fault.Diverged, "example %d at rank %d: logit %d is %v: the weights have diverged, use an earlier checkpoint or a lower learning rate",
					b.Index[j/width], results[i].Rank, j%width, v)
			}
		}
		results[i].Logits = append(results[i].Logits, rows...)
	}
	return nil
}
