package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/dylora/dylora/internal/cluster"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Times that one rate is measured for: long enough for a clock that varies to be at its
// usual speed.
const (
	peakTime    = 200 * time.Millisecond
	productTime = 100 * time.Millisecond
)

// maxExamples bounds the sentences of one measurement, which are tokenised before it.
const maxExamples = 1 << 20

// Request says what is to be measured.
type Request struct {
	Settings  *settings.Resolved
	Train     bool   // steps of training; else of evaluation
	Steps     int    // to be measured
	Tokenizer string // folder of the tokenizer for a model of random weights; "": the built-in one
	Cost      string // file of a scaling, from which the steps of several processes are predicted; "": they are not
}

// Setup is the subject of a measurement: a model and a new adapter, put together as training does, and
// sentences of a task.
type Setup struct {
	*finetune.Parts
	request  Request
	examples []data.Example // of the split, in the order of an epoch or of an evaluation
	clock    *model.Clock
	began    time.Time
	group    train.Group // nil: this process alone
	cost     Cost        // nil: there is none
	here     int         // processes of the group on this machine
}

// Prepare reads the split and loads the model. What does not fit together is refused before. The processes of a group all end with an
// error where one does.
func Prepare(ctx context.Context, env *session.Env, q Request) (*Setup, error) {
	s, err := prepare(ctx, env, q)
	return s, train.Agree(env.Group, err)
}

func prepare(ctx context.Context, env *session.Env, q Request) (*Setup, error) {
	s := &Setup{request: q, clock: &model.Clock{}, began: time.Now(), group: env.Group, here: cluster.Neighbours(env.Getenv)}
	r := q.Settings
	if q.Steps > maxExamples/r.Train.Batch {
		return nil, fault.Usagef("%d steps of %d sentences are more than can be measured at a time, %d: lower the steps or batch", q.Steps, r.Train.Batch, maxExamples)
	}
	if q.Tokenizer != "" && !session.IsRandom(r.Data.Model) {
		return nil, fault.Usagef("a tokenizer is given for random models: model %s has its own", r.Data.Model)
	}
	newArithmetic := func() (session.Arithmetic, error) { return session.NewArithmetic(r.Machine) }
	if q.Train {
		newArithmetic = func() (session.Arithmetic, error) { return session.TrainingArithmetic(r) }
	}
	arithmetic, err := newArithmetic()
	if err != nil {
		return nil, err
	}
	env.TellBinding(arithmetic)
	if q.Cost != "" {
		if s.cost, err = readCost(q, arithmetic.Machine); err != nil {
			return nil, err
		}
	}
	task, err := r.Data.NewTask(nil)
	if err != nil {
		return nil, err
	}
	if s.examples, err = s.read(ctx, env, task); err != nil {
		return nil, err
	}
	encoder, err := q.encoder(ctx, env, arithmetic)
	if err != nil {
		return nil, err
	}
	s.Parts, err = finetune.Build(finetune.Ingredients{Settings: r, Task: task, Encoder: encoder, Clock: s.clock})
	if err != nil {
		return nil, err
	}
	if arithmetic.Precision != kernel.Int8 {
		return s, nil
	}
	if err := encoder.Calibrate(ctx, env, s.Program, s.Adapter.Rank, session.TaskSample(task, q.split(), s.examples)); err != nil {
		return nil, err
	}
	if err := s.Compile(s.clock); err != nil {
		return nil, err
	}
	return s, nil
}

// mode is the report's name of the measurement, and split the one whose examples are used.
func (q Request) mode() string {
	if q.Train {
		return "train"
	}
	return "eval"
}

func (q Request) split() string {
	if q.Train {
		return "train"
	}
	return "dev"
}

// encoder is a model as every command has it, or one of random weights.
func (q Request) encoder(ctx context.Context, env *session.Env, a session.Arithmetic) (*session.Encoder, error) {
	if session.IsRandom(q.Settings.Data.Model) {
		return session.RandomEncoder(q.Settings, q.Tokenizer, a)
	}
	check := func(c *model.Config) error { _, err := finetune.CheckRank(q.Settings, c); return err }
	return session.LoadEncoder(ctx, env, q.Settings, a, check)
}

// read reads the split's examples, in the order of an epoch or of an evaluation.
func (s *Setup) read(ctx context.Context, env *session.Env, t *data.Task) ([]data.Example, error) {
	split := s.request.split()
	examples, err := session.ReadSplit(ctx, env, t, s.request.Settings.Data, split)
	if err != nil {
		return nil, err
	}
	if len(examples) == 0 {
		return nil, fault.Invalidf("task %s: split %s has no examples: check its file", t.Name, split)
	}
	if !s.request.Train {
		return examples, nil
	}
	ordered := make([]data.Example, 0, len(examples))
	for _, i := range data.Order(len(examples), s.request.Settings.Train.Loop.Seed, 0) {
		ordered = append(ordered, examples[i])
	}
	return ordered, nil
}

// subject has the steps' batches: in training the first of an epoch in its order, in
// evaluation those of dev from the beginning; from the beginning again where there are too
// few.
func (s *Setup) subject(ctx context.Context) *Subject {
	batch := s.Settings.Train.Batch
	stream := data.Encode(ctx, s.Encoder.Tokenizer, s.examples[:min(s.request.Steps*batch, len(s.examples))], s.Encoder.MaxLength)
	defer stream.Close()
	var batches []*data.Batch
	for i := range s.request.Steps {
		list := make([]data.Encoded, batch)
		for j := range list {
			list[j] = stream.At((i*batch + j) % stream.Len())
		}
		batches = append(batches, data.Pack(list))
	}
	return &Subject{Program: s.Program, Clock: s.clock, Batches: batches, Rank: s.Adapter.Rank,
		Train: s.request.Train, Loop: s.Config, Sampler: s.Steps(), Probe: s.Encoder.Model.Precision()}
}

// Measure takes the steps and the rates of the machine; with products also those of products
// at the model's shapes.
func (s *Setup) Measure(ctx context.Context, products bool) (*Report, error) {
	subject, mc := s.subject(ctx), s.Program.Machine()
	r := &Report{
		Model: s.Encoder.Name, Task: s.Task.Name, Mode: s.request.mode(), Precision: s.Settings.Machine.Precision.String(), Batch: s.Settings.Train.Batch,
		Threads: mc.Threads(), Kernel: mc.Name(), CPU: CPU(), LoadSeconds: time.Since(s.began).Seconds(),
	}
	before := Peak(mc, r.Precision, r.Threads, peakTime)
	steps, err := subject.Run(ctx)
	if err != nil {
		return nil, err
	}
	r.Set(steps)
	r.PeakRSS = PeakRSS()
	if s.request.Train {
		if r.Parts, err = s.parts(ctx, subject); err != nil {
			return nil, err
		}
	}
	peak := before.Flops
	for _, p := range Precisions() {
		counts := []int{1, r.Threads}
		if r.Threads == 1 {
			counts = counts[:1]
		}
		for _, threads := range counts {
			rate := Peak(mc, p, threads, peakTime)
			r.Peaks = append(r.Peaks, rate)
			if p == r.Precision && threads == r.Threads {
				peak = max(peak, rate.Flops)
			}
		}
	}
	r.SetPeak(peak)
	if products {
		r.Products, err = Products(ctx, mc, s.Encoder.Model.Precision(), shapes(s.Encoder.Model.Config), int(r.TokensPerStep), productTime)
	}
	return r, err
}

// shapes are those of a model's frozen products.
func shapes(c model.Config) []Shape {
	h, i := c.HiddenSize, c.IntermediateSize
	return []Shape{
		{What: "query, key and value", Out: 3 * h, In: h}, {What: "attention output", Out: h, In: h},
		{What: "intermediate", Out: i, In: h}, {What: "output", Out: h, In: i},
	}
}

// epochSample is how many sentences an epoch's prediction looks at; more are like them.
const epochSample = 8192

// Scaling measures steps of many sizes on each of the numbers of threads.
func (s *Setup) Scaling(ctx context.Context, env *session.Env, threads []int, maxTokens, rounds int) (*Scaling, error) {
	subject := s.subject(ctx)
	r := &Scaling{
		Model: s.Encoder.Name, Task: s.Task.Name, Mode: s.request.mode(), Precision: s.Settings.Machine.Precision.String(), Batch: s.Settings.Train.Batch,
		Kernel: s.Program.Machine().Name(), CPU: CPU(),
	}
	stream := data.Encode(ctx, s.Encoder.Tokenizer, s.examples[:min(epochSample, len(s.examples))], s.Encoder.MaxLength)
	defer stream.Close()
	lengths := make([]int, stream.Len())
	for i := range lengths {
		lengths[i] = len(stream.At(i).IDs)
	}
	c := &s.Encoder.Model.Config
	for _, n := range threads {
		env.Say(fmt.Sprintf("measuring on %s", Plural(n, "thread")))
		on, err := subject.Scale(ctx, Grid(c.MaxLength(), maxTokens), Effort{Threads: n, Rounds: rounds, Vocabulary: c.VocabSize})
		if err != nil {
			return nil, err
		}
		on.Epoch(lengths, len(s.examples), r.Batch)
		if s.request.Train {
			on.predict(lengths, r.Batch, s.Config.MicroBatches, s.gradient())
		}
		r.Threads = append(r.Threads, *on)
	}
	return r, nil
}
