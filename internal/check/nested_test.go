package check

import (
	"context"
	"errors"
	"github.com/dylora/dylora/internal/data"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// opened is checkSession's adapter, stored with what p says of it and opened as the commands
// do, for 40 examples of the built-in task.
func opened(t *testing.T, p adapter.Provenance) *session.Session {
	t.Helper()
	made := checkSession(t, kerneltest.New(t), os.DirFS(tiny(t)))
	p.Task, p.Model, p.Labels, p.ModelHash = "demo", tiny(t), []string{"negative", "positive"}, made.Encoder.Model.Hash
	dir := filepath.Join(t.TempDir(), "a")
	if err := adapter.Save(dir, made.Adapter, &p, adapter.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	env := &session.Env{Getenv: func(name string) string { return map[string]string{"DYLORA_CACHE": "off"}[name] }, Now: time.Now}
	stored, err := session.OpenAdapter(env, dir, adapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Open(t.Context(), env, stored, session.Options{
		Layers: []*settings.Layer{settings.YAMLLayer(settings.Flag, "test.yaml", []byte("max_eval_examples: 40"))}, Exact: true, Split: "dev",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRun: the whole report of an adapter; what its files say decides whether it is nested,
// and what was measured only where they say nothing.
func TestRun(t *testing.T) {
	for _, tt := range []struct {
		p        adapter.Provenance
		verdict  Verdict
		measured bool // decides
	}{
		{adapter.Provenance{RankMin: 1, RankMax: 3, Sampler: "uniform"}, Yes, false},
		{adapter.Provenance{RankMin: 3, RankMax: 3, Sampler: "uniform"}, No, false},
		{adapter.Provenance{RankMin: 3, RankMax: 3, Sampler: "uniform", Nested: adapter.BySVD}, Unknown, true},
		{adapter.Provenance{}, Unknown, true},
	} {
		s := opened(t, tt.p)
		ranks := []int{1, 3}
		r, err := Run(t.Context(), s, ranks)
		if err != nil {
			t.Fatal(err)
		}
		if r.Adapter != s.Folder || r.Rank != 3 || !r.RoundTrip || len(r.Checks) != 6 || r.Nested != tt.verdict || !r.Holds || r.Err() != nil || r.Notes == nil {
			t.Errorf("%+v: %+v", tt.p, r)
		}
		if len(r.Agreement) != 2 || r.Agreement[1].Share != 1 || r.Agreement[0].Share < 0 || r.Agreement[0].Share > 1 || r.Agreement[0].Value != nil {
			t.Errorf("agreement %+v", r.Agreement)
		}
		why := r.Why
		if err := r.Measure(t.Context(), s, ranks); err != nil {
			t.Fatal(err)
		}
		results, err := s.Measure(t.Context(), "dev", ranks)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range r.Agreement {
			if a.Value == nil || *a.Value != results[i].Metrics.Headline().Value || results[i].Rank != a.Rank {
				t.Errorf("rank %d: %v, measured %v", a.Rank, a.Value, results[i].Metrics)
			}
		}
		if (r.Why != why) != tt.measured || !tt.measured && r.Nested != tt.verdict {
			t.Errorf("%s: %s, before %s", r.Nested, r.Why, why)
		}
	}
}

// TestRunStops: a check that is not wanted any more ends.
func TestRunStops(t *testing.T) {
	s := checkSession(t, kerneltest.New(t), os.DirFS(tiny(t)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, s, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestAgree: of few examples as of many, each is compared once: less than a batch, one batch
// exactly, and fewer than are asked for.
func TestAgree(t *testing.T) {
	s := opened(t, adapter.Provenance{})
	all, err := builtIn()
	if err != nil || len(all) != sentences {
		t.Fatalf("%d sentences, %v", len(all), err)
	}
	for _, n := range []int{1, 25, 26, sentences - 1} {
		got, err := agree(t.Context(), s, all[:n], []int{1, 2, 3})
		if err != nil || len(got) != 3 || got[0].Rank != 1 || got[2] != (Agreement{Rank: 3, Share: 1}) {
			t.Fatalf("%d examples: %+v, %v", n, got, err)
		}
		for _, a := range got {
			if same := a.Share * float64(n); math.Abs(same-math.Round(same)) > 1e-9 || a.Share > 1 {
				t.Errorf("%d examples, rank %d: a share of %v", n, a.Rank, a.Share)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := agree(ctx, s, all, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// TestAlike: rows with the same answer, or the correlation of the outputs.
func TestAlike(t *testing.T) {
	for _, tt := range []struct {
		a, b   []float32
		kind   data.Kind
		labels int
		want   float64
	}{
		{[]float32{1, 2, 5, 3}, []float32{0, 9, 8, 7}, data.Classification, 2, 1},
		{[]float32{1, 2, 5, 3}, []float32{9, 0, 8, 7}, data.Classification, 2, 0.5},
		{[]float32{1, 2, 3}, []float32{3, 2, 1}, data.Classification, 3, 0},
		{[]float32{1, 2, 3}, []float32{2, 4, 6}, data.Regression, 0, 1},
		{[]float32{1, 2, 3}, []float32{3, 2, 1}, data.Regression, 0, -1},
		{[]float32{1, 1, 1}, []float32{3, 2, 1}, data.Regression, 0, 0}, // undefined
		{[]float32{1, 3, 2, 2, 3, 1}, []float32{2, 1, 4, 2, 6, 3}, data.Regression, 2, 0},
		{[]float32{1, -1, 2, 3}, []float32{9, -2, -1, 3}, data.MultiLabel, 2, 0.5},
		{[]float32{1, -1, 2, 3}, []float32{9, -2, 1, 3}, data.MultiLabel, 2, 1},
	} {
		task := &data.Task{Kind: tt.kind, Labels: make([]string, tt.labels), Threshold: 0.5}
		if got := alike(task, tt.a, tt.b); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v and %v of a %s with %d labels: %v, want %v", tt.a, tt.b, tt.kind, tt.labels, got, tt.want)
		}
	}
}

// TestJudge: half of the gain over always the same answer is enough.
func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		baseline, full, least float64
		verdict               Verdict
		why                   string
	}{
		{0.5, 0.9, 0.9, Yes, "every rank keeps at least 100 % of the gain in accuracy on dev"},
		{0.5, 0.75, 0.625, Yes, "every rank keeps at least 50 % of the gain in accuracy on dev"},
		{0.5, 0.75, 0.62, No, "rank 2 keeps 48 % of the gain in accuracy on dev"},
		{0.5, 0.75, 0.4, No, "rank 2 keeps 0 % of the gain in accuracy on dev"},
		{0.5, 0.5, 0.5, Unknown, "the files do not say, and accuracy on dev is no better than always the same answer"},
		{0.5, 0.4, 0.3, Unknown, "no better than always the same answer"},
		{0.5, math.NaN(), 0.3, Unknown, "no better than always the same answer"},
	} {
		r := Report{Nested: Unknown}
		r.judge(evaluate.Name("accuracy"), tt.baseline, tt.full, tt.least, 2)
		if r.Nested != tt.verdict || !strings.Contains(r.Why, tt.why) {
			t.Errorf("%+v: %s, %s", tt, r.Nested, r.Why)
		}
	}
}

// TestRequireNested: it is asked for on top of the rest, and can be asked for again.
func TestRequireNested(t *testing.T) {
	for _, tt := range []struct {
		nested    Verdict
		roundTrip bool
		holds     bool
	}{{Yes, true, true}, {No, true, false}, {Unknown, true, false}, {Yes, false, false}} {
		r := Report{Nested: tt.nested, RoundTrip: tt.roundTrip, Holds: true}
		r.RequireNested()
		if r.Holds != tt.holds {
			t.Errorf("%+v: holds %t", tt, r.Holds)
		}
		r.Nested, r.RoundTrip = Yes, true // as a measurement may find
		if r.RequireNested(); !r.Holds {
			t.Errorf("%+v: does not hold when it is nested", tt)
		}
	}
}

// TestRanks: all of them up to 16, then the powers of two and the last.
func TestRanks(t *testing.T) {
	if got := Ranks(3); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("of 3: %v", got)
	}
	if got := Ranks(16); len(got) != 16 || got[15] != 16 {
		t.Errorf("of 16: %v", got)
	}
	if got := Ranks(17); !slices.Equal(got, []int{1, 2, 4, 8, 16, 17}) {
		t.Errorf("of 17: %v", got)
	}
}
