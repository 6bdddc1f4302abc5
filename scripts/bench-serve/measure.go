package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/scripts/serving"
)

// measurement is what a side reached; times are seconds.
type measurement struct {
	Side       string  `json:"side"`
	Adapters   int     `json:"adapters"`
	Ready      float64 `json:"ready_seconds"` // median of the starts but the first: what that has cached is there
	Throughput float64 `json:"requests_per_second"`
	P50        float64 `json:"p50_seconds"`
	P90        float64 `json:"p90_seconds"`
	P99        float64 `json:"p99_seconds"`
	Single     float64 `json:"single_seconds"`         // mean of one connection
	Step       float64 `json:"step_seconds,omitempty"` // mean of the bare step of the same texts
	Target     float64 `json:"target_p99_seconds,omitempty"`
	AtTarget   float64 `json:"requests_per_second_at_target,omitempty"` // with p99 below Target
	AtPeer     float64 `json:"-"`                                       // the same, with the target of the side that it is compared with
	Peak       int64   `json:"peak_bytes"`
	Failed     int     `json:"failed"`
	Wrong      int     `json:"wrong"`
	Processor  float64 `json:"server_processor_seconds"`
	Own        float64 `json:"generator_processor_seconds"`
	First      string  `json:"first_fault,omitempty"`

	side side
}

// measure starts a side several times, and measures the last.
func (b *bench) measure(ctx context.Context, s side) (*measurement, error) {
	var ready []float64
	for range max(b.starts, 2) - 1 {
		p, err := serving.Start(ctx, b.environment(), s.command...)
		if err != nil {
			return nil, err
		}
		ready = append(ready, p.Ready.Seconds())
		if err := s.stop(p); err != nil {
			return nil, err
		}
	}
	p, err := b.start(ctx, s)
	if err != nil {
		return nil, err
	}
	ready = append(ready[1:], p.Ready.Seconds())
	slices.Sort(ready)
	m := &measurement{Side: s.name, Adapters: s.adapters, Ready: ready[len(ready)/2], side: s}
	if err := b.singles(ctx, m, p.Address); err != nil {
		return nil, errors.Join(err, s.stop(p))
	}
	before := p.Processor()
	o := serving.Load{Connections: b.connections}.Ask(ctx, p.Address, b.questions(s, 0, b.requests))
	m.count(o)
	m.Throughput, m.P50, m.P90, m.P99 = o.Throughput(), o.Quantile(0.5).Seconds(), o.Quantile(0.9).Seconds(), o.Quantile(0.99).Seconds()
	m.Processor, m.Own = (p.Processor() - before).Seconds(), o.Own.Seconds()
	_, m.Peak = p.Memory()
	return m, errors.Join(s.stop(p), ctx.Err())
}

func (m *measurement) count(o *serving.Outcome) {
	m.Failed += o.Failed
	if m.Wrong += o.Wrong; o.First != nil && m.First == "" {
		m.First = o.First.Error()
	}
}

// equal searches, for each peer and dylora with as many adapters, the rates at which p99 is that of the peer's closed load.
func (b *bench) equal(ctx context.Context, all []*measurement) error {
	if b.probes == 0 {
		return nil
	}
	for _, peer := range all {
		if peer.Side == "dylora" {
			continue
		}
		target := b.p99.Seconds()
		if target == 0 {
			target = peer.P99
		}
		rate, err := b.rate(ctx, peer, target)
		if err != nil {
			return err
		}
		peer.Target, peer.AtTarget = target, rate
		ours := find(all, "dylora", peer.Adapters)
		if ours == nil {
			continue
		}
		if ours.AtPeer, err = b.rate(ctx, ours, target); err != nil {
			return err
		}
		ours.Target, ours.AtTarget = target, ours.AtPeer
	}
	return nil
}

// rate is the highest offered rate that a side was found to answer with p99 up to a target and without a failure, by bisection
// around what its closed load reached; 0: none.
func (b *bench) rate(ctx context.Context, m *measurement, target float64) (best float64, err error) {
	p, err := b.start(ctx, m.side)
	if err != nil {
		return 0, err
	}
	low, high := 0.3*m.Throughput, 1.5*m.Throughput
	for i := range b.probes {
		rate := (low + high) / 2
		n := max(200, b.requests/4)
		o := serving.Load{Connections: 8 * b.connections, Rate: rate, Seed: b.seed + uint64(i)}.Ask(ctx, p.Address, b.questions(m.side, i*n, n))
		m.count(o)
		if o.Failed == 0 && o.Quantile(0.99).Seconds() <= target {
			low, best = rate, rate
		} else {
			high = rate
		}
		fmt.Fprintf(os.Stderr, "%s, %d adapters: p99 %.0f ms at %.0f requests/s\n", m.Side, m.Adapters, 1000*o.Quantile(0.99).Seconds(), rate)
	}
	return best, m.side.stop(p)
}

// singles measures requests of one connection and, for dylora with one adapter, in turn with them the bare step of the same texts.
func (b *bench) singles(ctx context.Context, m *measurement, address string) error {
	const turn = 10
	step := func(int) error { return nil }
	compared := m.Side == "dylora" && m.Adapters == 1
	if compared {
		var err error
		if step, err = b.stepper(ctx); err != nil {
			return err
		}
	}
	var asked, stepped time.Duration
	answers := 0
	for first := 0; first < b.single; first += turn {
		n := min(turn, b.single-first)
		o := serving.Load{Connections: 1}.Ask(ctx, address, b.questions(m.side, first, n))
		m.count(o)
		answers += len(o.Latencies)
		for _, took := range o.Latencies {
			asked += took
		}
		began := time.Now()
		for i := range n {
			if err := step(first + i); err != nil {
				return err
			}
		}
		stepped += time.Since(began)
	}
	m.Single = asked.Seconds() / float64(max(1, answers))
	if compared {
		m.Step = stepped.Seconds() / float64(max(1, b.single))
	}
	return nil
}

// stepper gives a function that executes the graph for the text of question i, which has been executed once before.
func (b *bench) stepper(ctx context.Context) (func(i int) error, error) {
	env := &session.Env{Getenv: os.Getenv}
	a, err := session.OpenAdapter(env, b.folders[0], adapter.Options{})
	if err != nil {
		return nil, err
	}
	l := settings.NewLayer(settings.Flag)
	l.Set("model", "--model", settings.Text(b.model))
	s, err := session.Open(ctx, env, a, session.Options{Layers: []*settings.Layer{l}, AnyTask: true})
	if err != nil {
		return nil, err
	}
	batches := make([]*data.Batch, b.single)
	for i := range batches {
		var e data.Encoded
		e.IDs, e.Types = s.Encoder.Tokenizer.Sequence(b.asks[i%len(b.asks)].Text, nil, s.LongestText())
		batches[i] = data.Pack([]data.Encoded{e})
	}
	step := func(i int) error {
		_, err := s.Program.Logits(batches[i], []int{a.Adapter.Rank})
		return err
	}
	for i := range b.single { // graphs are compiled for the longest
		if err := step(i); err != nil {
			return nil, err
		}
	}
	return step, nil
}

// machine names what was measured on.
func machine() []string {
	list := []string{fmt.Sprintf("%d cores", runtime.NumCPU())}
	if out, err := exec.Command("sh", "-c", "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2").Output(); err == nil {
		if s := strings.TrimSpace(string(out)); s != "" {
			list = append(list, s)
		}
	}
	return list
}
