package finetune

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/headfit"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/train"
	"github.com/dylora/dylora/internal/weights"
)

const (
	// fitExamples bounds the training examples that heads are fitted to: a layer of 768 features
	// is settled by some thousands, and more would cost a pass over all of them for each rank.
	fitExamples = 8192
	// fitFeatures bounds the features that are held at a time: 2^26 numbers are 256 MiB.
	fitFeatures = 1 << 26
	// fitPenalty is the strength of the pull to the shared layer, per unit of the mean loss: see
	// headfit.Problem. Features of the training split are more certain than those of other texts,
	// so the fit must not trust them alone. On MRPC (MiniLM, 1,200 examples, ranks 1, 2 and 8) accuracy
	// on dev was level from 0.003 to 0.03 and fell below 0.001, where that on train still rose.
	fitPenalty = 1e-2
)

// fitHeads gives each rank a last layer of its own, fitted to what it reads of the training
// split with everything below frozen. It begins with the layer that all ranks share. It costs an
// evaluation of up to fitExamples training examples at every rank, which a group shares, and the fits, which each of its processes makes.
func (j *Job) fitHeads(ctx context.Context) (err error) {
	stream := data.Encode(ctx, j.Encoder.Tokenizer, data.Spaced(j.trainExamples, fitExamples), j.Encoder.MaxLength)
	defer stream.Close()
	features := j.Program.Features()
	defer func() { err = errors.Join(err, features.Close()) }()
	last := j.Adapter.Head[len(j.Adapter.Head)-2:]
	width := last[0].Shape[1]
	ranks := make([]int, j.Adapter.Rank)
	for i := range ranks {
		ranks[i] = i + 1
	}
	fitted := map[int][]weights.Tensor{}
	for some := range slices.Chunk(ranks, max(1, fitFeatures/(stream.Len()*width))) {
		show := j.env.Begin("features", stream.Len())
		batches := data.EvalBatches(stream, evaluate.BaseTokens(session.EvalTokens, len(some)), 0)
		results, err := j.env.Gather(ctx, features, batches, width, some, evaluate.Options{MaxTokens: session.EvalTokens, Progress: show.At})
		show.End()
		if err != nil {
			return err
		}
		for i := range results {
			if err := ctx.Err(); err != nil && j.env.Group == nil { // a group stops at its next evaluation
				return err
			}
			if fitted[results[i].Rank], err = j.fitHead(last, &results[i]); err != nil {
				return fmt.Errorf("head of rank %d: %w", results[i].Rank, err)
			}
		}
	}
	if err := j.Adapter.GrowHeads(); err != nil {
		return err
	}
	j.Adapter.TakeHeads(func(rank int) []weights.Tensor {
		return slices.Concat(j.Adapter.Head[:len(j.Adapter.Head)-2], fitted[rank])
	})
	j.env.Say(fmt.Sprintf("heads: fitted to %d training examples at each of %d ranks", stream.Len(), len(ranks)))
	return j.Compile(nil)
}

// fitHead fits a layer like last to the features of one rank.
func (j *Job) fitHead(last []weights.Tensor, features *evaluate.Result) ([]weights.Tensor, error) {
	p := headfit.Problem{Loss: fitLosses[j.Task.Kind], In: features.Outputs, Outputs: j.Task.Outputs(),
		Features: features.Logits, Targets: targets(j.Task, features), Penalty: fitPenalty}
	switch {
	case j.classWeights == nil:
	case j.Task.Kind == data.MultiLabel:
		p.OutputWeights = train.PositiveWeights(j.classWeights, features.Scores)
	default:
		for _, class := range features.Classes {
			p.Weights = append(p.Weights, j.classWeights[class])
		}
	}
	weight, bias, err := p.Fit(last[0].Data, last[1].Data)
	if err != nil {
		return nil, err
	}
	return []weights.Tensor{
		{Name: last[0].Name, Shape: slices.Clone(last[0].Shape), Data: weight},
		{Name: last[1].Name, Shape: slices.Clone(last[1].Shape), Data: bias},
	}, nil
}
