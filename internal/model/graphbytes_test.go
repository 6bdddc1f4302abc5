package model

import (
	"os"
	"runtime"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/reftest"
)

// TestGraphBytes: the size of a graph is what compiling and running it allocates, for every encoder, whatever is adapted, trained or evaluated.
func TestGraphBytes(t *testing.T) {
	for _, dir := range reftest.Folders(t) {
		m, err := Load(os.DirFS(dir+"/model"), dir, LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		compareGraphBytes(t, m, dir)
	}
	wide := &Config{ModelType: "roberta", VocabSize: 20, HiddenSize: 64, Layers: 5, Heads: 2, IntermediateSize: 256, MaxPositions: 600, TypeVocabSize: 1, PadToken: 1,
		LayerNormEps: 1e-5, InitializerRange: 0.3, HiddenDropout: 0.1, AttentionDropout: 0.1}
	m, err := Random(kerneltest.New(t), wide, 3, kernel.Float32)
	must(t, err)
	compareGraphBytes(t, m, "wide")
}

// nodes is what a graph itself takes at most, its nodes and instructions, of the few layers here.
const nodes = 1 << 19

func compareGraphBytes(t *testing.T, m *Model, name string) {
	t.Helper()
	for what, adapted := range map[string]func(layer int, of architecture.Map) bool{
		"all":             func(int, architecture.Map) bool { return true },
		"query and value": func(_ int, of architecture.Map) bool { return of == architecture.Query || of == architecture.Value },
		"the last one":    func(i int, of architecture.Map) bool { return i == m.Config.Layers-1 && of == architecture.Output },
		"none":            func(int, architecture.Map) bool { return false },
	} {
		for _, train := range []bool{true, false} {
			o := memoryOptions(m, adapted)
			o.Train, o.Dropout, o.Rows, o.Sequences = train, train, 4096, 128
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			g, err := m.Compile(o)
			must(t, err)
			runtime.ReadMemStats(&after)
			taken, said := float64(after.TotalAlloc-before.TotalAlloc), float64(g.Bytes())
			must(t, g.Close())
			if said < 0.96*taken-nodes || said > 1.04*taken {
				t.Errorf("%s, %s, train %t: a graph takes %.0f bytes, and %.0f are said", name, what, train, taken, said)
			}
		}
	}
}
