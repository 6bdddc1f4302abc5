package session

import (
	"context"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// momentExamples is how many examples the moments are taken of: with tens of tokens each, tens of thousands of rows
// meet the few hundred numbers of a module's moments.
const momentExamples = 1024

// Moments are those that adapter.Resort takes: E[h·hᵀ] of h = A·x for each module, over the inputs x that evenly spaced
// examples of the training split bring it to. It tells how many examples these are.
func (s *Session) Moments(ctx context.Context) (moments map[string][]float64, examples int, err error) {
	all, err := s.Split(ctx, "train")
	if err != nil {
		return nil, 0, err
	}
	some := data.Spaced(all, momentExamples)
	stream := data.Encode(ctx, s.Encoder.Tokenizer, some, s.Encoder.MaxLength)
	defer stream.Close()
	batches := slices.Collect(data.EvalBatches(stream, EvalTokens, 0))
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	moments, err = s.Program.Moments(batches)
	return moments, len(some), err
}
