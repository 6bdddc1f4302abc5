package bench_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/train"
)

// ticking is a clock that moves by a microsecond whenever it is read: what is measured is
// how often it was, the same in every run.
func ticking() *model.Clock {
	now := time.Unix(1000, 0)
	return &model.Clock{Now: func() time.Time {
		now = now.Add(time.Microsecond)
		return now
	}}
}

// subject is a small random encoder with an adapter on queries, and n batches, on one thread
// and timed by a ticking clock.
func subject(t *testing.T, n int, training bool) *bench.Subject {
	t.Helper()
	m, err := model.Random(kerneltest.New(t).WithThreads(1), &model.Config{ModelType: "roberta", VocabSize: 100, HiddenSize: 64, Layers: 2, Heads: 2, IntermediateSize: 128,
		MaxPositions: 40, TypeVocabSize: 1, PadToken: 1, LayerNormEps: 1e-5, InitializerRange: 0.02, HiddenDropout: 0.1}, 1, kernel.Float32)
	if err != nil {
		t.Fatal(err)
	}
	projections, err := m.Projections([]string{"query"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.New(4, 8, adapter.Paper, projections, m.Head(2, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	s := &bench.Subject{Clock: ticking(), Rank: 4, Train: training, Loop: train.DefaultConfig()}
	if s.Program, err = program.New(m, a, &data.Task{Name: "two", Labels: []string{"no", "yes"}}, program.Options{Dropout: true, Clock: s.Clock}); err != nil {
		t.Fatal(err)
	}
	if s.Sampler, err = adapter.NewSampler("uniform", 1, 4, 1); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		var es []data.Encoded
		for j := range 6 {
			es = append(es, data.Encoded{IDs: make([]int32, 3+(i+j)%5), Class: int32(j % 2)})
		}
		s.Batches = append(s.Batches, data.Pack(es))
	}
	return s
}

// Every step is counted once, in order, and what the operations take adds up to the steps.
func TestSteps(t *testing.T) {
	for _, training := range []bool{true, false} {
		s := subject(t, 7, training)
		steps, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(steps.Seconds) != 7 || len(steps.Flops) != 7 {
			t.Fatalf("train %v: %d steps, %d counts", training, len(steps.Seconds), len(steps.Flops))
		}
		total, sum := 0.0, 0.0
		for i, b := range s.Batches {
			total += steps.Seconds[i]
			rank := 4
			if training { // two steps are not counted
				rank = s.Sampler.Rank(s.Loop.Seed, i+2)
			}
			if steps.Tokens[i] != b.Tokens() || steps.Examples[i] != 6 || steps.Flops[i] != s.Program.Flops(b, rank, training).Total() {
				t.Errorf("train %v, step %d: %d tokens, %d examples, %d operations", training, i, steps.Tokens[i], steps.Examples[i], steps.Flops[i])
			}
		}
		if len(steps.Available) != 7 || slices.Min(steps.Available) < 1e6 {
			t.Errorf("train %v: the micro-kernel had %v", training, steps.Available)
		}
		for name, seconds := range steps.Ops {
			sum += 7 * seconds
			if seconds < 0 {
				t.Errorf("train %v: %s takes %v s", training, name, seconds)
			}
		}
		if math.Abs(sum-total) > 0.02*total {
			t.Errorf("train %v: operations take %v s, steps %v s", training, sum, total)
		}
		for _, name := range []string{"gemm", "attention", "gelu", "layernorm", "adapter", "gorgonia"} {
			if steps.Ops[name] == 0 {
				t.Errorf("train %v: no time for %s", training, name)
			}
		}
		if (steps.Ops["optimizer"] > 0) != training || (steps.Ops["dropout"] > 0) != training {
			t.Errorf("train %v: optimizer %v s, dropout %v s", training, steps.Ops["optimizer"], steps.Ops["dropout"])
		}
	}
}

// A stop is an error, in training and in evaluation.
func TestStepsStop(t *testing.T) {
	stop := errors.New("enough")
	for _, training := range []bool{true, false} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stop)
		if _, err := subject(t, 2, training).Run(ctx); !errors.Is(err, stop) {
			t.Errorf("train %v: %v", training, err)
		}
	}
}

func TestReport(t *testing.T) {
	r := &bench.Report{Model: "m", Mode: "train", Precision: "float32"}
	r.Set(&bench.Steps{Seconds: []float64{1, 2, 4}, Flops: []int64{10, 10, 10}, Available: []float64{10, 20, 5}, Examples: []int{8, 8, 8}, Tokens: []int{20, 40, 90},
		Ops: map[string]float64{"gemm": 2, "waiting": 0.5}})
	r.SetPeak(20)
	if r.ExamplesPerSecond != 4 || r.TokensPerSecond != 20 || r.FlopsPerSecond != 5 || r.ShareOfPeak != 0.25 || r.Available != 10 || r.ShareOfAvailable != 0.5 || r.StepSeconds != 2 ||
		r.StepMin != 1 || r.StepMax != 4 || r.TokensPerStep != 50 || r.Steps != 3 {
		t.Errorf("%+v", r)
	}
	var table, svg strings.Builder
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4.0 examples/s", "25 % of the peak", "50 % of that", "gemm", "2000.00", "80.0 %", "20.0 %"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
	if strings.Contains(table.String(), "gelu") {
		t.Error("the table has an operation that takes no time")
	}
	if err := r.WriteSVG(&svg); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(svg.String(), ">waiting</text>") || strings.Contains(svg.String(), ">gelu</text>") {
		t.Errorf("bars of the chart:\n%s", svg.String())
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		v    []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := bench.Median(tt.v); got != tt.want {
			t.Errorf("median of %v is %v, want %v", tt.v, got, tt.want)
		}
	}
}

// Every precision has a peak, one that does not exist none; products are measured on one
// thread and on all.
func TestPeaks(t *testing.T) {
	mc := kerneltest.New(t).WithThreads(2)
	for _, p := range bench.Precisions() {
		if r := bench.Peak(mc, p, 1, 8*time.Millisecond); !(r.Flops > 1e6) {
			t.Errorf("%s: %v", p, r)
		}
	}
	if r := bench.Peak(mc, "float8", 1, time.Millisecond); r.Flops != 0 {
		t.Errorf("float8: %v", r)
	}
	rates, err := bench.Products(t.Context(), mc, kernel.I16, []bench.Shape{{What: "p", Out: 40, In: 24}}, 9, time.Millisecond)
	if err != nil || len(rates) != 4 {
		t.Fatalf("%v, %v", rates, err)
	}
	for i, want := range []string{"p forwards", "p backwards", "p forwards", "p backwards"} {
		if r := rates[i]; r.What != want || r.Threads != 1+i/2 || !(r.Flops > 0) {
			t.Errorf("rate %d: %+v", i, r)
		}
	}
}

func TestPeakRSS(t *testing.T) {
	if rss := bench.PeakRSS(); rss < 1<<20 {
		t.Errorf("%d bytes", rss)
	}
}
