package main

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/train"
)

// training is everything that a run computes with. Nothing of it is on the disk.
type training struct {
	io       *streams
	settings *resolved
	task     *data.Task
	base     *base
	adapter  *adapter.Adapter
	sampler  *adapter.Sampler
	program  *program.Program
	loop     *train.Loop
	start    *start            // nil: from nothing
	clock    *model.Clock      // measures the program; nil: nothing is measured
	inputs   map[string]string // what the run depends on beside its settings

	maxLength      int
	trainSet, dev  []data.Example
	trained, tests *data.Stream
	ranks          []int                   // evaluated each epoch
	sweeps         map[int]*evaluate.Sweep // of this process's evaluations, by step
}

// newTraining loads model and data and joins them with a new adapter.
func newTraining(ctx context.Context, io *streams, r *resolved) (*training, error) {
	t := &training{io: io, settings: r, sweeps: map[int]*evaluate.Sweep{}}
	var err error
	if t.task, err = r.Data.newTask(nil); err != nil {
		return nil, err
	}
	if err := t.readData(ctx); err != nil {
		return nil, err
	}
	if err := setMachine(r.Machine); err != nil {
		return nil, err
	}
	precision, err := r.arithmetic(io, true)
	if err != nil {
		return nil, err
	}
	if t.base, err = loadBase(ctx, io, r.Data, precision); err != nil {
		return nil, err
	}
	if t.maxLength, err = t.base.length(r); err != nil {
		return nil, err
	}
	if err := t.newAdapter(); err != nil {
		return nil, err
	}
	t.inputs = map[string]string{
		"model":    t.base.model.Hash,
		"training": data.Fingerprint(t.trainSet),
		"dev":      data.Fingerprint(t.dev),
	}
	if t.start != nil {
		t.inputs["init_adapter"] = t.start.fingerprint
	}
	t.trained = data.Encode(ctx, t.base.tokenizer, t.trainSet, t.maxLength)
	t.tests = data.Encode(ctx, t.base.tokenizer, t.dev, t.maxLength)
	return t, t.newLoop()
}

func (t *training) readData(ctx context.Context) (err error) {
	d := t.settings.Data
	if t.trainSet, err = readSplit(ctx, t.io, t.task, d, "train"); err != nil {
		return err
	}
	t.trainSet = firstOf(t.trainSet, d.MaxTrainExamples)
	if t.dev, err = readSplit(ctx, t.io, t.task, d, "dev"); err != nil {
		return err
	}
	t.dev = firstOf(t.dev, d.MaxEvalExamples)
	return nil
}

// newAdapter makes the adapter, the head and the program that trains them.
func (t *training) newAdapter() error {
	a, seed := t.settings.Adapter, t.settings.Train.Seed
	targets, err := t.settings.targets()
	if err != nil {
		return err
	}
	projections, err := t.base.model.Projections(targets)
	if err != nil {
		return err
	}
	head := t.base.model.Head(evaluate.Outputs(t.task), seed)
	if t.adapter, err = adapter.New(a.Rank, a.Alpha, projections, head, seed); err != nil {
		return err
	}
	if err := t.startFrom(); err != nil {
		return err
	}
	if t.sampler, err = adapter.NewSampler(a.Sampler, a.RMin, a.Rank, a.Block); err != nil {
		return err
	}
	update, err := adapter.ParseUpdate(a.Update)
	if err != nil {
		return err
	}
	t.program, err = program.New(t.base.model, t.adapter, t.task, program.Options{Seed: seed, Dropout: true, Update: update, Clock: t.clock})
	return err
}

func (t *training) newLoop() error {
	config, err := t.settings.loopConfig()
	if err != nil {
		return err
	}
	if t.ranks, err = t.settings.evalRanks(); err != nil {
		return err
	}
	t.ranks = withRank(t.ranks, config.Best.Rank())
	source := train.NewShuffled(t.trained, t.settings.Train.Batch, config.Seed)
	t.loop, err = train.New(config, t.program, source, t.sampler, t.validate)
	return err
}

// loopConfig is the settings as the training loop has them.
func (r *resolved) loopConfig() (train.Config, error) {
	s, c := r.Train, train.DefaultConfig()
	c.Seed, c.Epochs, c.MaxSteps, c.Accumulate = s.Seed, s.Epochs, s.MaxSteps, s.GradAccumulation
	c.LR, c.Warmup, c.WeightDecay, c.Clip, c.Patience = s.LR, s.Warmup, s.WeightDecay, s.Clip, s.Patience
	c.Strict = r.Adapter.Update == adapter.Strict.String()
	var err error
	if c.RanksPerStep, err = train.ParseDraw(r.Adapter.RanksPerStep); err != nil {
		return c, err
	}
	c.Best, err = train.ParseBest(s.Best, r.Adapter.Rank)
	return c, err
}

// validate evaluates dev at the watched ranks, all in one pass.
func (t *training) validate(ctx context.Context) (train.Evaluation, error) {
	s, err := t.sweep(ctx)
	if err != nil {
		return train.Evaluation{}, err
	}
	t.sweeps[t.loop.State().Step] = s
	e := train.Evaluation{Metric: s.Metric}
	for _, r := range s.Ranks {
		e.Values = append(e.Values, train.Value{Rank: r.Rank, Value: orNaN(r.Value)})
	}
	return e, nil
}

func (t *training) sweep(ctx context.Context) (*evaluate.Sweep, error) {
	results, err := score(ctx, t.io, t.program, t.tests, t.task, t.ranks)
	if err != nil {
		return nil, err
	}
	size, err := sizes(t.adapter, t.facts(nil), t.ranks)
	if err != nil {
		return nil, err
	}
	return evaluate.NewSweep(t.task, "dev", results, size), nil
}

// say tells the user something, one line each.
func (t *training) say(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(t.io.err, l)
	}
}

func (t *training) close() {
	t.trained.Close()
	t.tests.Close()
}
