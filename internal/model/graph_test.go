package model

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/architecture"
)

func robertaModule(layer int, m architecture.Map) string {
	return (&Config{ModelType: "roberta"}).modulePath(layer, m)
}

// smallGraph compiles the small model with adapters on the named modules.
func smallGraph(t *testing.T, train bool, modules ...string) (*Graph, *Model) {
	t.Helper()
	m, err := Load(folder(t, map[string]any{"config.json": with(map[string]any{"hidden_dropout_prob": 0.2}), tensorFormat.whole: smallWeights(t, "roberta.")}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	const rank = 2
	pairs := map[string]Pair{}
	for i, s := range modules {
		module, _ := architecture.ParseModule(s)
		in, out := m.Config.size(module.Map)
		p := Pair{A: make([]float32, rank*in), B: make([]float32, rank*out), Module: i}
		for j := range p.A {
			p.A[j] = float32(j%7)/7 - 0.4
		}
		for j := range p.B {
			p.B[j] = float32(j%5)/5 - 0.3
		}
		pairs[s] = p
	}
	gr, err := m.Compile(Options{Rows: 30, Sequences: 6, Labels: 3, Rank: rank, Modules: len(modules), Head: m.Head(3, 1), Train: train, Dropout: true,
		Adapt: func(s string) (Pair, bool) { p, ok := pairs[s]; return p, ok }})
	must(t, err)
	t.Cleanup(func() { gr.Close() })
	return gr, m
}

func kinds(gr *Graph) map[string]int {
	n := map[string]int{}
	for _, node := range gr.graph.AllNodes() {
		if op, ok := node.Op().(interface{ Kind() string }); ok {
			n[op.Kind()]++
		}
	}
	return n
}

// The backward pass stops where nothing below is trained.
func TestBackwardStops(t *testing.T) {
	t.Parallel()
	top, _ := smallGraph(t, true, robertaModule(1, architecture.Output))
	n := kinds(top)
	for kind, want := range map[string]int{"attention.backward": 0, "firstattention.backward.q": 0, "linear.backward": 0, "gelu.backward": 0,
		"lowrank.backward": 0, "lowrank.dA": 1, "lowrank.dB": 1, "addlayernorm.backward": 1} {
		if n[kind] != want {
			t.Errorf("adapter on the last projection: %d of %s, want %d", n[kind], kind, want)
		}
	}
	bottom, _ := smallGraph(t, true, robertaModule(0, architecture.Query))
	n = kinds(bottom)
	for kind, want := range map[string]int{"attention.backward": 1, "lowrank.backward": 0, "firstattention.backward.q": 1, "firstattention.backward.kv": 1,
		"linear.backward": 3 + 5, "gelu.backward": 2, "pool.backward": 1} { // three products above the query in its layer, all five of the next
		if n[kind] != want {
			t.Errorf("adapter on the first projection: %d of %s, want %d", n[kind], kind, want)
		}
	}
}

// All six projections of every layer get a gradient, and none is lost by a merge of nodes.
func TestEverySiteHasGradients(t *testing.T) {
	t.Parallel()
	var modules []string
	for i := range 2 {
		for of := range architecture.Maps {
			modules = append(modules, robertaModule(i, of))
		}
	}
	gr, _ := smallGraph(t, true, modules...)
	in := &Input{IDs: []int32{2, 3, 4, 5, 6, 7}, Offsets: []int32{0, 2, 6}, Classes: []int32{0, 2}, Weight: 0.5, Seed: 1, Step: 2}
	for range 2 * len(modules) {
		in.Gates = append(in.Gates, 1, 1)
	}
	in.GradientGates = in.Gates
	_, loss, err := gr.Run(in)
	must(t, err)
	if !(loss > 0) {
		t.Errorf("loss is %v", loss)
	}
	if got, want := len(gr.Gradients()), 2*len(modules)+4; got != want {
		t.Errorf("%d gradients, want %d", got, want)
	}
	for _, g := range gr.Gradients() {
		if !slices.ContainsFunc(g.Data, func(v float32) bool { return v != 0 }) {
			t.Errorf("the gradient of %s is zero", g.Name)
		}
	}
}

// The same seed and step give the same loss to the bit; another step another mask.
func TestDropoutBySeedAndStep(t *testing.T) {
	t.Parallel()
	gr, _ := smallGraph(t, true, robertaModule(0, architecture.Query))
	in := &Input{IDs: []int32{2, 3, 4, 5, 6, 7}, Offsets: []int32{0, 2, 6}, Classes: []int32{0, 2}, Weight: 0.5, Gates: []float32{1, 1, 1, 1}, GradientGates: []float32{1, 1, 1, 1}}
	loss := func(seed, step uint64) float64 {
		in.Seed, in.Step = seed, step
		_, l, err := gr.Run(in)
		must(t, err)
		return l
	}
	if loss(1, 1) != loss(1, 1) {
		t.Error("the same seed and step gave another loss")
	}
	if loss(1, 1) == loss(1, 2) || loss(1, 1) == loss(2, 1) {
		t.Error("another seed or step gave the same loss")
	}
}

func TestRunFaults(t *testing.T) {
	t.Parallel()
	gr, _ := smallGraph(t, true, robertaModule(0, architecture.Query))
	good := Input{IDs: []int32{2, 3}, Offsets: []int32{0, 2}, Classes: []int32{0}, Gates: []float32{1, 1}, GradientGates: []float32{1, 1}}
	for name, change := range map[string]func(in *Input){
		"id":               func(in *Input) { in.IDs = []int32{2, 99} },
		"class":            func(in *Input) { in.Classes = []int32{3} },
		"outside":          func(in *Input) { in.Offsets = []int32{0, 40} },
		"empty sequence":   func(in *Input) { in.Offsets = []int32{0, 0} },
		"gates":            func(in *Input) { in.Gates = []float32{1} },
		"gradient gates":   func(in *Input) { in.GradientGates = nil },
		"beyond positions": func(in *Input) { in.IDs, in.Offsets = make([]int32, 12), []int32{0, 12} },
	} {
		in := good
		change(&in)
		if _, _, err := gr.Run(&in); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, _, err := gr.Run(&good); err != nil {
		t.Errorf("after the faults: %v", err)
	}
}
