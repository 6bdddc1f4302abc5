package model

import (
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

// pooled compiles the small BERT with an adapter on the pooler, and others.
func pooled(t *testing.T, train bool, modules ...string) (*Model, *Graph, map[string]Pair) {
	t.Helper()
	m, err := Load(folder(t, map[string]any{"config.json": smallBERT(), tensorFormat.whole: weightsOf(t, smallBERT(), "bert.")}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	const rank, h = 2, 8
	pairs := map[string]Pair{}
	for i, s := range modules {
		p := Pair{A: make([]float32, rank*h), B: make([]float32, rank*h), Module: i}
		for j := range p.A {
			p.A[j], p.B[j] = float32(j%7)/7-0.4, float32(j%5)/5-0.3
		}
		pairs[s] = p
	}
	gr, err := m.Compile(Options{Rows: 30, Sequences: 6, Labels: 3, Rank: rank, Modules: len(modules), Head: m.Head(3, 1), Train: train,
		Adapt: func(s string) (Pair, bool) { p, ok := pairs[s]; return p, ok }})
	must(t, err)
	t.Cleanup(func() { gr.Close() })
	return m, gr, pairs
}

const (
	poolerModule = "bert.pooler.dense"
	lowerModule  = "bert.encoder.layer.1.attention.output.dense"
)

// pooledInput is two sequences, with a gate of g for all modules.
func pooledInput(modules int, g float32) *Input {
	in := &Input{IDs: []int32{2, 3, 4, 5, 6, 7}, Offsets: []int32{0, 2, 6}, Classes: []int32{0, 2}, Weight: 0.5}
	in.Gates = slices.Repeat([]float32{g}, 2*2*modules)
	in.GradientGates = in.Gates
	return in
}

// The pooler with an adapter is the pooler with the adapter merged.
func TestAdaptedPoolerIsMerged(t *testing.T) {
	t.Parallel()
	for _, modules := range [][]string{{poolerModule}, {lowerModule, poolerModule}} {
		m, gr, pairs := pooled(t, false, modules...)
		got, _, err := gr.Run(pooledInput(len(modules), 1.5))
		must(t, err)
		got = slices.Clone(got)
		merged, err := m.WithMerged(func(module string, w []float32) []float32 {
			p, ok := pairs[module]
			if !ok {
				return w
			}
			w = slices.Clone(w)
			for o := range 8 {
				for i := range 8 {
					for r := range 2 {
						w[o*8+i] += 1.5 * p.B[o*2+r] * p.A[r*8+i]
					}
				}
			}
			return w
		})
		must(t, err)
		plain, err := merged.Compile(Options{Rows: 30, Sequences: 6, Labels: 3, Rank: 1, Head: m.Head(3, 1), Adapt: func(string) (Pair, bool) { return Pair{}, false }})
		must(t, err)
		defer plain.Close()
		in := pooledInput(0, 0)
		want, _, err := plain.Run(in)
		must(t, err)
		base, _, err := gr.Run(pooledInput(len(modules), 0))
		must(t, err)
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 || base[i] == got[i] {
				t.Errorf("%q: logit %d is %v, merged %v, without %v", modules, i, got[i], want[i], base[i])
			}
		}
	}
}

// The gradients of a pooler's adapter are those of central differences, whether something below
// it is trained or not.
func TestPoolerGradients(t *testing.T) {
	t.Parallel()
	for _, modules := range [][]string{{poolerModule}, {lowerModule, poolerModule}} {
		_, gr, pairs := pooled(t, true, modules...)
		in := pooledInput(len(modules), 1)
		loss := func() float64 {
			_, l, err := gr.Run(in)
			must(t, err)
			return l
		}
		loss()
		gradients := map[string][]float32{}
		for _, g := range gr.Gradients() {
			gradients[g.Name] = slices.Clone(g.Data)
		}
		if len(gradients) != 2*len(modules)+2 {
			t.Errorf("%q: %d gradients", modules, len(gradients))
		}
		for _, module := range modules {
			for name, v := range map[string][]float32{module + ".lora_A": pairs[module].A, module + ".lora_B": pairs[module].B} {
				var off, size float64
				for i := range v {
					const eps = 1. / 16 // the loss is a float32, and nearly straight
					x := v[i]
					v[i] = x + eps
					up := loss()
					v[i] = x - eps
					down := loss()
					v[i] = x
					want := (up - down) / (2 * eps)
					off, size = off+math.Pow(want-float64(gradients[name][i]), 2), size+want*want
				}
				if size == 0 || !(math.Sqrt(off/size) < 1e-2) {
					t.Errorf("%q: the gradient of %s is off by %.2g of %.2g", modules, name, math.Sqrt(off), math.Sqrt(size))
				}
			}
		}
	}
}

// Copies of the same sentences that share all up to the pooler have the logits of each alone.
func TestPoolerOfCopies(t *testing.T) {
	t.Parallel()
	_, gr, _ := pooled(t, false, poolerModule)
	two := &Input{IDs: []int32{2, 3, 4, 2, 3, 4}, Offsets: []int32{0, 3, 6}, Copies: 2, Gates: []float32{0, 0, 1, 2}}
	got, _, err := gr.Run(two)
	must(t, err)
	got = slices.Clone(got)
	for i := range 2 {
		one, _, err := gr.Run(&Input{IDs: two.IDs[:3], Offsets: []int32{0, 3}, Gates: two.Gates[2*i : 2*i+2]})
		must(t, err)
		if !slices.Equal(one, got[3*i:3*i+3]) {
			t.Errorf("copy %d: %v, alone %v", i, got[3*i:3*i+3], one)
		}
	}
}
