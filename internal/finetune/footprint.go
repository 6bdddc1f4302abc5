package finetune

import (
	"context"
	"math"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tokenizer"
)

// sampleSize is how many examples of a split are tokenised to know their lengths; the others are like them.
const sampleSize = 256

// Lengths are the tokens of some of the examples, taken evenly.
func Lengths(ctx context.Context, t *tokenizer.Tokenizer, maxLength int, examples []data.Example) (n []int) {
	some := examples
	if len(examples) > sampleSize {
		some = make([]data.Example, sampleSize)
		for i := range some {
			some[i] = examples[i*len(examples)/sampleSize]
		}
	}
	stream := data.Encode(ctx, t, some, maxLength)
	defer stream.Close()
	for i := range stream.Len() {
		n = append(n, len(stream.At(i).IDs))
	}
	return n
}

// What the memory of a training has beside its graphs.
const (
	perExample   = 200 // bytes of an example and its tokens, without texts and ids
	ofParameter  = 9   // copies of what is trained: value, gradient, two moments, best value, and those being written
	largestQuick = 4.0 // standard deviations that the largest batch of a long training is above the mean, at most
)

// Footprint is the memory that a training is expected to have in use at its peak, from the tokens of some of its examples.
func (s *Survey) Footprint(r *settings.Resolved, lengths []int) session.Footprint {
	o := s.options(r)
	o.Train, o.Dropout = true, true
	o.Rows, o.Sequences = s.largest(r, lengths)
	f := session.WeightsFootprint(r.Data.Model, s.Config, r.Machine.Precision)
	ranks, _ := r.EvalRanks() // which are refused elsewhere
	f.Heap += s.Config.GraphBytes(o) + session.EvaluationBytes(s.Config, s.options(r), session.EvaluatedTokens(s.Dev, s.MaxLength, len(ranks)))
	trained := int64(0)
	for _, p := range s.Projections {
		trained += int64(r.Adapter.Rank) * int64(p.In+p.Out)
	}
	trained += int64(s.Config.HeadParameters(o.Labels)) * int64(max(o.Heads, 1))
	copies := int64(ofParameter)
	if r.Train.Loop.MicroBatches > 1 {
		copies += int64(math.Ceil(math.Log2(float64(r.Train.Loop.MicroBatches))))
	}
	f.Heap += 4 * trained * copies
	tokens := 0.0
	for _, l := range lengths {
		tokens += float64(l) / float64(len(lengths))
	}
	for _, examples := range [][]data.Example{s.Train, s.Dev} {
		f.Heap += int64(len(examples)) * int64(perExample+4*tokens)
		for _, e := range examples {
			f.Heap += int64(len(e.A))
			if e.B != nil {
				f.Heap += int64(len(*e.B))
			}
		}
	}
	return f.WithGarbage()
}

// options are those of the graphs but for their size.
func (s *Survey) options(r *settings.Resolved) model.Options {
	heads := 0
	if r.Adapter.Heads == adapter.RankHeads {
		heads = r.Adapter.Rank
	}
	adapted := map[string]bool{}
	for _, p := range s.Projections {
		adapted[p.Name] = true
	}
	return model.Options{Labels: max(evaluate.Outputs(s.Task), 1), Rank: r.Adapter.Rank, Modules: len(s.Projections), Heads: heads,
		Adapt: func(module string) (model.Pair, bool) { return model.Pair{}, adapted[module] }}
}

// LargestBatch is the tokens of the largest batch that is expected to be learnt at once.
func (s *Survey) LargestBatch(r *settings.Resolved, lengths []int) int {
	tokens, _ := s.largest(r, lengths)
	return tokens
}

// largest are the tokens and sequences of the largest batch that the training is expected to learn at once. Of many batches drawn
// from the examples the largest one is that of the normal distribution with their mean and variance.
func (s *Survey) largest(r *settings.Resolved, lengths []int) (tokens, sequences int) {
	n, parts := len(s.Train), r.Train.Loop.MicroBatches
	batch := min(r.Train.Batch, max(n, 1))
	sequences = ceil(batch, parts)
	mean, variance, longest := 0.0, 0.0, 0
	for _, l := range lengths {
		mean += float64(l) / float64(len(lengths))
		longest = max(longest, l)
	}
	for _, l := range lengths {
		variance += (float64(l) - mean) * (float64(l) - mean) / float64(len(lengths))
	}
	drawn := float64(ceil(n, batch) * max(r.Train.Loop.Epochs, 1))
	if most := r.Train.Loop.MaxSteps; most > 0 {
		drawn = min(drawn, float64(most*max(r.Train.Loop.Accumulate, 1)))
	}
	above := min(math.Sqrt(2*math.Log(max(drawn, 1))), largestQuick)
	rest := 1 - float64(batch)/float64(max(n, 1)) // a batch of all examples does not vary
	total := float64(batch)*mean + above*math.Sqrt(float64(batch)*variance*rest)
	each := total/float64(parts) + float64(min(parts-1, 1)*longest)/4 // parts differ by less than a sequence
	if len(lengths) < n {                                             // others may be longer
		longest = min(longest*5/4, s.MaxLength)
	}
	return max(int(min(each, float64(sequences*longest))), leastTokens), sequences
}

func ceil(n, by int) int { return (n + by - 1) / max(by, 1) }
