// Package bench measures how fast this machine trains and evaluates: steps as the training
// loop and an evaluation do them, on batches of a task's real lengths, held against the
// rate that the arithmetic alone reaches.
package bench

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/train"
)

// Subject is what is measured.
type Subject struct {
	Program *program.Program
	Clock   *model.Clock  // the program's; it times the steps, too
	Batches []*data.Batch // one a step
	Rank    int           // R: of the sequences in evaluation and in steps of scaling
	Train   bool
	Loop    train.Config // of training; Epochs and MaxSteps are set here
	Group   *timed       // of the processes that take the steps together; nil: this one alone
	Sampler train.Sampler
	Probe   kernel.Precision // whose micro-kernel is measured before each step
}

// Steps is what the steps took.
type Steps struct {
	Seconds   []float64          // each
	Available []float64          // operations a second of the micro-kernel on all threads, before each
	Flops     []int64            // of the products of each
	Examples  []int              // of each
	Tokens    []int              // of each
	Ops       map[string]float64 // mean seconds a step by kind of operation; they add up to a step
	Allocs    float64            // allocations a step
	Bytes     float64            // allocated a step
}

// Run takes a step with each batch, after two that are not counted: with the largest
// batch, for which the graph is compiled, and with the first.
func (s *Subject) Run(ctx context.Context) (*Steps, error) {
	return s.run(ctx, newProbe(s.Program.Machine(), s.Probe), s.warmUp()...)
}

// warmUp is the batches of the steps that are not counted.
func (s *Subject) warmUp() []*data.Batch {
	largest := slices.MaxFunc(s.Batches, func(a, b *data.Batch) int { return a.Tokens() - b.Tokens() })
	return []*data.Batch{largest, s.Batches[0]}
}

// run takes a step with each batch, after steps with others that are not counted. A nil probe
// measures no rate, and Available stays empty: a measurement before every step would take
// most of the time where steps are short and the fastest of them counts.
func (s *Subject) run(ctx context.Context, p *probe, warmUp ...*data.Batch) (*Steps, error) {
	batches := slices.Concat(warmUp, s.Batches)
	m := &meter{subject: s, warmUp: len(warmUp), probe: p}
	if s.Train {
		return m.train(ctx, batches)
	}
	return m.evaluate(ctx, batches)
}

// meter takes the steps' times and counts.
type meter struct {
	subject   *Subject
	warmUp    int // steps that are not counted
	at        int // steps done
	steps     Steps
	probe     *probe  // nil: no rate is measured
	available float64 // before the step
	start     time.Time
	memory    runtime.MemStats
	learn     time.Duration // of the counted steps, in ForwardBackward
}

func (m *meter) now() time.Time { return m.subject.Clock.Time() }

// begin starts a step's time; the first counted step resets everything else.
func (m *meter) begin() {
	if m.probe != nil {
		m.available = m.probe.rate()
	}
	m.start = m.now()
	if m.at == m.warmUp {
		m.subject.Clock.Reset()
		m.learn = 0
		runtime.ReadMemStats(&m.memory)
		m.start = m.now()
	}
}

// end takes the time of a step at a rank.
func (m *meter) end(b *data.Batch, rank int) {
	took := m.now().Sub(m.start)
	m.at++
	if m.at <= m.warmUp {
		return
	}
	m.steps.Seconds = append(m.steps.Seconds, took.Seconds())
	if m.probe != nil {
		m.steps.Available = append(m.steps.Available, m.available)
	}
	m.steps.Flops = append(m.steps.Flops, m.subject.Program.Flops(b, rank, m.subject.Train).Total())
	m.steps.Examples = append(m.steps.Examples, b.Len())
	m.steps.Tokens = append(m.steps.Tokens, b.Tokens())
}

// finish sums up: what no clock has seen of the steps is "other".
func (m *meter) finish(more map[string]time.Duration) *Steps {
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	n := float64(len(m.steps.Seconds))
	m.steps.Allocs = float64(after.Mallocs-m.memory.Mallocs) / n
	m.steps.Bytes = float64(after.TotalAlloc-m.memory.TotalAlloc) / n
	total := 0.0
	for _, s := range m.steps.Seconds {
		total += s
	}
	m.steps.Ops = categories(m.subject.Clock.Spent(), more, total, n)
	return &m.steps
}

func (m *meter) evaluate(ctx context.Context, batches []*data.Batch) (*Steps, error) {
	for _, b := range batches {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		ranks := slices.Repeat([]int{m.subject.Rank}, b.Len())
		m.begin()
		if _, err := m.subject.Program.Logits(b, ranks); err != nil {
			return nil, err
		}
		m.end(b, m.subject.Rank)
	}
	return m.finish(nil), nil
}

// train runs the training loop itself. What it does outside ForwardBackward is the optimizer: the
// gradient's norm, clipping and AdamW.
func (m *meter) train(ctx context.Context, batches []*data.Batch) (*Steps, error) {
	c := m.subject.Loop
	c.Epochs, c.MaxSteps, c.Accumulate = 1, len(batches), 1
	c.FullRankPhase, c.Resort = 0, train.NoResort // the steps are those of nested ranks
	loop, err := train.New(c, learner{m}, source(batches), m.subject.Sampler, nil)
	if err != nil {
		return nil, err
	}
	loop.On(train.Hook{Name: "bench", Step: func(_ *train.Loop, s train.Step) error {
		m.end(batches[s.Step-1], slices.Max(s.Ranks))
		m.begin()
		return nil
	}})
	if g := m.subject.Group; g != nil {
		if err := loop.Join(g); err != nil {
			return nil, err
		}
		g.spent = nil
	}
	m.begin()
	if err := loop.Run(ctx); err != nil {
		return nil, err
	}
	total := time.Duration(0)
	for _, s := range m.steps.Seconds {
		total += time.Duration(s * float64(time.Second))
	}
	return m.finish(map[string]time.Duration{"optimizer": total - m.learn}), nil
}

// learner is the program, with the time that ForwardBackward takes.
type learner struct{ m *meter }

func (l learner) Params() []program.Param { return l.m.subject.Program.Params() }

func (l learner) Machine() *kernel.Machine { return l.m.subject.Program.Machine() }

func (l learner) ForwardBackward(b *data.Batch, p program.Pass) (float64, error) {
	start := l.m.now()
	loss, err := l.m.subject.Program.ForwardBackward(b, p)
	l.m.learn += l.m.now().Sub(start)
	return loss, err
}

// source gives the batches, one a step.
type source []*data.Batch

func (s source) Batches() int { return len(s) }

func (s source) Batch(_, i int) (*data.Batch, error) { return s[i], nil }
