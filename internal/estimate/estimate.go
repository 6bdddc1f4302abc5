// Package estimate predicts the time and the memory that a training takes, before it is trained: from the operations of its products,
// the rate of the processor, and the sizes of what it keeps in memory. It reads configuration, tokenizer and data, and no weights.
package estimate

import (
	"context"
	"fmt"
	"time"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Prediction is what a training is expected to take, from its start to its end and by itself on the machine.
type Prediction struct {
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"` // most memory that is resident at a time
}

// Machine is where a training is to run.
type Machine struct {
	CPUs int     // threads of each training
	Rate float64 // operations a second of the micro-kernel on one thread; 0: this machine's, which is measured
}

// peakTime is how long the rate of one precision is measured.
const peakTime = 100 * time.Millisecond

// Estimator predicts trainings, and keeps what several of them have in common.
type Estimator struct {
	env     *session.Env
	machine Machine
	rates   map[string]float64
	known   map[subjectKey]*subject
}

// subjectKey are the settings that decide what is read.
type subjectKey struct {
	data    settings.Data
	targets string
	rank    int
	newHead bool
}

// subject is what trainings of the same data and model share.
type subject struct {
	*finetune.Survey
	train, dev []int // tokens of the examples of the sample
}

// New makes an estimator for a machine. It never downloads: what is not on this machine is an error when a training needs it.
func New(env *session.Env, m Machine) *Estimator {
	quiet := &session.Env{Now: env.Now, Version: env.Version, Getenv: func(name string) string {
		if name == "HF_HUB_OFFLINE" {
			return "1"
		}
		return env.Getenv(name)
	}}
	return &Estimator{env: quiet, machine: m, rates: map[string]float64{}, known: map[subjectKey]*subject{}}
}

// Training predicts a training with these settings.
func (e *Estimator) Training(ctx context.Context, r *settings.Resolved) (Prediction, error) {
	rate, err := e.rate(r)
	if err != nil {
		return Prediction{}, err
	}
	s, err := e.subject(ctx, r)
	if err != nil {
		return Prediction{}, err
	}
	return s.predict(r, rate)
}

// predict is the prediction of a training of what s has read, at so many operations a second.
func (s *subject) predict(r *settings.Resolved, rate float64) (Prediction, error) {
	c := &costs{subject: s, r: r}
	flops, err := c.operations()
	if err != nil {
		return Prediction{}, err
	}
	held := s.Config.WeightBytes(r.Machine.Precision)
	reached := rate * share(s.Config.HiddenSize)
	return Prediction{Seconds: startSeconds + float64(held)/loadRate + flops/reached, Bytes: s.Footprint(r, s.train).Total()}, nil
}

// rate is that of all threads in the precision of a training.
func (e *Estimator) rate(r *settings.Resolved) (float64, error) {
	threads := e.machine.CPUs
	if set := r.Machine.Threads; set > 0 {
		threads = set
	}
	if e.machine.Rate > 0 {
		return e.machine.Rate * float64(threads), nil
	}
	key := r.Machine.Kernel + " " + r.Machine.Precision.String()
	if _, ok := e.rates[key]; !ok {
		mc, err := kernel.New(r.Machine.Kernel, 1)
		if err != nil {
			return 0, fault.Usagef("kernel: %w", err)
		}
		e.rates[key] = bench.Peak(mc, r.Machine.Precision.String(), 1, peakTime).Flops
	}
	if e.rates[key] == 0 {
		return 0, fault.Usagef("precision: %s has no rate that could be measured here", r.Machine.Precision)
	}
	return e.rates[key] * float64(threads), nil
}

// subject reads what a training learns.
func (e *Estimator) subject(ctx context.Context, r *settings.Resolved) (*subject, error) {
	key := subjectKey{r.Data, r.Adapter.Targets, r.Adapter.Rank, r.Adapter.NewHead}
	if s := e.known[key]; s != nil {
		return s, nil
	}
	survey, err := finetune.NewSurvey(ctx, e.env, r, finetune.Place{})
	if err != nil {
		return nil, err
	}
	s := newSubject(ctx, survey)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.known[key] = s
	return s, nil
}

func newSubject(ctx context.Context, s *finetune.Survey) *subject {
	of := func(examples []data.Example) []int { return finetune.Lengths(ctx, s.Tokenizer, s.MaxLength, examples) }
	return &subject{Survey: s, train: of(s.Train), dev: of(s.Dev)}
}

func (p Prediction) String() string {
	return fmt.Sprintf("%.0f s, %d MiB", p.Seconds, p.Bytes>>20)
}
