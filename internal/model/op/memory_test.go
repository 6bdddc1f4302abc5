package op

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unsafe"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// The operation in the same place two layers on takes the same buffer, those of a layer and
// of its neighbour have different ones, and a buffer that is too small is left to who has it.
func TestMemory(t *testing.T) {
	t.Parallel()
	m := &Memory{}
	at := func(v []float32) *float32 { return unsafe.SliceData(v) }
	first, second := m.take(-1, 10), m.take(-1, 20)
	next, nextSecond := m.take(0, 10), m.take(0, 5)
	again, wider, more := m.take(1, 8), m.take(1, 30), m.take(1, 4)
	after := m.take(3, 10)
	if len(again) != 8 || at(again) != at(first) || at(after) != at(first) {
		t.Error("two layers on, the buffer of the same place is not taken")
	}
	if len(wider) != 30 || at(wider) == at(second) || len(second) != 20 {
		t.Errorf("a buffer of 20 serves for %d", len(wider))
	}
	if at(m.take(3, 30)) != at(wider) {
		t.Error("a wider buffer is not taken again")
	}
	distinct := []*float32{at(first), at(second), at(next), at(nextSecond), at(wider), at(more)}
	for i, p := range distinct {
		if slices.Index(distinct, p) != i {
			t.Errorf("outputs %d and %d share a buffer", slices.Index(distinct, p), i)
		}
	}
	var none *Memory
	if a, b := none.take(0, 4), none.take(2, 4); at(a) == at(b) || len(a) != 4 {
		t.Error("no memory lends a buffer")
	}
}

// backing is an operation's output, for tests.
func (s *spec) backing() []float32 { return s.data }

// output is what tests see of an operation of this package.
type output interface {
	Kind() string
	backing() []float32
}

const (
	testRows, testSequences = 10, 4
	testWidth               = 6
)

// testGraph has every operation of an encoder's last layer, of the head and of their
// gradients, over three sequences of 1, 4 and 3 tokens.
type testGraph struct {
	*G.ExprGraph
	t         *testing.T
	in        *Inputs
	gradients G.Nodes // of what is trained
	trim, y   *G.Node // what operations of Gorgonia's own read whole
}

func newTestGraph(t *testing.T, memory, gradients *Memory) *testGraph {
	t.Helper()
	g := &testGraph{ExprGraph: G.NewGraph(), t: t, in: &Inputs{Machine: kerneltest.New(t), Memory: memory, GradientMemory: gradients}}
	g.in.Layout = g.node("layout", []int32{3, 0, 1, 5, 8, 0}, testSequences+2)
	g.in.Random = g.node("random", []int64{3, 4}, 2)
	g.in.Gates = g.ramp("gates", testSequences, 2*2)
	x := g.ramp("x", testRows, testWidth)
	trained := G.Nodes{x}
	pair := func(name string, out int) Pair {
		s := Pair{A: g.ramp(name+".A", 2, testWidth), B: g.ramp(name+".B", out, 2), Out: out}
		trained = append(trained, s.A, s.B)
		return s
	}
	heads := Heads{Count: 2, Size: testWidth / 2, Drop: Drop{P: 0.2, Site: 1}}
	norm := Norm{Gamma: testRamp(testWidth), Beta: testRamp(testWidth), Eps: 1e-5}
	g.in.Residual = &Residual{Of: x}
	qkv := g.ok(LowRank(g.in, "qkv", x, Tokens, g.frozen(3*testWidth), []Pair{pair("query", testWidth)}, true))
	ctx := g.ok(Attention(g.in, "self", qkv, heads, [3]bool{true, true, true}))
	att := g.ok(LowRank(g.in, "output", ctx, Tokens, g.frozen(testWidth), []Pair{pair("output", testWidth)}, true))
	h := g.ok(AddLayerNorm(g.in, "attention", x, att, Tokens, norm, Drop{P: 0.1, Site: 2}, [2]bool{true, true}))
	g.in.Layer = 1
	h = g.ok(Activate(g.in, kernel.GELU, "middle", h, Tokens, true))
	first := g.ok(Pool(g.in, "first", h, testSequences, true))
	kv := g.ok(Linear(g.in, "kv", h, Tokens, g.frozen(2*testWidth), true))
	q := g.ok(Linear(g.in, "q", first, Sequences, g.frozen(testWidth), true))
	ctx = g.ok(FirstAttention(g.in, "last", q, kv, heads, true, [2]bool{true, true}))
	g.trim = g.ok(Trim(g.in, "trim", g.ok(Dropout(g.in, "drop", ctx, Sequences, Drop{P: 0.3, Site: 3}, true)), true))
	w, bias := g.ramp("head", 2, testWidth), g.node("bias", testRamp(2), 2)
	trained = append(trained, w, bias)
	g.y = g.ok(Dense(g.in, "head", g.trim, w, bias, true))
	cost := g.ok(G.Sum(g.ok(G.HadamardProd(g.y, g.ramp("cotangent", testSequences, 2)))))
	var err error
	if g.gradients, err = G.Grad(cost, trained...); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *testGraph) ok(n *G.Node, err error) *G.Node {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}

func (g *testGraph) node(name string, backing any, shape ...int) *G.Node {
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
	return G.NewTensor(g.ExprGraph, v.Dtype(), len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(v))
}

func (g *testGraph) ramp(name string, rows, cols int) *G.Node {
	return g.node(name, testRamp(rows*cols), rows, cols)
}

func (g *testGraph) frozen(out int) Frozen {
	return Frozen{W: g.in.Machine.Pack(kernel.Float32, testRamp(out*testWidth), out, testWidth), Bias: testRamp(out)}
}

// run is the whole of trim and y, and the gradients of what is trained but for x, whose
// memory is lent.
func (g *testGraph) run() (all [][]float32) {
	g.t.Helper()
	m := G.NewTapeMachine(g.ExprGraph)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		g.t.Fatal(err)
	}
	for _, n := range append(G.Nodes{g.trim, g.y}, g.gradients[1:]...) {
		all = append(all, slices.Clone(n.Value().Data().([]float32)))
	}
	return all
}

func testRamp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((i*37)%23)/23 - 0.4
	}
	return v
}

// What is read at the end of a run lies in memory of its own; all other gradients are lent.
func TestLeavesAreTheirOwn(t *testing.T) {
	t.Parallel()
	m := &Memory{}
	g := newTestGraph(t, nil, m)
	lent := map[*float32]bool{}
	for _, s := range slices.Concat(m.slots[0], m.slots[1]) {
		lent[unsafe.SliceData(s)] = true
	}
	leaves := map[string]bool{"lowrank.dA": true, "lowrank.dB": true, "dense.backward.x": true, "dense.backward.weight": true, "dense.backward.bias": true}
	seen := map[string]bool{}
	for _, n := range g.AllNodes() {
		o, ok := n.Op().(output)
		if !ok || !strings.Contains(o.Kind(), ".") {
			continue
		}
		seen[o.Kind()] = true
		if got := lent[unsafe.SliceData(o.backing())]; got == leaves[o.Kind()] {
			t.Errorf("the output of %s is lent: %t", o.Kind(), got)
		}
	}
	for kind := range leaves {
		if !seen[kind] {
			t.Errorf("the graph has no %s", kind)
		}
	}
}

// The gradient of x of an adapted projection depends on those of A and B, which read the
// same gradient of y: so they have run before a layer below takes that memory.
func TestPairGradientsComeFirst(t *testing.T) {
	t.Parallel()
	g := newTestGraph(t, nil, &Memory{})
	found := 0
	for _, n := range g.AllNodes() {
		if o, ok := n.Op().(output); !ok || o.Kind() != "lowrank.backward" {
			continue
		}
		found++
		inputs := map[string]int{}
		for it := g.From(n.ID()); it.Next(); {
			if o, ok := it.Node().(*G.Node).Op().(output); ok {
				inputs[o.Kind()]++
			}
		}
		if inputs["lowrank.dA"] != 1 || inputs["lowrank.dB"] != 1 {
			t.Errorf("%v has the inputs %v", n.Op(), inputs)
		}
	}
	if found != 2 {
		t.Errorf("%d gradients of adapted projections, want 2", found)
	}
}

// Every operation writes all rows in use of its output, and nothing that is used depends on
// what lay there or beyond: with memory full of NaN the results have the same bits.
func TestRowsBeyondTheBatch(t *testing.T) {
	t.Parallel()
	want := newTestGraph(t, nil, nil).run()
	g := newTestGraph(t, nil, nil)
	kinds := map[string]bool{}
	for _, n := range g.AllNodes() {
		if o, ok := n.Op().(output); ok {
			kinds[o.Kind()] = true
			for i := range o.backing() {
				o.backing()[i] = float32(math.NaN())
			}
		}
	}
	if len(kinds) < 20 {
		t.Fatalf("the graph has the operations %v alone", kinds)
	}
	for i, got := range g.run() {
		if !slices.Equal(got, want[i]) {
			t.Errorf("result %d is %v, without NaN %v", i, got, want[i])
		}
		if !slices.ContainsFunc(got, func(v float32) bool { return v != 0 }) {
			t.Errorf("result %d is zero: nothing was compared", i)
		}
	}
}
