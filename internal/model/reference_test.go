package model

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/reftest"
)

// reference is a folder of PyTorch's outputs with its model loaded.
type reference struct {
	*reftest.Encoder
	model *Model
}

// onEachReference runs f for every reference on every kernel level.
func onEachReference(t *testing.T, f func(t *testing.T, r *reference)) {
	for _, dir := range reftest.Folders(t) {
		e := reftest.Open(t, dir)
		for _, l := range kernel.Levels() {
			t.Run(e.Name()+"/"+l.String(), func(t *testing.T) {
				m, err := Load(os.DirFS(e.Model()), e.Model(), LoadOptions{Machine: kernel.At(l, 0)})
				must(t, err)
				f(t, &reference{e, m})
			})
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const (
	toleranceState    = 1e-5
	toleranceGradient = 2e-4
)

// compile builds a graph with the reference's adapter.
func (r *reference) compile(t *testing.T, train bool) *Graph {
	t.Helper()
	loss := CrossEntropy
	if r.NumLabels(t) == 1 {
		loss = SquaredError
	}
	return r.compileFor(t, loss, train)
}

// compileFor is compile for a loss.
func (r *reference) compileFor(t *testing.T, loss Loss, train bool) *Graph {
	t.Helper()
	labels := r.NumLabels(t)
	tokens := 0
	for _, s := range r.Sequences {
		tokens += len(s)
	}
	pairs := map[string]Pair{}
	for i, s := range r.Modules {
		pairs[s] = Pair{A: r.Tensor(t, "adapter."+s+".lora_A"), B: r.Tensor(t, "adapter."+s+".lora_B"), Module: i}
	}
	gr, err := r.model.Compile(Options{Rows: tokens + 5, Sequences: len(r.Sequences) + 3, Labels: labels, Loss: loss,
		Rank: r.RankMax, Modules: len(r.Modules), Head: r.model.Head(labels, 1), Train: train,
		Adapt: func(module string) (Pair, bool) { p, ok := pairs[module]; return p, ok }})
	must(t, err)
	t.Cleanup(func() { gr.Close() })
	return gr
}

// input is all sequences in one batch, sequence i at rank ranks(i).
func (r *reference) input(ranks func(i int) int) *Input {
	in := &Input{Offsets: []int32{0}, Weight: 1 / float32(len(r.Sequences)), Scores: r.Labels}
	for i, s := range r.Sequences {
		in.IDs, in.Types = append(in.IDs, s...), append(in.Types, r.Types[i]...)
		in.Offsets = append(in.Offsets, int32(len(in.IDs)))
		in.Classes = append(in.Classes, int32(r.Labels[i]))
		for range r.Modules {
			for j := range r.RankMax {
				g := float32(0)
				if b := ranks(i); j < b {
					g = float32(r.Alpha) / float32(b)
				}
				in.Gates = append(in.Gates, g)
			}
		}
	}
	in.GradientGates = in.Gates
	return in
}

func TestReferenceBase(t *testing.T) {
	t.Parallel()
	onEachReference(t, func(t *testing.T, r *reference) {
		in := r.input(func(int) int { return 0 })
		for _, train := range []bool{false, true} {
			logits, loss, err := r.compile(t, train).Run(in)
			must(t, err)
			reftest.Compare(t, "logits", logits, r.Tensor(t, "base.logits"), toleranceState)
			if train && math.Abs(loss-r.BaseLoss) > toleranceState*math.Abs(r.BaseLoss) {
				t.Errorf("loss is %v, want %v", loss, r.BaseLoss)
			}
		}
	})
}

func TestReferenceHiddenStates(t *testing.T) {
	t.Parallel()
	onEachReference(t, func(t *testing.T, r *reference) {
		gr := r.compile(t, true)
		in := r.input(func(int) int { return 0 })
		_, _, err := gr.Run(in)
		must(t, err)
		h := r.model.Config.HiddenSize
		for k, node := range gr.hidden {
			state := gr.x
			if k > 0 || r.model.Config.widens() { // the layers' input is not the embeddings
				state = node.Value().Data().([]float32)
			}
			for i := range r.Sequences {
				want := r.Tensor(t, fmt.Sprintf("base.hidden.%d.%d", i, k))
				row, n := int(in.Offsets[i]), len(want)
				if k == r.model.Config.Layers { // only first tokens are computed there
					row, n = i, h
				}
				reftest.Compare(t, fmt.Sprintf("state %d of sequence %d", k, i), state[row*h:row*h+n], want[:n], toleranceState)
			}
		}
	})
}

func TestReferenceRanks(t *testing.T) {
	t.Parallel()
	onEachReference(t, func(t *testing.T, r *reference) {
		train, eval := r.compile(t, true), r.compile(t, false)
		for b := 1; b <= r.RankMax; b++ {
			in := r.input(func(int) int { return b })
			name := fmt.Sprintf("rank%d", b)
			logits, _, err := eval.Run(in)
			must(t, err)
			reftest.Compare(t, name+".logits", logits, r.Tensor(t, name+".logits"), toleranceState)
			logits, loss, err := train.Run(in)
			must(t, err)
			reftest.Compare(t, name+".logits, training", logits, r.Tensor(t, name+".logits"), toleranceState)
			if want := r.RankLoss[fmt.Sprint(b)]; math.Abs(loss-want) > toleranceState*math.Abs(want) {
				t.Errorf("%s: loss is %v, want %v", name, loss, want)
			}
			seen := 0
			for _, g := range train.Gradients() {
				reftest.Compare(t, name+".grad."+g.Name, g.Data, r.Tensor(t, name+".grad."+g.Name), toleranceGradient)
				seen++
			}
			for _, x := range r.File.Tensors {
				if strings.HasPrefix(x.Name, name+".grad.") {
					seen--
				}
			}
			if seen != 0 {
				t.Errorf("%s: %d gradients more than the reference has", name, seen)
			}
		}
	})
}

func TestReferenceMixedRanks(t *testing.T) {
	t.Parallel()
	onEachReference(t, func(t *testing.T, r *reference) {
		logits, _, err := r.compile(t, false).Run(r.input(func(i int) int { return i%r.RankMax + 1 }))
		must(t, err)
		reftest.Compare(t, "mixed.logits", logits, r.Tensor(t, "mixed.logits"), toleranceState)
	})
}
