package model

import (
	"runtime"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/architecture"
)

// TestActivationBytes: the bound is below what compiling a training graph allocates, and not
// far below it, whatever is adapted.
func TestActivationBytes(t *testing.T) {
	c := &Config{ModelType: "roberta", VocabSize: 20, HiddenSize: 64, Layers: 4, Heads: 2, IntermediateSize: 256, MaxPositions: 600, TypeVocabSize: 1, PadToken: 1,
		LayerNormEps: 1e-5, InitializerRange: 0.3}
	m, err := Random(kerneltest.New(t), c, 3, kernel.Float32)
	must(t, err)
	for name, adapted := range map[string]func(layer int, of architecture.Map) bool{
		"all":          func(int, architecture.Map) bool { return true },
		"query":        func(_ int, of architecture.Map) bool { return of == architecture.Query },
		"the last one": func(i int, of architecture.Map) bool { return i == 3 && of == architecture.Output },
	} {
		o := memoryOptions(m, adapted)
		o.Train, o.Rows, o.Sequences = true, 4096, 32
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		g, err := m.Compile(o)
		runtime.ReadMemStats(&after)
		must(t, err)
		must(t, g.Close())
		taken, bound := int64(after.TotalAlloc-before.TotalAlloc), c.ActivationBytes(o.Rows)
		if bound > taken || taken > 4*bound {
			t.Errorf("%s: a graph of %d tokens takes %d bytes, the bound is %d", name, o.Rows, taken, bound)
		}
	}
	if c.ActivationBytes(1<<40) < 1<<50 {
		t.Error("the bound of a very large batch overflows")
	}
}
