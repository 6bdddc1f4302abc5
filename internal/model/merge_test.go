package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// TestWithMerged: the model in memory is the one that its file would give.
func TestWithMerged(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"roberta", "bert", "mpnet"} {
		config := with(map[string]any{"model_type": kind, "type_vocab_size": 1})
		m, err := Load(folder(t, map[string]any{"config.json": config, "model.safetensors": weightsOf(t, config, kind+".")}), "m", LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		merge := func(module string, w []float32) []float32 {
			if !strings.HasPrefix(module, kind+".encoder.layer.") || strings.Contains(module, "key") || strings.HasSuffix(module, ".k") {
				return w
			}
			w = slices.Clone(w)
			for i := range w {
				w[i] += float32(len(module) + i)
			}
			return w
		}
		n, err := m.WithMerged(merge)
		must(t, err)
		want, err := m.Merged(merge, nil)
		must(t, err)
		got, err := n.Merged(identity, nil)
		must(t, err)
		before, err := m.Merged(identity, nil)
		must(t, err)
		changed := 0
		for i := range want {
			if got[i].Name != want[i].Name || !slices.Equal(got[i].Data, want[i].Data) {
				t.Errorf("%s: %s is not as merged", kind, want[i].Name)
			}
			if !slices.Equal(before[i].Data, want[i].Data) {
				changed++
			}
		}
		if changed != 2*5 {
			t.Errorf("%s: %d tensors changed, want five projections of two layers", kind, changed)
		}
	}
}
