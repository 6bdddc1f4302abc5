package demo

import (
	"fmt"
	"hash/fnv"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/seed"
)

// TestDraws pins the numbers behind the sentences.
func TestDraws(t *testing.T) {
	for _, tt := range []struct {
		seed uint64
		n    int
		want []int
	}{
		{1, 1000, []int{566, 745, 971, 444, 444, 762}},
		{2, 7, []int{4, 5, 4, 5, 2, 2}},
		{1 << 63, 1 << 40, []int{309753586194, 843686754470, 419405627336, 383026365315, 53829824116, 332833367690}},
	} {
		w, got := &writer{random: seed.NewStream(tt.seed)}, []int(nil)
		for range 6 {
			got = append(got, w.draw(tt.n))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("seed %d below %d: %v, want %v", tt.seed, tt.n, got, tt.want)
		}
	}
}

// TestSentencesStay pins both splits: results on the demo compare from version to version.
func TestSentencesStay(t *testing.T) {
	for name, tt := range map[string]struct {
		sentences []Sentence
		want      uint64
	}{"train": {Train(), 0xde410419a5efd3c5}, "dev": {Dev(), 0x31bfc35c58acccac}} {
		h := fnv.New64a()
		for _, s := range tt.sentences {
			fmt.Fprintln(h, s.Text, s.Positive, s.Construct)
		}
		if got := h.Sum64(); got != tt.want {
			t.Errorf("%s: %#x, want %#x", name, got, tt.want)
		}
	}
}
