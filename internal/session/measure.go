package session

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

// EvalTokens is how many tokens one call of the program gets: enough to keep every core
// busy, few enough that the activations of a large model stay small.
const EvalTokens = 2048

// Split is a split of the session's task, as many examples as the settings ask for; it is
// read once.
func (s *Session) Split(ctx context.Context, name string) ([]data.Example, error) {
	if examples, ok := s.splits[name]; ok {
		return examples, nil
	}
	t, err := s.placed(ctx, name)
	if err != nil {
		return nil, err
	}
	examples, err := ReadSplit(ctx, s.env, t, s.Data, name)
	if err != nil {
		return nil, err
	}
	s.splits[name] = First(examples, s.Data.MaxEvalExamples)
	return s.splits[name], nil
}

// Measure scores a split at each of the ranks in one pass. The processes of a group share it, and all have the results.
func (s *Session) Measure(ctx context.Context, split string, ranks []int) ([]evaluate.Result, error) {
	examples, err := s.Split(ctx, split)
	if err != nil {
		return nil, err
	}
	if err := s.same(examples, ranks); err != nil {
		return nil, err
	}
	stream := data.Encode(ctx, s.Encoder.Tokenizer, examples, s.Encoder.MaxLength)
	defer stream.Close()
	return Score(ctx, s.env, s.Program, stream, s.Task, ranks)
}

// same refuses where another process of the group would measure something else, or otherwise.
func (s *Session) same(examples []data.Example, ranks []int) error {
	if s.env.Group == nil {
		return nil
	}
	return s.env.Same(map[string]string{
		"data": data.Fingerprint(examples), "settings": fmt.Sprint(ranks, s.Encoder.MaxLength), "model": s.Encoder.Model.Hash,
		"adapter": s.Adapter.Fingerprint(), "kernel": s.Program.Machine().Name(), "precision": s.Encoder.Model.Precision().String(),
	})
}

// Sweep is Measure with what a slice of each of the ranks holds. It keeps the results.
func (s *Session) Sweep(ctx context.Context, split string, ranks []int) (*evaluate.Sweep, error) {
	results, err := s.Measure(ctx, split, ranks)
	if err != nil {
		return nil, err
	}
	size, err := Sizes(s.Adapter, s.Provenance, ranks)
	if err != nil {
		return nil, err
	}
	sweep := evaluate.NewSweep(s.Task, split, results, size)
	sweep.Results, sweep.OtherData = results, s.OtherData
	return sweep, nil
}

// Score runs a split through a program at each of the ranks, by all processes of a group together, as Env.Gather.
func Score(ctx context.Context, env *Env, p evaluate.Scorer, split *data.Stream, t *data.Task, ranks []int) ([]evaluate.Result, error) {
	show := env.Begin("evaluate", split.Len())
	defer show.End()
	batches := data.EvalBatches(split, evaluate.BaseTokens(EvalTokens, len(ranks)), 0)
	ctx, p = env.shared(ctx, p, t.Outputs())
	return evaluate.Run(ctx, p, batches, t, ranks, evaluate.Options{MaxTokens: EvalTokens, Progress: show.At})
}
