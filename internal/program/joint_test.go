package program_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
)

// member makes a program of m with an adapter of so many outputs, whose weights are a function of the seed.
func member(t *testing.T, m *model.Model, rank, outputs int, seed uint64, change func(a *adapter.Adapter), targets ...string) *program.Program {
	t.Helper()
	projections, err := m.Projections(targets)
	must(t, err)
	a, err := adapter.New(rank, 16, adapter.Paper, projections, m.Head(outputs, seed), seed)
	must(t, err)
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range a.Modules {
		for k := range a.Modules[i].B {
			a.Modules[i].B[k] = random.Float32() / 30
		}
	}
	if change != nil {
		change(a)
	}
	task := &data.Task{Name: "some", Labels: make([]string, outputs)}
	if outputs == 1 {
		task = &data.Task{Name: "regression", Kind: data.Regression}
	}
	p, err := program.New(m, a, task, program.Options{})
	must(t, err)
	return p
}

// members are adapters of other ranks, modules, scales and heads over one model.
func members(t *testing.T, m *model.Model) (list []*program.Program, largest []int) {
	t.Helper()
	heads := func(a *adapter.Adapter) {
		must(t, a.GrowHeads())
		for _, h := range a.Heads {
			for i := range h.Data {
				h.Data[i] += float32(i*13%17-8) / 30
			}
		}
	}
	low := func(a *adapter.Adapter) { a.Modules[1].Rank = 2 }
	var pooler []string
	if m.Config.ModelType == "bert" {
		pooler = []string{"pooler.dense"}
	}
	return []*program.Program{
		member(t, m, 8, 2, 1, nil, "query", "value"),
		member(t, m, 4, 3, 2, nil, append(pooler, "output.dense")...),
		member(t, m, 3, 2, 3, heads, "query", "key", "value", "intermediate.dense"),
		member(t, m, 16, 1, 4, low, "attention.output.dense", "value"),
	}, []int{8, 4, 3, 16}
}

// Every sequence has the bits that its adapter's own program gives it, alone, at its rank: in any order of adapters and ranks, with
// any number of threads, on every kernel, the base model included.
func TestJointHasTheBitsOfEach(t *testing.T) {
	t.Parallel()
	for _, level := range kernel.Levels() {
		for _, threads := range []int{1, 3} {
			if level == kernel.Portable && (threads > 1 || testing.Short()) {
				continue // slow
			}
			t.Run(fmt.Sprint(level, threads), func(t *testing.T) { sameBits(t, loadMini(t, kernel.At(level, threads)), level == kernel.Portable) })
		}
	}
}

// The pooler of a BERT, adapted or not, is part of it.
func TestJointOfBERT(t *testing.T) {
	t.Parallel()
	m, err := model.Random(kernel.At(kernel.Levels()[len(kernel.Levels())-1], 2), &model.Config{ModelType: "bert", VocabSize: 8192, HiddenSize: 96, Layers: 2, Heads: 3, IntermediateSize: 200,
		MaxPositions: 40, TypeVocabSize: 2, LayerNormEps: 1e-5, InitializerRange: 0.1}, 1, kernel.Float32)
	must(t, err)
	sameBits(t, m, false)
}

func sameBits(t *testing.T, m *model.Model, slow bool) {
	t.Helper()
	list, largest := members(t, m)
	j, err := program.Join(list)
	must(t, err)
	defer func() { must(t, j.Close()) }()
	n := 24
	if slow {
		n = 4
	}
	b := batch(n)
	random := rand.New(rand.NewPCG(5, 5))
	uses := make([]program.Use, n)
	for i := range uses {
		k := (i*7 + i/5) % len(list)
		uses[i] = program.Use{Member: k, Rank: random.IntN(largest[k] + 1)}
	}
	sorted := slices.Clone(uses)
	slices.SortFunc(sorted, func(a, b program.Use) int { return a.Member - b.Member })
	for _, of := range [][]program.Use{uses, sorted, slices.Repeat([]program.Use{{Member: 2, Rank: 3}}, n)} {
		got, err := j.Logits(b, of)
		must(t, err)
		got = slices.Clone(got)
		for i, u := range of {
			row, labels := got[i*j.Width():(i+1)*j.Width()], list[u.Member].Labels()
			if want := logits(t, list[u.Member], slice(b, i), []int{u.Rank}); !slices.Equal(row[:labels], want) {
				t.Errorf("sequence %d with adapter %d at rank %d: %v, alone %v", i, u.Member, u.Rank, row[:labels], want)
			}
			for _, v := range row[labels:] {
				if v != 0 {
					t.Errorf("sequence %d: %v behind %d logits", i, row, labels)
				}
			}
		}
	}
}

// A batch after one of other adapters, and after a longer one, has the bits that it has at first.
func TestJointKeepsNothing(t *testing.T) {
	t.Parallel()
	list, _ := members(t, loadMini(t, kernel.At(kernel.Levels()[len(kernel.Levels())-1], 2)))
	j, err := program.Join(list)
	must(t, err)
	defer func() { must(t, j.Close()) }()
	ask := func(n, k, rank int) []float32 {
		l, err := j.Logits(batch(n), slices.Repeat([]program.Use{{Member: k, Rank: rank}}, n))
		must(t, err)
		return slices.Clone(l)
	}
	want := ask(3, 0, 2)
	ask(40, 3, 16)
	ask(2, 1, 4)
	if !slices.Equal(ask(3, 0, 2), want) {
		t.Error("other bits after other batches")
	}
}

func TestJointFaults(t *testing.T) {
	t.Parallel()
	m := loadMini(t, kernel.At(kernel.Levels()[len(kernel.Levels())-1], 1))
	p, q := member(t, m, 2, 2, 1, nil, "query"), member(t, m, 4, 2, 1, nil, "query")
	j, err := program.Join([]*program.Program{p, q})
	must(t, err)
	for name, of := range map[string][]program.Use{
		"too few": {{}}, "rank above": {{}, {Member: 0, Rank: 3}}, "rank below": {{}, {Member: 1, Rank: -1}}, "no adapter": {{}, {Member: 2}}, "below": {{}, {Member: -1}},
	} {
		if _, err := j.Logits(batch(2), of); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := program.Join(nil); err == nil {
		t.Error("no programs were joined")
	}
	other := member(t, loadMini(t, m.Machine()), 2, 2, 1, nil, "query")
	if _, err := program.Join([]*program.Program{p, other}); err == nil {
		t.Error("programs of two models were joined")
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
