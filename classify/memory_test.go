package classify_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/dylora/dylora/classify"
)

// TestComeAndGo: an adapter that is loaded, asked and unloaded leaves nothing behind: no memory, no open file, no mapping.
func TestComeAndGo(t *testing.T) {
	folders := []string{save(t, 2, 1, provenance("no", "yes"), nil, "query"), save(t, 4, 2, provenance("a", "b", "c"), nil, "query", "value")}
	c := open(t, classify.Options{Adapters: map[string]string{"stays": folders[0]}})
	round := func() {
		_, err := c.Load(t.Context(), "comes", folders[1], 0)
		must(t, err)
		_, err = c.Classify(t.Context(), classify.Texts("a film", "a story"), classify.WithEach(func(i int) (string, int) { return []string{"stays", "comes"}[i], 1 }))
		must(t, err)
		must(t, c.Unload(t.Context(), "comes"))
	}
	measure := func() (heap int64, files, mappings int) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		list, _ := os.ReadDir("/proc/self/fd")
		maps, _ := os.ReadFile("/proc/self/maps")
		return int64(m.HeapAlloc), len(list), strings.Count(string(maps), "\n")
	}
	const rounds = 40
	for range rounds / 5 {
		round()
	}
	heap, files, mappings := measure()
	for range rounds {
		round()
	}
	laterHeap, laterFiles, laterMappings := measure()
	t.Logf("%d bytes of heap a round, %d to %d files, %d to %d mappings", (laterHeap-heap)/rounds, files, laterFiles, mappings, laterMappings)
	if laterHeap > heap+1024*rounds || laterFiles > files || laterMappings > mappings+5 {
		t.Errorf("after %d rounds %d bytes of heap have become %d, %d files %d, %d mappings %d", rounds, heap, laterHeap, files, laterFiles, mappings, laterMappings)
	}
}
