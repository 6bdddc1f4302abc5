package evaluate

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

var (
	sentiment  = &data.Task{Name: "sst2", Labels: []string{"0", "1"}, Metrics: []string{"accuracy", "f1"}}
	similarity = &data.Task{Name: "stsb", Kind: data.Regression, Metrics: []string{"pearson", "spearman"}}
)

// arithmetic is a Scorer whose logits are a function of a sequence's ids and rank alone.
type arithmetic struct {
	outputs int
	calls   []call
	after   func() // called at the end of each call
	spoil   func(logits []float32)
}

type call struct{ sequences, tokens int }

func (s *arithmetic) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	if len(ranks) != b.Len() || len(b.Index) != b.Len() || len(b.Classes) != b.Len() || int(b.Offsets[b.Len()]) != len(b.IDs) {
		return nil, errors.New("the batch contradicts itself")
	}
	for i, typ := range b.Types { // as split gives them to the ids
		if id := b.IDs[i]; typ != (id/10+id%10)%2 || len(b.Types) != len(b.IDs) {
			return nil, errors.New("a token has another's type")
		}
	}
	s.calls = append(s.calls, call{b.Len(), b.Tokens()})
	logits := make([]float32, 0, b.Len()*s.outputs)
	for i, rank := range ranks {
		for j := range s.outputs {
			logits = append(logits, logit(b.IDs[b.Offsets[i]:b.Offsets[i+1]], rank, j))
		}
	}
	if s.spoil != nil {
		s.spoil(logits)
	}
	if s.after != nil {
		s.after()
	}
	return logits, nil
}

func logit(ids []int32, rank, output int) float32 {
	h := uint32(rank*7 + output*13 + 1)
	for _, id := range ids {
		h = (h ^ uint32(id)) * 16777619
	}
	return float32(h>>16)/65536 - 0.5
}

// split is n encoded examples of 1 to 5 tokens.
func split(n int) []data.Encoded {
	es := make([]data.Encoded, n)
	for i := range es {
		es[i] = data.Encoded{Index: i, Class: int32(i*i%3) % 2, Score: float32(i%6) * 0.9}
		for j := range 1 + i*i%5 {
			es[i].IDs, es[i].Types = append(es[i].IDs, int32(i*10+j)), append(es[i].Types, int32(i+j)%2)
		}
	}
	return es
}

// cut packs es into batches of the given sizes, the last of which repeats.
func cut(es []data.Encoded, sizes ...int) iter.Seq[*data.Batch] {
	return func(yield func(*data.Batch) bool) {
		rest := es
		for i := 0; len(rest) > 0; i++ {
			n := min(len(rest), sizes[min(i, len(sizes)-1)])
			if !yield(data.Pack(rest[:n])) {
				return
			}
			rest = rest[n:]
		}
	}
}

func TestRun(t *testing.T) {
	es := split(50)
	scorer := &arithmetic{outputs: 2}
	var progress []int
	results, err := Run(t.Context(), scorer, cut(es, 20), sentiment, []int{8, 0, 1},
		Options{Progress: func(n int) { progress = append(progress, n) }})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{20, 40, 50}; !slices.Equal(progress, want) {
		t.Errorf("progress %v, want %v", progress, want)
	}
	if len(scorer.calls) != 3 || scorer.calls[0].sequences != 60 {
		t.Errorf("calls %v, want three of all ranks", scorer.calls)
	}
	for i, rank := range []int{8, 0, 1} {
		r := results[i]
		if r.Rank != rank || r.Len() != 50 || r.Outputs != 2 {
			t.Fatalf("result %d: rank %d, %d examples, %d outputs", i, r.Rank, r.Len(), r.Outputs)
		}
		right := 0
		for j, e := range es {
			if r.Index[j] != j || r.Classes[j] != e.Class {
				t.Fatalf("rank %d, row %d: index %d, class %d", rank, j, r.Index[j], r.Classes[j])
			}
			want := []float32{logit(e.IDs, rank, 0), logit(e.IDs, rank, 1)}
			if !slices.Equal(r.Row(j), want) {
				t.Errorf("rank %d, row %d: logits %v, want %v", rank, j, r.Row(j), want)
			}
			if (want[1] > want[0]) == (e.Class == 1) {
				right++
			}
		}
		if head := r.Metrics.Headline(); head != (Metric{"accuracy", Number(float64(right) / 50)}) {
			t.Errorf("rank %d: headline %v, want %d right of 50", rank, head, right)
		}
		if len(r.Metrics) != 2 || r.Metrics.Get("f1") != F1(r.Classes, r.Predictions()) {
			t.Errorf("rank %d: metrics %v", rank, r.Metrics)
		}
	}
}

// TestRunWithoutLabels: a test split has logits, and metrics that are undefined, not 0.
func TestRunWithoutLabels(t *testing.T) {
	es := split(5)
	for i := range es {
		es[i].Class = data.NoLabel
	}
	results, err := Run(t.Context(), &arithmetic{outputs: 2}, cut(es, 5), sentiment, []int{1}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(results[0].Predictions()) != 5 || len(results[0].Metrics) != 2 || results[0].Metrics.Headline() != (Metric{Name: "accuracy"}) {
		t.Errorf("result %+v", results[0])
	}
}

func TestRunRegression(t *testing.T) {
	es := split(12)
	results, err := Run(t.Context(), &arithmetic{outputs: 1}, cut(es, 5), similarity, []int{2}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var scores, predictions []float64
	for _, e := range es {
		scores, predictions = append(scores, float64(e.Score)), append(predictions, float64(logit(e.IDs, 2, 0)))
	}
	want := Metrics{{"pearson", Pearson(scores, predictions)}, {"spearman", Spearman(scores, predictions)}}
	if !slices.Equal(results[0].Metrics, want) {
		t.Errorf("metrics %v, want %v", results[0].Metrics, want)
	}
}

// TestRunAnyBatches: neither the batches, nor their order, nor the bound on tokens, nor
// what other ranks are asked for changes a bit of a result.
func TestRunAnyBatches(t *testing.T) {
	for _, task := range []*data.Task{sentiment, similarity} {
		rapid.Check(t, func(t *rapid.T) {
			es := split(rapid.IntRange(1, 40).Draw(t, "examples"))
			run := func(es []data.Encoded, sizes []int, ranks []int, maxTokens int) []Result {
				s := &arithmetic{outputs: Outputs(task)}
				results, err := Run(context.Background(), s, cut(es, sizes...), task, ranks, Options{MaxTokens: maxTokens})
				if err != nil {
					t.Fatal(err)
				}
				return results
			}
			ranks := []int{1, 2, 4, 8}
			want := run(es, []int{len(es)}, ranks, 0)
			sizes := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 6).Draw(t, "sizes")
			maxTokens := rapid.IntRange(0, 60).Draw(t, "max tokens")
			shuffled := rapid.Permutation(es).Draw(t, "order")
			if diff := cmp.Diff(want, run(shuffled, sizes, ranks, maxTokens), cmp.AllowUnexported(Value{})); diff != "" {
				t.Errorf("batched otherwise (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want[2:3], run(es, sizes, ranks[2:3], maxTokens), cmp.AllowUnexported(Value{})); diff != "" {
				t.Errorf("one rank alone (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRunBound: calls stay within MaxTokens, save one rank of a batch that is larger.
func TestRunBound(t *testing.T) {
	es := split(30)
	batches := slices.Collect(cut(es, 4))
	scorer := &arithmetic{outputs: 2}
	const bound = 40
	if _, err := Run(t.Context(), scorer, slices.Values(batches), sentiment, []int{1, 2, 3, 4, 5}, Options{MaxTokens: bound}); err != nil {
		t.Fatal(err)
	}
	if len(scorer.calls) <= len(batches) || len(scorer.calls) >= 5*len(batches) {
		t.Errorf("%d calls for %d batches at 5 ranks: ranks are not grouped", len(scorer.calls), len(batches))
	}
	for _, c := range scorer.calls {
		if c.tokens > bound {
			t.Errorf("a call of %d tokens, the bound is %d", c.tokens, bound)
		}
	}
	scorer.calls = nil
	if _, err := Run(t.Context(), scorer, cut(es, 30), sentiment, []int{1, 2}, Options{MaxTokens: 3}); err != nil {
		t.Fatal(err)
	}
	if want := []call{{30, 90}, {30, 90}}; !slices.Equal(scorer.calls, want) {
		t.Errorf("a batch above the bound: calls %v, want %v", scorer.calls, want)
	}
	for _, tt := range []struct{ tokens, ranks, want int }{{4096, 8, 512}, {4, 8, 1}, {0, 1, 1}, {100, 0, 100}} {
		if got := BaseTokens(tt.tokens, tt.ranks); got != tt.want {
			t.Errorf("BaseTokens(%d, %d) = %d, want %d", tt.tokens, tt.ranks, got, tt.want)
		}
	}
}

func TestRunErrors(t *testing.T) {
	nan := func(at int, v float64) func([]float32) {
		return func(logits []float32) { logits[at] = float32(v) }
	}
	broken := errors.New("scorer broke")
	odd := *sentiment
	odd.Metrics = []string{"pearson"}
	tests := []struct {
		name     string
		scorer   Scorer
		task     *data.Task
		examples int
		class    fault.Class
		want     string
	}{
		{"NaN", &arithmetic{outputs: 2, spoil: nan(5, math.NaN())}, sentiment, 4, fault.Diverged,
			"example 2 at rank 3: logit 1 is NaN"},
		{"Inf in the second rank's copy", &arithmetic{outputs: 2, spoil: nan(8, math.Inf(-1))}, sentiment, 4, fault.Diverged,
			"example 0 at rank 7: logit 0 is -Inf"},
		{"too few logits", &arithmetic{outputs: 1}, sentiment, 4, fault.Failure, "8 logits for 8 sequences of 2 outputs"},
		{"scorer fails", failing{broken}, sentiment, 4, fault.Failure, "scorer broke"},
		{"no examples", &arithmetic{outputs: 2}, sentiment, 0, fault.Invalid, "task sst2: no examples"},
		{"a metric of another kind", &arithmetic{outputs: 2}, &odd, 4, fault.Failure, `task sst2: metric "pearson"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, err := Run(t.Context(), tt.scorer, cut(split(tt.examples), 4), tt.task, []int{3, 7}, Options{})
			if err == nil || results != nil {
				t.Fatalf("Run = %v, %v; want an error", results, err)
			}
			if fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q of class %d; want %q of class %d", err, fault.ClassOf(err), tt.want, tt.class)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Logits(*data.Batch, []int) ([]float32, error) { return nil, f.err }

func TestRunCancelled(t *testing.T) {
	for _, at := range []int{0, 1, 2, 5} {
		ctx, cancel := context.WithCancel(t.Context())
		scorer := &arithmetic{outputs: 2}
		scorer.after = func() {
			if len(scorer.calls) == at {
				cancel()
			}
		}
		if at == 0 {
			cancel()
		}
		// five calls: the last cancels after all work is done, and still counts
		_, err := Run(ctx, scorer, cut(split(10), 2), sentiment, []int{1}, Options{})
		if !errors.Is(err, context.Canceled) || len(scorer.calls) != at {
			t.Errorf("cancelled in call %d: %v after %d calls", at, err, len(scorer.calls))
		}
		cancel()
	}
}

func TestPredictionsTie(t *testing.T) {
	r := Result{Outputs: 3, Index: []int{0, 1, 2}, Logits: []float32{1, 1, 0, -1, 2, 2, 0, 0, 0}}
	if got, want := r.Predictions(), []int32{0, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("predictions %v, want the lowest of equals %v", got, want)
	}
}
