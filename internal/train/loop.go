package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/program"
)

// Learner is a model as the loop sees it. ForwardBackward adds the gradient of Σ Weight·loss over
// the batch's sequences to Params' Grad and returns that sum. Machine is what it computes on, and
// the optimizer with it.
type Learner interface {
	Params() []program.Param
	Machine() *kernel.Machine
	ForwardBackward(b *data.Batch, p program.Pass) (float64, error)
}

// State is the loop's position: everything that a resume needs but tensors, which are the
// trained values, the optimizer's moments and a copy of the best values. A checkpoint has it
// as JSON.
type State struct {
	Epoch  int     `json:"epoch"`  // epochs done
	Batch  int     `json:"batch"`  // batches of the next epoch done
	Step   int     `json:"step"`   // optimizer steps done
	Closed int     `json:"closed"` // Step when the last epoch was evaluated; -1: none was
	Best   *Record `json:"best"`   // nil before the first evaluation
	Stale  int     `json:"stale"`  // evaluations since the best one

	Extended []int `json:"extended,omitempty"` // steps after which the finished run was made longer, ascending
}

// Loop trains a learner. It is not safe for concurrent use.
type Loop struct {
	config    Config
	learner   Learner
	source    Source
	sampler   Sampler
	validate  Validate // may be nil
	hooks     []Hook
	optimizer *Optimizer
	schedule  Schedule
	phase     phase
	state     State
	best      [][]float32 // Params' values at state.Best
	average   [][]float32 // of Params' values; nil: there is none
	sums      sums        // of gradients of micro-batches

	group    Group           // nil: this process alone
	asked    context.Context // of Run: whether this process is asked to stop
	together int             // exit code of the stop that all processes know one is asked for; 0: none
	pending  error           // of a hook, which the others are not told yet
	parcels  parcels         // what is exchanged
}

// New makes a loop that starts at the beginning. validate may be nil: then no epoch is
// the best, and patience has no effect.
func New(c Config, l Learner, src Source, s Sampler, validate Validate) (*Loop, error) {
	if err := c.Validate(); err != nil {
		return nil, fault.Errorf(fault.Usage, "train: %w", err)
	}
	if src.Batches() == 0 {
		return nil, fault.Invalidf("train: the training split has no examples")
	}
	loop := &Loop{
		config: c, learner: l, source: src, sampler: s, validate: validate,
		optimizer: NewOptimizer(l.Machine(), c, l.Params()), state: State{Closed: -1},
	}
	if _, ok := l.(Teacher); !ok && c.RanksPerStep == Distill {
		return nil, fault.Usagef("ranks_per_step: what is trained gives no answers to distil from")
	}
	loop.schedule = NewSchedule(c, loop.Steps())
	var err error
	loop.phase, err = newPhase(c, l, loop.Steps())
	loop.optimizer.phase, loop.optimizer.restart = loop.phase.steps, loop.phase.kind != NoResort
	loop.optimizer.rates = rowRates(c, s, loop.phase.rank)
	loop.beginAverage()
	return loop, err
}

// On adds hooks. They are called in the order in which they were added.
func (l *Loop) On(h ...Hook) { l.hooks = append(l.hooks, h...) }

// State is a copy of where the loop is.
func (l *Loop) State() State { return l.state }

// Config is what the loop was made with.
func (l *Loop) Config() Config { return l.config }

// Steps is the number of optimizer steps of the whole run, early stopping aside.
func (l *Loop) Steps() int { return l.stepsOf(l.config.Epochs, l.config.MaxSteps) }

// stepsOf is the number of steps of a run of so many epochs, at most most steps; 0: no bound.
func (l *Loop) stepsOf(epochs, most int) int {
	total := (l.source.Batches() + l.config.Accumulate - 1) / l.config.Accumulate * epochs
	if most > 0 {
		total = min(total, most)
	}
	return total
}

// Done says whether nothing is left to do.
func (l *Loop) Done() bool {
	if l.state.Closed != l.state.Step {
		return false
	}
	stale := l.config.Patience > 0 && l.state.Stale >= l.config.Patience
	return stale || l.state.Step >= l.Steps()
}

// Run goes on from where the loop is to the end of training. When ctx is done it finishes
// the step, calls the hooks' Stop and returns a *Stopped. A NaN or Inf ends it with
// fault.Diverged before anything is saved.
func (l *Loop) Run(ctx context.Context) error {
	l.asked = ctx
	for !l.Done() {
		if err := l.epoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// epoch takes the steps that are left of an epoch and evaluates. An epoch that MaxSteps
// cuts short is evaluated too.
func (l *Loop) epoch(ctx context.Context) error {
	for l.state.Batch < l.source.Batches() && l.state.Step < l.Steps() {
		if l.stopping(ctx) {
			return l.stop(ctx)
		}
		if err := l.step(); err != nil {
			return err
		}
	}
	if l.stopping(ctx) {
		return l.stop(ctx)
	}
	err := l.evaluate(ctx)
	if l.endsHere(ctx, err) {
		return l.stop(ctx)
	}
	if err := l.agree(err); err != nil {
		return err
	}
	if l.state.Batch >= l.source.Batches() {
		l.state.Epoch, l.state.Batch = l.state.Epoch+1, 0
	}
	l.state.Closed = l.state.Step
	return l.agree(l.call(func(h Hook) error { return run(h.Epoch, l) }))
}

// endsHere says whether err tells nothing but that the run is asked to stop, which in a group all processes know.
func (l *Loop) endsHere(ctx context.Context, err error) bool {
	if l.group == nil {
		return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
	}
	var asked *Asked
	if !errors.As(err, &asked) {
		return false
	}
	l.together = asked.Code
	return true
}

// step learns a window of batches and updates.
func (l *Loop) step() error {
	window, sequences, tokens, err := l.window()
	if err != nil {
		_, err = l.exchange(0, err)
		return err
	}
	if l.state.Step == 0 {
		if err := l.endPhase(); err != nil {
			return err
		}
	}
	loss, ranks, err := l.learn(window, sequences)
	if err != nil {
		return fmt.Errorf("train: step %d: %w", l.state.Step+1, err)
	}
	s := Step{
		Step: l.state.Step + 1, Epoch: l.state.Epoch + 1, Loss: loss, Ranks: ranks,
		LR: l.schedule.LR(l.state.Step), Examples: sequences, Tokens: tokens,
	}
	if s.GradNorm, err = l.update(s); err != nil {
		return err
	}
	l.state.Step++
	l.addAverage(l.state.Step)
	l.state.Batch += len(window)
	if err := l.endPhase(); err != nil {
		return err
	}
	err = l.call(func(h Hook) error { return run2(h.Step, l, s) })
	if l.state.Step == l.phase.steps {
		if err = l.agree(err); err == nil {
			err = l.call(func(h Hook) error { return run(h.Phase, l) })
		}
		if l.endsHere(l.asked, err) {
			return nil
		}
	}
	if l.group != nil { // the others are told at the next exchange
		l.pending, err = err, nil
	}
	return err
}

// update clips the gradient, steps the optimizer and returns the norm before clipping.
func (l *Loop) update(s Step) (norm float64, err error) {
	params, mc := l.learner.Params(), l.learner.Machine()
	norm = GradNorm(mc, params)
	if !finite(s.Loss) {
		return 0, diverged(s, "loss", s.Loss)
	}
	if !finite(norm) {
		return 0, diverged(s, "gradient's norm", norm)
	}
	if l.config.Clip > 0 {
		Clip(mc, params, norm, l.config.Clip)
	}
	l.optimizer.Step(params, s.LR, s.Ranks)
	if size := valueNorm(mc, params); !finite(size) {
		return 0, diverged(s, "weights' norm", size)
	}
	return norm, nil
}

func diverged(s Step, what string, v float64) error {
	return fault.Errorf(fault.Diverged, "train: step %d, rank %v: the %s is %v: lower lr, or set clip; the last checkpoint is as it was",
		s.Step, s.Ranks, what, v)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
