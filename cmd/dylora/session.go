package main

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/weights"
)

// evalTokens is how many tokens one call of the program gets: enough to keep every core
// busy, few enough that the activations of a large model stay small.
const evalTokens = 2048

// session is an adapter ready to compute with.
type session struct {
	*opened
	settings  *resolved
	task      *data.Task
	base      *base
	program   *program.Program
	maxLength int
}

// open loads adapter, base model and task, and holds them against each other. The base
// model's precision is the given one, or else the setting.
func (o *adapterOptions) open(ctx context.Context, io *streams, fixed ...kernel.Precision) (*session, error) {
	found, err := openAdapter(io, o.path, o.pickled)
	if err != nil {
		return nil, err
	}
	s := &session{opened: found}
	remembered, err := found.remembered()
	if err != nil {
		return nil, err
	}
	if s.settings, err = o.sources.resolve(remembered); err != nil {
		return nil, err
	}
	unknown := o.anyTask && s.settings.origin["task"] == "default" && len(s.adapter.Head) > 0
	for _, key := range []string{"task", "model"} {
		if s.settings.origin[key] == "default" && !(unknown && key == "task") {
			return nil, fault.Usagef("%s: the adapter does not say its %s: say it with --%s", o.path, key, key)
		}
	}
	if err := s.findTask(unknown); err != nil {
		return nil, err
	}
	if err := s.checkHead(); err != nil {
		return nil, err
	}
	if err := setMachine(s.settings.Machine); err != nil {
		return nil, err
	}
	var precision kernel.Precision
	if len(fixed) > 0 {
		precision = fixed[0]
	} else if precision, err = s.settings.arithmetic(io, false); err != nil {
		return nil, err
	}
	if s.base, err = loadBase(ctx, io, s.settings.Data, loaded(precision)); err != nil {
		return nil, err
	}
	if err := s.facts.CheckBase(s.base.model.Hash, o.forceBase); err != nil {
		return nil, fmt.Errorf("%s: %w", s.folder, err)
	}
	if err := s.checkModules(); err != nil {
		return nil, err
	}
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.folder, err)
	}
	if s.maxLength, err = s.base.length(s.settings); err != nil {
		return nil, err
	}
	options := program.Options{Seed: s.settings.Train.Seed}
	if s.program, err = program.New(s.base.model, s.adapter, s.task, options); err != nil || precision != kernel.Int8 {
		return s, err
	}
	if err := s.base.reduce(ctx, s.program, s.adapter.Rank, s.sample(), s.maxLength); err != nil {
		return nil, err
	}
	s.program, err = program.New(s.base.model, s.adapter, s.task, options)
	return s, err
}

// findTask looks up the task, or makes one of as many labels as the head has.
func (s *session) findTask(unknown bool) (err error) {
	if !unknown {
		if s.task, err = s.settings.Data.newTask(s.labels()); err != nil {
			return err
		}
		return s.sameTask()
	}
	head := s.adapter.Head
	outputs := len(head[len(head)-1].Data) // the last layer's bias
	s.task = &data.Task{Name: "unknown", Kind: data.Regression}
	if outputs > 1 {
		s.task.Kind = data.Classification
		for i := range outputs {
			s.task.Labels = append(s.task.Labels, fmt.Sprintf("LABEL_%d", i)) // as Transformers names them
		}
	}
	return nil
}

// complete gives the model the adapter's biases, and an adapter without a head the model's.
func (s *session) complete() (err error) {
	if s.base.model, err = s.base.model.WithBiases(s.adapter.Biases); err != nil || len(s.adapter.Head) > 0 {
		return err
	}
	head, ok := s.base.model.OwnHead(evaluate.Outputs(s.task))
	if !ok {
		return fault.Invalidf("it has no head, and model %s has none of %d outputs: give the --model that has", s.base.name, evaluate.Outputs(s.task))
	}
	s.adapter.Head = head
	return nil
}

// setMachine sets up the kernels.
func setMachine(m machineConfig) error {
	if err := kernel.Configure(m.Kernel); err != nil {
		return fault.Usagef("kernel: %w", err)
	}
	if m.Threads > 0 {
		kernel.SetThreads(m.Threads)
	}
	return nil
}

// checkHead refuses an adapter whose head answers another number of labels.
func (s *session) checkHead() error {
	if len(s.adapter.Head) < 2 {
		return nil
	}
	t := s.adapter.Head[len(s.adapter.Head)-2] // the last layer's weight, its bias is behind it
	if have, want := t.Shape[0], evaluate.Outputs(s.task); have != want {
		return fault.Invalidf("%s: %s has %d outputs, task %s needs %d: say the task that the adapter was trained on", s.folder, t.Name, have, s.task.Name, want)
	}
	return nil
}

// checkModules refuses an adapter whose projections the model does not have.
func (s *session) checkModules() error {
	shapes, err := s.base.model.Projections(adapter.Targets())
	if err != nil {
		return err
	}
	has := map[string]weights.Projection{}
	for _, shape := range shapes {
		has[shape.Name] = shape
	}
	for _, module := range s.adapter.Modules {
		shape, ok := has[module.Name]
		switch {
		case !ok:
			return fault.Invalidf("%s: adapts %s, which model %s does not have: give the --model it was trained on", s.folder, module.Name, s.base.name)
		case shape.In != module.In || shape.Out != module.Out:
			return fault.Invalidf("%s: %s is (%d, %d), in model %s (%d, %d): give the --model it was trained on",
				s.folder, module.Name, module.Out, module.In, s.base.name, shape.Out, shape.In)
		}
	}
	return nil
}

// measure scores a split at each of the ranks in one pass.
func (s *session) measure(ctx context.Context, io *streams, split string, ranks []int) ([]evaluate.Result, error) {
	examples, err := readSplit(ctx, io, s.task, s.settings.Data, split)
	if err != nil {
		return nil, err
	}
	examples = firstOf(examples, s.settings.Data.MaxEvalExamples)
	stream := data.Encode(ctx, s.base.tokenizer, examples, s.maxLength)
	defer stream.Close()
	return score(ctx, io, s.program, stream, s.task, ranks)
}

// score runs a split through a program at each of the ranks, with a bar.
func score(ctx context.Context, io *streams, p *program.Program, split *data.Stream, t *data.Task, ranks []int) ([]evaluate.Result, error) {
	show := newProgress(io.err, "evaluate", split.Len())
	defer show.end()
	batches := data.EvalBatches(split, evaluate.BaseTokens(evalTokens, len(ranks)), 0)
	return evaluate.Run(ctx, p, batches, t, ranks, evaluate.Options{MaxTokens: evalTokens, Progress: show.at})
}

// firstOf is the first n examples; all for n = 0.
func firstOf(examples []data.Example, n int) []data.Example {
	if n > 0 && n < len(examples) {
		return examples[:n]
	}
	return examples
}
