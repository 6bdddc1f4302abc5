package classify_test

import (
	"fmt"
	"testing"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/session"
)

// BenchmarkSingle holds one text of one caller against the bare step of its tokens, with so many adapters loaded beside.
func BenchmarkSingle(b *testing.B) {
	folder := save(b, 8, 1, provenance("no", "yes"), nil, "query", "value")
	text := sample(20)[19]
	b.Run("step", func(b *testing.B) {
		env := &session.Env{Getenv: func(string) string { return "" }}
		a, err := session.OpenAdapter(env, folder, adapter.Options{})
		must(b, err)
		s, err := session.Open(b.Context(), env, a, session.Options{AnyTask: true})
		must(b, err)
		var e data.Encoded
		e.IDs, e.Types = s.Encoder.Tokenizer.Sequence(text, nil, 0)
		batch := data.Pack([]data.Encoded{e})
		for b.Loop() {
			if _, err := s.Program.Logits(batch, []int{8}); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, n := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("classify-%d", n), func(b *testing.B) {
			folders := map[string]string{}
			for i := range n {
				folders[fmt.Sprint(i)] = folder
			}
			c := open(b, classify.Options{Adapters: folders})
			for b.Loop() {
				if _, err := c.Classify(b.Context(), classify.Texts(text), classify.WithAdapter("0")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoad is the time in which an adapter is loaded and unloaded beside so many others.
func BenchmarkLoad(b *testing.B) {
	folder := save(b, 8, 1, provenance("no", "yes"), nil, "query", "value")
	for _, n := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			folders := map[string]string{}
			for i := range n {
				folders[fmt.Sprint(i)] = folder
			}
			c := open(b, classify.Options{Adapters: folders})
			for b.Loop() {
				_, err := c.Load(b.Context(), "more", folder, 0)
				must(b, err)
				must(b, c.Unload(b.Context(), "more"))
			}
		})
	}
}
