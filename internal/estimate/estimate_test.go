package estimate

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

func environment() *session.Env {
	return &session.Env{Now: time.Now, Getenv: func(string) string { return "" }}
}

// resolved are the settings of the demo task with some of its own, key and value by turns.
func resolved(t *testing.T, pairs ...any) *settings.Resolved {
	t.Helper()
	l := settings.NewLayer(settings.Flag)
	for i := 0; i < len(pairs); i += 2 {
		l.Set(pairs[i].(string), "test", pairs[i+1])
	}
	r, err := settings.WithRecipe(l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func predict(t *testing.T, m Machine, pairs ...any) Prediction {
	t.Helper()
	p, err := New(environment(), m).Training(context.Background(), resolved(t, pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The time is that of the operations at the rate: it grows with the steps and shrinks with threads and rate.
func TestSeconds(t *testing.T) {
	t.Parallel()
	machine := Machine{CPUs: 2, Rate: 90e9}
	work := func(m Machine, pairs ...any) float64 { // without start and loading
		t.Helper()
		p := predict(t, m, append([]any{"max_eval_examples", 1, "eval_ranks", "1", "best", "last"}, pairs...)...)
		free := predict(t, Machine{CPUs: 1, Rate: 1e30}, "max_eval_examples", 1)
		return p.Seconds - free.Seconds
	}
	once := work(machine, "max_steps", 200)
	for _, tt := range []struct {
		name string
		got  float64
		want float64 // times once
	}{
		{"twice the steps", work(machine, "max_steps", 400), 2},
		{"half the batch", work(machine, "max_steps", 200, "batch", 16), 0.5},
		{"four threads", work(Machine{CPUs: 4, Rate: 90e9}, "max_steps", 200), 0.5},
		{"the plan's own threads", work(machine, "max_steps", 200, "threads", 1), 2},
		{"a third of the rate", work(Machine{CPUs: 2, Rate: 30e9}, "max_steps", 200), 3},
		{"two passes a step", work(machine, "max_steps", 200, "ranks_per_step", "distill"), 2},
	} {
		if ratio := tt.got / once; math.Abs(ratio/tt.want-1) > 0.02 {
			t.Errorf("%s: %.3f times the time, want %v", tt.name, ratio, tt.want)
		}
	}
}

// Evaluation counts by its examples, its ranks and how often it is made.
func TestEvaluations(t *testing.T) {
	t.Parallel()
	m := Machine{CPUs: 1, Rate: 50e9}
	least := predict(t, m, "best", "last", "eval_ranks", "8").Seconds
	for name, pairs := range map[string][]any{
		"each epoch":   {"eval_ranks", "8"},
		"more ranks":   {"best", "last", "eval_ranks", "4,8"},
		"fitted heads": {"best", "last", "eval_ranks", "8", "heads", "fitted"},
		"a teacher":    {"best", "last", "eval_ranks", "8", "distill", 0.5, "full_rank_phase", 0.3},
	} {
		if got := predict(t, m, pairs...).Seconds; got <= least {
			t.Errorf("%s: %v s, not more than %v", name, got, least)
		}
	}
}

// Memory grows with the batch, and micro-batches and i16 lower it.
func TestBytes(t *testing.T) {
	t.Parallel()
	m := Machine{CPUs: 1, Rate: 50e9}
	plain := predict(t, m, "batch", 64).Bytes
	if larger := predict(t, m, "batch", 256).Bytes; larger < plain*3/2 {
		t.Errorf("%d bytes with 256 sequences, %d with 64", larger, plain)
	}
	if parts := predict(t, m, "batch", 64, "micro_batches", 8).Bytes; parts >= plain {
		t.Errorf("%d bytes in micro-batches, %d at once", parts, plain)
	}
	if coarse := predict(t, m, "batch", 64, "precision", "i16").Bytes; coarse >= plain {
		t.Errorf("%d bytes in i16, %d in float32", coarse, plain)
	}
	// Measured: 132 MB with batches of 32 of the demo task, 181 MB with those of 16 and an evaluation (docs/performance.md).
	if got := predict(t, m, "batch", 32).Bytes; got < 132e6 || got > 400e6 {
		t.Errorf("%d bytes for the built-in model", got)
	}
}

// The rate is measured where none is given.
func TestMeasured(t *testing.T) {
	t.Parallel()
	if p := predict(t, Machine{CPUs: 1}, "max_steps", 10); p.Seconds <= startSeconds || p.Seconds > 600 {
		t.Errorf("%v s", p.Seconds)
	}
}

// What is not here is an error with what is missing, and nothing is downloaded.
func TestMissing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pairs []any
		want  string
	}{
		"a model of the Hub": {[]any{"model", "nobody/nothing"}, "not in the cache"},
		"a folder":           {[]any{"model", "./nosuch"}, "nosuch"},
		"data of the user":   {[]any{"task", "nosuch.csv"}, "nosuch.csv"},
		"data of GLUE":       {[]any{"task", "rte", "data_dir", "nosuch"}, "nosuch"},
		"a rank too high":    {[]any{"rank", 5000}, "full rank"},
	} {
		_, err := New(environment(), Machine{CPUs: 1, Rate: 1e9}).Training(context.Background(), resolved(t, tt.pairs...))
		if err == nil || !strings.Contains(err.Error(), tt.want) || fault.ClassOf(err) == fault.Failure && name != "a model of the Hub" {
			t.Errorf("%s: %v, want an error with %q", name, err, tt.want)
		}
	}
}
