package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/data/demo"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/settings"
)

// int8 is calibrated on sampleSize examples, in batches of sampleBatch and EvalTokens at most.
const (
	sampleSize  = 128
	sampleBatch = 32
)

// Sample holds the examples that int8 is calibrated on.
type Sample struct {
	Examples []data.Example
	Of       string // where they are from, for a user
}

// TaskSample are evenly spaced examples of a split of a task.
func TaskSample(t *data.Task, split string, examples []data.Example) Sample {
	some := data.Spaced(examples, sampleSize)
	return Sample{some, fmt.Sprintf("%d examples of %s's %s split", len(some), t.Name, split)}
}

// sample is findSample for the session's task, from the files that its run had.
func (s *Session) sample(ctx context.Context) Sample {
	t, err := s.placed(ctx, "train")
	if err != nil {
		return builtInSample(s.Task, err)
	}
	return findSample(s.env, t, s.Data)
}

// findSample gives examples of the task's training split if it is on this machine;
// nothing is downloaded for it. Else it is sentences of the built-in task, and why.
func findSample(env *Env, t *data.Task, d settings.Data) Sample {
	const split = "train"
	examples, err := kept(env, t, d, split)
	if err == nil && len(examples) > 0 {
		return TaskSample(t, split, examples)
	}
	if err == nil {
		err = errors.New("it is empty")
	}
	return builtInSample(t, err)
}

// builtInSample is sentences of the built-in task, and why they are not of t's training split.
func builtInSample(t *data.Task, why error) Sample {
	var list []data.Example
	for _, s := range demo.Train() {
		list = append(list, data.Example{A: s.Text})
	}
	list = data.Spaced(list, sampleSize)
	return Sample{list, fmt.Sprintf("%d built-in sentences instead of %s's training split (%s)", len(list), t.Name, why.Error())}
}

// kept reads a split that is on this machine.
func kept(env *Env, t *data.Task, d settings.Data, split string) ([]data.Example, error) {
	if local(t, d, split) {
		return t.Read(d.DataDir, split)
	}
	store, err := env.glue(false) // which is not asked
	if err != nil {
		return nil, err
	}
	s, err := store.Kept(t, split)
	if err != nil {
		return nil, err
	}
	return s.Examples, nil
}

// Calibrate runs the sample through p, whose model is e's in float32, at a rank, and makes
// e's model one of int8 for the ranges that its products have seen. Programs are to be made
// anew afterwards.
func (e *Encoder) Calibrate(ctx context.Context, env *Env, p *program.Program, rank int, sample Sample) error {
	env.Say("int8: calibrated on " + sample.Of)
	stream := data.Encode(ctx, e.Tokenizer, sample.Examples, e.MaxLength)
	defer stream.Close()
	stop := e.Model.Watch()
	defer stop()
	for b := range data.EvalBatches(stream, EvalTokens, sampleBatch) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := p.Logits(b, slices.Repeat([]int{rank}, b.Len())); err != nil {
			return err
		}
	}
	reduced, err := e.Model.Reduced(kernel.Int8, stop())
	if err != nil {
		return err
	}
	e.Model = reduced
	return nil
}
