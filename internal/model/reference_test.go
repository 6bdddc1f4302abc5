package model

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/safetensors"
)

// reference is one folder of PyTorch's outputs; see its README for the tensors.
type reference struct {
	dir     string
	RankMax int      `json:"rank_max"`
	Alpha   float64  `json:"alpha"`
	Modules []string `json:"sites"`

	Sequences [][]int32          `json:"sequences"`
	Types     [][]int32          `json:"token_types"`
	Labels    []float32          `json:"labels"`
	BaseLoss  float64            `json:"base_loss"`
	RankLoss  map[string]float64 `json:"rank_loss"`

	file  *safetensors.File
	model *Model
}

// references walks the folders of outputs.
func references(t *testing.T) (refs []*reference) {
	t.Helper()
	shared := os.Getenv("DYLORA_SHARED")
	if shared == "" {
		t.Skip("DYLORA_SHARED is not set: no reference outputs")
	}
	paths, _ := filepath.Glob(filepath.Join(shared, "golden", "*", "reference.json"))
	for _, p := range paths {
		r := &reference{dir: filepath.Dir(p)}
		b, err := os.ReadFile(p)
		must(t, err)
		must(t, json.Unmarshal(b, r))
		r.file, err = safetensors.Read(filepath.Join(r.dir, "reference.safetensors"))
		must(t, err)
		refs = append(refs, r)
	}
	if len(refs) == 0 {
		t.Fatalf("no reference under %s", shared)
	}
	return refs
}

// onEachReference runs f for every reference on every kernel level.
func onEachReference(t *testing.T, f func(t *testing.T, r *reference)) {
	for _, r := range references(t) {
		for _, l := range kernel.Levels() {
			t.Run(filepath.Base(r.dir)+"/"+l.String(), func(t *testing.T) {
				defer kernel.Use(l)()
				var err error
				r.model, err = Load(os.DirFS(filepath.Join(r.dir, "model")), filepath.Join(r.dir, "model"), LoadOptions{})
				must(t, err)
				f(t, r)
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

func (r *reference) tensor(t *testing.T, name string) []float32 {
	t.Helper()
	x, ok := r.file.Tensor(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	v, err := x.Float32()
	must(t, err)
	return v
}

// compare fails where got is off by more than tol of want's largest magnitude.
func compare(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	var worst, size float64
	at := 0
	for i, w := range want {
		size = max(size, math.Abs(float64(w)))
		if d := math.Abs(float64(got[i]) - float64(w)); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tol*size) {
		t.Errorf("%s: off by %.3g of %.3g at element %d, tolerance %.0g", what, worst, size, at, tol)
	}
}

const (
	toleranceState    = 1e-5
	toleranceGradient = 2e-4
)

// compile builds a graph with the reference's adapter.
func (r *reference) compile(t *testing.T, train bool) *Graph {
	t.Helper()
	labels := len(r.tensor(t, "base.logits")) / len(r.Sequences)
	tokens := 0
	for _, s := range r.Sequences {
		tokens += len(s)
	}
	pairs := map[string]Pair{}
	for i, s := range r.Modules {
		pairs[s] = Pair{A: r.tensor(t, "adapter."+s+".lora_A"), B: r.tensor(t, "adapter."+s+".lora_B"), Module: i}
	}
	gr, err := r.model.Compile(Options{Rows: tokens + 5, Sequences: len(r.Sequences) + 3, Labels: labels, Regression: labels == 1,
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
	in.Learn = in.Gates
	return in
}

func TestReferenceBase(t *testing.T) {
	onEachReference(t, func(t *testing.T, r *reference) {
		in := r.input(func(int) int { return 0 })
		for _, train := range []bool{false, true} {
			logits, loss, err := r.compile(t, train).Run(in)
			must(t, err)
			compare(t, "logits", logits, r.tensor(t, "base.logits"), toleranceState)
			if train && math.Abs(loss-r.BaseLoss) > toleranceState*math.Abs(r.BaseLoss) {
				t.Errorf("loss is %v, want %v", loss, r.BaseLoss)
			}
		}
	})
}

func TestReferenceHiddenStates(t *testing.T) {
	onEachReference(t, func(t *testing.T, r *reference) {
		gr := r.compile(t, true)
		in := r.input(func(int) int { return 0 })
		_, _, err := gr.Run(in)
		must(t, err)
		h := r.model.Config.HiddenSize
		for k, node := range gr.hidden {
			state := gr.x
			if k > 0 {
				state = node.Value().Data().([]float32)
			}
			for i := range r.Sequences {
				want := r.tensor(t, fmt.Sprintf("base.hidden.%d.%d", i, k))
				row, n := int(in.Offsets[i]), len(want)
				if k == r.model.Config.Layers { // only first tokens are computed there
					row, n = i, h
				}
				compare(t, fmt.Sprintf("state %d of sequence %d", k, i), state[row*h:row*h+n], want[:n], toleranceState)
			}
		}
	})
}

func TestReferenceRanks(t *testing.T) {
	onEachReference(t, func(t *testing.T, r *reference) {
		train, eval := r.compile(t, true), r.compile(t, false)
		for b := 1; b <= r.RankMax; b++ {
			in := r.input(func(int) int { return b })
			name := fmt.Sprintf("rank%d", b)
			logits, _, err := eval.Run(in)
			must(t, err)
			compare(t, name+".logits", logits, r.tensor(t, name+".logits"), toleranceState)
			logits, loss, err := train.Run(in)
			must(t, err)
			compare(t, name+".logits, training", logits, r.tensor(t, name+".logits"), toleranceState)
			if want := r.RankLoss[fmt.Sprint(b)]; math.Abs(loss-want) > toleranceState*math.Abs(want) {
				t.Errorf("%s: loss is %v, want %v", name, loss, want)
			}
			seen := 0
			for _, g := range train.Gradients() {
				compare(t, name+".grad."+g.Name, g.Data, r.tensor(t, name+".grad."+g.Name), toleranceGradient)
				seen++
			}
			for _, x := range r.file.Tensors {
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
	onEachReference(t, func(t *testing.T, r *reference) {
		logits, _, err := r.compile(t, false).Run(r.input(func(i int) int { return i%r.RankMax + 1 }))
		must(t, err)
		compare(t, "mixed.logits", logits, r.tensor(t, "mixed.logits"), toleranceState)
	})
}
