package model

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"unsafe"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/model/op"
)

// Layers share the memory of gradients (and forwards, where nothing is trained, that of
// outputs): the results have the bits of a graph in which nothing is shared. The model is
// deep enough for memory to be taken again and again.
func TestSharedMemory(t *testing.T) {
	t.Parallel()
	m, err := Random(kerneltest.New(t), deepConfig(), 3, kernel.Float32)
	must(t, err)
	for name, adapted := range adaptedProjections() {
		t.Run(name, func(t *testing.T) {
			o := memoryOptions(m, adapted)
			o.Train, o.Dropout = true, true
			shared, apart := runMemory(t, m, o, &op.Inputs{GradientMemory: &op.Memory{}, ScratchMemory: &op.Memory{}}), runMemory(t, m, o, &op.Inputs{})
			if slices.Equal(shared, make([]float32, len(shared))) || !slices.Equal(shared, apart) {
				t.Error("gradients differ from those of a graph in which no memory is shared")
			}
			o.Train, o.Dropout = false, false
			if !slices.Equal(runMemory(t, m, o, &op.Inputs{Memory: &op.Memory{}}), runMemory(t, m, o, &op.Inputs{})) {
				t.Error("logits differ from those of a graph in which no memory is shared")
			}
		})
	}
}

// A buffer is taken again only by an operation that depends on everything that reads what was
// there before: no order in which the operations could run makes one overwrite what another
// has yet to read.
func TestLentMemoryIsFree(t *testing.T) {
	t.Parallel()
	m, err := Random(kerneltest.New(t), deepConfig(), 3, kernel.Float32)
	must(t, err)
	for name, adapted := range adaptedProjections() {
		for _, train := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/train=%t", name, train), func(t *testing.T) {
				o := memoryOptions(m, adapted)
				o.Train, o.Dropout = train, train
				in := &op.Inputs{Memory: &op.Memory{}}
				if train {
					in = &op.Inputs{GradientMemory: &op.Memory{}, ScratchMemory: &op.Memory{}}
				}
				gr, err := m.compile(o, in)
				must(t, err)
				defer gr.Close()
				runBatches(t, gr)
				if lent := checkLent(t, gr.graph); lent < 20 {
					t.Errorf("%d buffers are taken again: too few to show anything", lent)
				}
			})
		}
	}
}

// checkLent holds the readers of each buffer against who else writes to it, after a run, and
// returns how often one buffer has two writers.
func checkLent(t *testing.T, g *G.ExprGraph) (lent int) {
	t.Helper()
	writers, depends := map[*float32][]*G.Node{}, map[*G.Node]map[*G.Node]bool{}
	var visit func(n *G.Node) map[*G.Node]bool
	visit = func(n *G.Node) map[*G.Node]bool { // all that n depends on
		if all, ok := depends[n]; ok {
			return all
		}
		all := map[*G.Node]bool{}
		for it := g.From(n.ID()); it.Next(); {
			from := it.Node().(*G.Node)
			all[from] = true
			maps.Copy(all, visit(from))
		}
		depends[n] = all
		return all
	}
	for _, n := range g.AllNodes() {
		visit(n)
		if _, ok := n.Op().(interface{ Kind() string }); ok {
			at := unsafe.SliceData(n.Value().Data().([]float32))
			writers[at] = append(writers[at], n)
		}
	}
	free := func(written, taker *G.Node) bool { // taker runs after all that read written
		if !depends[taker][written] {
			return false
		}
		for it := g.To(written.ID()); it.Next(); {
			if reader := it.Node().(*G.Node); !depends[taker][reader] {
				return false
			}
		}
		return true
	}
	for _, list := range writers {
		for i, a := range list {
			for _, b := range list[:i] {
				if lent++; !free(a, b) && !free(b, a) {
					t.Errorf("%v and %v share a buffer that is not free in between", a.Op(), b.Op())
				}
			}
		}
	}
	return lent
}

// deepConfig is of so many layers that memory is taken again and again.
func deepConfig() *Config {
	return &Config{ModelType: "roberta", VocabSize: 20, HiddenSize: 8, Layers: 8, Heads: 2, IntermediateSize: 16, MaxPositions: 20, TypeVocabSize: 1, PadToken: 1,
		LayerNormEps: 1e-5, HiddenDropout: 0.1, AttentionDropout: 0.1, ClassifierDropout: 0.1, InitializerRange: 0.3}
}

// adaptedProjections are choices of them, by layer and map.
func adaptedProjections() map[string]func(layer int, of architecture.Map) bool {
	return map[string]func(layer int, of architecture.Map) bool{
		"all":             func(int, architecture.Map) bool { return true },
		"query and value": func(_ int, of architecture.Map) bool { return of == architecture.Query || of == architecture.Value },
		"some, from below": func(i int, of architecture.Map) bool {
			return i == 1 && of == architecture.Intermediate || i%3 == 2 && of == architecture.Output
		},
	}
}

// memoryOptions are a graph's with pairs of fixed numbers on the adapted projections.
func memoryOptions(m *Model, adapted func(layer int, of architecture.Map) bool) Options {
	const rank = 2
	pairs := map[string]Pair{}
	for i := range m.Config.Layers {
		for of := range architecture.Maps {
			if in, out := m.Config.size(of); adapted(i, of) {
				pairs[m.Config.modulePath(i, of)] = Pair{A: waves(rank*in, 1), B: waves(rank*out, 2), Module: len(pairs)}
			}
		}
	}
	return Options{Rows: 16, Sequences: 3, Labels: 3, Rank: rank, Modules: len(pairs), Head: m.Head(3, 1),
		Adapt: func(s string) (Pair, bool) { p, ok := pairs[s]; return p, ok }}
}

func waves(n, phase int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((i*phase*5)%11)/11 - 0.4
	}
	return v
}

// runMemory is what runBatches gives on a graph with that memory.
func runMemory(t *testing.T, m *Model, o Options, in *op.Inputs) (all []float32) {
	t.Helper()
	gr, err := m.compile(o, in)
	must(t, err)
	defer gr.Close()
	all = runBatches(t, gr)
	if !o.Train && len(all) != 4*o.Labels {
		t.Fatalf("%d logits", len(all))
	}
	return all
}

// runBatches is what two different batches, the longer one first, give: logits, and the
// gradients of a graph that has them.
func runBatches(t *testing.T, gr *Graph) (all []float32) {
	t.Helper()
	for step, ids := range [][]int32{{2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {12, 13, 4, 2, 5}} {
		gates := waves(2*gr.width, 3)
		logits, _, err := gr.Run(&Input{IDs: ids, Offsets: []int32{0, 3, int32(len(ids))}, Classes: []int32{0, 2}, Weight: 0.5, Seed: 1, Step: uint64(step), Gates: gates, GradientGates: gates})
		must(t, err)
		all = append(all, logits...)
		for _, g := range gr.Gradients() {
			all = append(all, g.Data...)
		}
	}
	return all
}
