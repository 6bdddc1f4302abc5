package session

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestMoments: those of every module, over as many examples of the training split as settings allow; with the same examples they are the
// same to the bit.
func TestMoments(t *testing.T) {
	s := onRoberta(t, Options{})
	got, n, err := s.Moments(t.Context())
	must(t, err)
	examples, err := s.Split(t.Context(), "train")
	must(t, err)
	if n != len(examples) || len(got) != len(s.Adapter.Modules) {
		t.Fatalf("%d examples of %d, %d modules of %d", n, len(examples), len(got), len(s.Adapter.Modules))
	}
	again, _, err := s.Moments(t.Context())
	must(t, err)
	r := s.Adapter.Rank
	for name, m := range got {
		if len(m) != r*r || !(m[0] > 0) || !slices.Equal(m, again[name]) {
			t.Errorf("%s: %v, again %v", name, m, again[name])
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Moments(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
