package classify_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

func TestContextEnds(t *testing.T) {
	t.Parallel()
	c := open(t, classify.Options{Adapters: map[string]string{"two": save(t, 2, 1, provenance("no", "yes"), nil, "query")}, MaxWait: time.Hour, MaxTokens: 1 << 20})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Classify(ctx, classify.Texts("a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	for c.Queued() > 0 {
		time.Sleep(time.Millisecond)
	}
	done := make(chan error)
	go func() {
		_, err := c.Classify(context.Background(), classify.Texts("b"))
		done <- err
	}()
	for c.Queued() == 0 {
		time.Sleep(time.Millisecond)
	}
	must(t, c.Close()) // does not wait the hour
	if err := <-done; err != nil {
		t.Errorf("a call from before the end: %v", err)
	}
	var e *classify.Error
	if _, err := c.Classify(t.Context(), classify.Texts("c")); !errors.As(err, &e) || e.Code != classify.CodeClosed {
		t.Errorf("%v", err)
	}
	if _, err := c.Load(t.Context(), "more", classify.Sentiment, 0); !errors.As(err, &e) || e.Code != classify.CodeClosed {
		t.Errorf("%v", err)
	}
}

func TestOwnBaseModel(t *testing.T) {
	t.Parallel()
	biases := func(a *adapter.Adapter) {
		h := mini(t).Config.HiddenSize
		data := make([]float32, h)
		for k := range data {
			data[k] = float32(k%7) / 10
		}
		a.Biases = []weights.Tensor{{Name: "roberta.encoder.layer.0.output.dense.bias", Shape: []int{h}, Data: data}}
	}
	folders := map[string]string{"plain": save(t, 2, 1, provenance("no", "yes"), nil, "query"), "biased": save(t, 2, 1, provenance("no", "yes"), biases, "query")}
	var seen executions
	c := open(t, classify.Options{Adapters: folders, Observe: seen.add})
	r, err := c.Classify(t.Context(), classify.Texts("a film", "a film", "a story"), classify.WithEach(func(i int) (string, int) { return []string{"plain", "biased"}[i%2], 1 }))
	must(t, err)
	if slices.Equal(r[0].Logits, r[1].Logits) {
		t.Error("biases have no effect")
	}
	if most := seen.most(func(x classify.Execution) int { return x.Adapters }); most != 1 {
		t.Errorf("%d adapters in one execution", most)
	}
	must(t, c.Unload(t.Context(), "plain"))
	again, err := c.Classify(t.Context(), classify.Texts("a film"), classify.WithRank(1))
	must(t, err)
	if !slices.Equal(again[0].Logits, r[1].Logits) {
		t.Error("other bits without the other adapter")
	}
}

// TestDefaultRanks: calls that name no rank get the one that Open was given for the adapter, or for all.
func TestDefaultRanks(t *testing.T) {
	o := classify.Options{Adapters: map[string]string{"a": classify.Sentiment, "b": classify.Sentiment}, DefaultRanks: map[string]int{"": 3, "b": 5}, Threads: 1}
	c, err := classify.Open(t.Context(), o)
	must(t, err)
	defer c.Close()
	for name, want := range map[string]int{"a": 3, "b": 5} {
		r, err := c.Classify(t.Context(), classify.Texts("a fine film"), classify.WithAdapter(name))
		must(t, err)
		if r[0].Rank != want {
			t.Errorf("%s answers at rank %d, want %d", name, r[0].Rank, want)
		}
	}
	var told *classify.Error
	o.DefaultRanks["b"] = 99
	if _, err := classify.Open(t.Context(), o); !errors.As(err, &told) || told.Code != classify.CodeRank || told.Adapter != "b" {
		t.Errorf("rank 99: %v", err)
	}
}
