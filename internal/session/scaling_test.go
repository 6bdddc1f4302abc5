package session

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
)

// TestScaledSlices: with every scaling a slice computes the bits of the whole adapter at its rank, a
// slice of a slice too, a merged checkpoint the same but for rounding; and the compatible form,
// which has another scale below its rank, says that it is not nested.
func TestScaledSlices(t *testing.T) {
	e := reference(t, "roberta")
	for _, text := range []string{"paper", "sqrt", "constant", "power:0.75"} {
		t.Run(text, func(t *testing.T) {
			whole, dir := storedRoberta(t), t.TempDir()
			var err error
			whole.Adapter.Scaling, err = adapter.ParseScaling(text)
			must(t, err)
			logits := func(folder string, rank int) []float32 {
				s := opened(t, env(t), folder, "model: "+e.Model(), Options{AnyTask: true})
				v, err := LogitsAt(s.Program, s.RandomBatch(), rank)
				must(t, err)
				return v
			}
			cut := func(a *StoredAdapter, rank int, f Form, name string) string {
				out := filepath.Join(dir, name)
				_, err := a.Slice([]int{rank}, f, out, false)
				must(t, err)
				return out
			}
			full := cut(whole, 4, Form{}, "full")
			want := logits(full, 2)
			three := cut(whole, 3, Form{}, "three")
			for name, folder := range map[string]string{
				"the slice": cut(whole, 2, Form{}, "two"), "a slice of a slice": cut(asPEFT(t, three), 2, Form{}, "again"), "a higher slice": three,
			} {
				if got := logits(folder, 2); !slices.Equal(got, want) {
					t.Errorf("%s: logits %v, want %v", name, got, want)
				}
			}
			compat := cut(whole, 2, Form{Compat: true}, "compat")
			for i, x := range logits(compat, 2) {
				if math.Abs(float64(x-want[i])) > 1e-5 {
					t.Errorf("compatible: logit %d is %v, want %v", i, x, want[i])
				}
			}
			p := asPEFT(t, compat).Provenance
			metrics, lowest := []string{"2"}, 2
			if text == "paper" {
				metrics, lowest = []string{"1", "2"}, 1
			}
			if got := slices.Sorted(maps.Keys(p.Metrics)); !slices.Equal(got, metrics) || p.RankMin != lowest || p.Scaling != "" {
				t.Errorf("compatible: metrics of %q, lowest rank %d, scaling %q", got, p.RankMin, p.Scaling)
			}
			s := opened(t, env(t), full, "model: "+e.Model(), Options{AnyTask: true})
			if m, err := s.Merge(t.Context(), 2, filepath.Join(dir, "merged")); err != nil || m.Difference > 1e-5 {
				t.Errorf("merged: %+v, %v", m, err)
			}
		})
	}
}
