package main

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/models"
)

// Times that one rate is measured for: long enough for a clock that varies to be at its
// usual speed.
const (
	peakTime    = 400 * time.Millisecond
	productTime = 100 * time.Millisecond
)

// maxBenched bounds the sentences of one measurement, which are tokenised before it.
const maxBenched = 1 << 20

func runBench(ctx context.Context, o *benchOptions) error {
	start := time.Now()
	t, err := o.prepare(ctx)
	if err != nil {
		return err
	}
	s, err := o.subject(ctx, t)
	if err != nil {
		return err
	}
	if len(o.scaling) > 0 {
		return o.runScaling(ctx, t, s)
	}
	r := o.report(t)
	r.LoadSeconds = time.Since(start).Seconds()
	before := bench.Peak(r.Precision, r.Threads, peakTime)
	steps, err := s.Run(ctx)
	if err != nil {
		return err
	}
	r.Set(steps)
	r.PeakRSS = bench.PeakRSS()
	for _, p := range bench.Precisions() {
		r.Peaks = append(r.Peaks, bench.Peak(p, 1, peakTime))
		if r.Threads > 1 {
			r.Peaks = append(r.Peaks, bench.Peak(p, r.Threads, peakTime))
		}
	}
	peak := before.Flops
	for _, p := range r.Peaks {
		if p.Precision == r.Precision && p.Threads == r.Threads {
			peak = max(peak, p.Flops)
		}
	}
	r.SetPeak(peak)
	if o.products {
		if r.Products, err = bench.Products(ctx, t.base.model.Precision(), products(t.base.model.Config), int(r.TokensPerStep), productTime); err != nil {
			return err
		}
	}
	return o.print(r)
}

func (o *benchOptions) print(r *bench.Report) error {
	if o.svg != "" {
		if err := disk.WriteFile(o.svg, func(w io.Writer) error { return r.WriteSVG(w) }); err != nil {
			return err
		}
	}
	if o.json {
		return printJSON(o.io.out, r)
	}
	return r.WriteTable(o.io.out)
}

// prepare loads the model and makes an adapter and the program, as training does.
func (o *benchOptions) prepare(ctx context.Context) (*training, error) {
	r, err := o.sources.withRecipe()
	if err != nil {
		return nil, err
	}
	t := &training{io: o.io, settings: r, clock: &model.Clock{}}
	if t.task, err = r.Data.newTask(nil); err != nil {
		return nil, err
	}
	if err := setMachine(r.Machine); err != nil {
		return nil, err
	}
	precision, err := r.arithmetic(o.io, o.mode == "train")
	if err != nil {
		return nil, err
	}
	if t.base, err = o.loadBase(ctx, r.Data, r.Train.Seed, loaded(precision)); err != nil {
		return nil, err
	}
	if t.maxLength, err = t.base.length(r); err != nil {
		return nil, err
	}
	if err := t.newAdapter(); err != nil || precision != kernel.Int8 {
		return t, err
	}
	if err := t.base.reduce(ctx, t.program, t.adapter.Rank, builtInSample(), t.maxLength); err != nil {
		return nil, err
	}
	return t, t.newAdapter()
}

// loadBase is a model as every command has it, or one of random weights.
func (o *benchOptions) loadBase(ctx context.Context, d dataConfig, seed uint64, p kernel.Precision) (*base, error) {
	name := d.Model
	shape, random := strings.CutPrefix(name, "random:")
	if !random {
		if o.tokenizer != "" {
			return nil, fault.Usagef("--tokenizer is for random models: model %s has its own", name)
		}
		return loadBase(ctx, o.io, d, p)
	}
	config, err := model.Named(shape)
	if err != nil {
		return nil, fault.Usagef("model %s: %w", name, err)
	}
	b := &base{name: name, files: models.Mini()}
	dir := "mini (built in)"
	if o.tokenizer != "" {
		b.files, dir = os.DirFS(o.tokenizer), o.tokenizer
	}
	if b.tokenizer, err = tokenizer.Load(b.files, dir); err != nil {
		return nil, err
	}
	if have := b.tokenizer.VocabSize(); have > config.VocabSize {
		return nil, fault.Usagef("--tokenizer %s has %d tokens, model %s %d", dir, have, name, config.VocabSize)
	}
	collectOften()
	b.model, err = model.Random(config, seed, p)
	return b, err
}

// subject has the steps' batches: in training the first of an epoch in its order, in
// evaluation those of dev from the beginning; from the beginning again where there are too
// few.
func (o *benchOptions) subject(ctx context.Context, t *training) (*bench.Subject, error) {
	examples, err := o.examples(ctx, t)
	if err != nil {
		return nil, err
	}
	if batch := t.settings.Train.Batch; o.steps > maxBenched/batch {
		return nil, fault.Usagef("%d steps of %d sentences are more than can be measured at a time, %d: lower --steps or --batch", o.steps, batch, maxBenched)
	}
	stream := data.Encode(ctx, t.base.tokenizer, examples[:min(o.steps*t.settings.Train.Batch, len(examples))], t.maxLength)
	defer stream.Close()
	var batches []*data.Batch
	for i := range o.steps {
		es := make([]data.Encoded, t.settings.Train.Batch)
		for j := range es {
			es[j] = stream.At((i*len(es) + j) % stream.Len())
		}
		batches = append(batches, data.Pack(es))
	}
	config, err := t.settings.loopConfig()
	return &bench.Subject{Program: t.program, Clock: t.clock, Batches: batches, Rank: t.adapter.Rank,
		Train: o.mode == "train", Loop: config, Sampler: t.sampler, Gauge: t.base.model.Precision()}, err
}

// examples are those of the mode's split, in the order of an epoch or of an evaluation.
func (o *benchOptions) examples(ctx context.Context, t *training) ([]data.Example, error) {
	split := map[string]string{"train": "train", "eval": "dev"}[o.mode]
	examples, err := readSplit(ctx, o.io, t.task, t.settings.Data, split)
	if err != nil {
		return nil, err
	}
	if len(examples) == 0 {
		return nil, fault.Invalidf("task %s: split %s has no examples: check its file", t.task.Name, split)
	}
	if o.mode == "eval" {
		return examples, nil
	}
	ordered := make([]data.Example, 0, len(examples))
	for _, i := range data.Order(len(examples), t.settings.Train.Seed, 0) {
		ordered = append(ordered, examples[i])
	}
	return ordered, nil
}

func (o *benchOptions) report(t *training) *bench.Report {
	return &bench.Report{
		Model: t.base.name, Task: t.task.Name, Mode: o.mode, Precision: t.settings.Machine.Precision, Batch: t.settings.Train.Batch,
		Threads: kernel.Threads(), Kernel: kernel.ActiveName(), CPU: bench.CPU(),
	}
}

// products are the shapes of a model's frozen products.
func products(c model.Config) []bench.Shape {
	h, i := c.HiddenSize, c.IntermediateSize
	return []bench.Shape{
		{What: "query, key and value", Out: 3 * h, In: h}, {What: "attention output", Out: h, In: h},
		{What: "intermediate", Out: i, In: h}, {What: "output", Out: h, In: i},
	}
}
