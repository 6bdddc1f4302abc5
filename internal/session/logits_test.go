package session

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/reftest"
)

// TestLogitsAtReference: a session computes what PyTorch and PEFT do, at every rank.
func TestLogitsAtReference(t *testing.T) {
	for _, name := range []string{"roberta", "bert"} {
		e := reference(t, name)
		s := opened(t, env(t), peft(e), "model: "+e.Model(), Options{AnyTask: true})
		list := make([]data.Encoded, len(e.Sequences))
		for i, ids := range e.Sequences {
			list[i] = data.Encoded{IDs: ids}
			if len(e.Types) > 0 {
				list[i].Types = e.Types[i]
			}
		}
		batch := data.Pack(list)
		for rank, want := range map[int]string{0: "base.logits", 1: "rank1.logits", 2: "rank2.logits", 4: "rank4.logits"} {
			if _, ok := e.File.Tensor(want); !ok {
				continue
			}
			got, err := LogitsAt(s.Program, batch, rank)
			must(t, err)
			reftest.Compare(t, name+" "+want, got, e.Tensor(t, want), 1e-5)
		}
	}
}

// TestLogitsAtKeeps: the logits are the caller's own and outlive the next batch.
func TestLogitsAtKeeps(t *testing.T) {
	s := onRoberta(t, Options{})
	batch := s.RandomBatch()
	first, err := LogitsAt(s.Program, batch, 1)
	must(t, err)
	kept := slices.Clone(first)
	second, err := LogitsAt(s.Program, batch, 4)
	must(t, err)
	if !slices.Equal(first, kept) || slices.Equal(first, second) || len(first) != 3*batch.Len() {
		t.Errorf("%d logits, which the next call has changed or not even read", len(first))
	}
	if _, err := LogitsAt(s.Program, batch, 5); err == nil {
		t.Error("a rank above the adapter's is taken")
	}
}

// TestRandomBatch: the same in every session, of all lengths up to the session's longest,
// of tokens that the model has.
func TestRandomBatch(t *testing.T) {
	a, b := onRoberta(t, Options{}).RandomBatch(), onRoberta(t, Options{}).RandomBatch()
	if !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.Offsets, b.Offsets) {
		t.Error("two sessions draw different batches")
	}
	if a.Len() != 16 || a.Types != nil {
		t.Fatalf("%d sequences", a.Len())
	}
	for i := range a.Len() {
		if n := int(a.Offsets[i+1] - a.Offsets[i]); n != max(2, 26*(i+1)/16) {
			t.Errorf("sequence %d has %d tokens", i, n)
		}
	}
	if top := slices.Max(a.IDs); top >= 111 || top < 90 || slices.Min(a.IDs) < 0 {
		t.Errorf("tokens from %d to %d of a vocabulary of 111", slices.Min(a.IDs), top)
	}
}
