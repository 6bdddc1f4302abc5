package reftest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/safetensors"
)

// Encoder is one folder of outputs: a tiny encoder with random weights, an adapter at
// its highest rank R, and what PyTorch computes with them. Tensors, by name:
//
//	base.logits (n, labels), base.hidden.I.K (length, hidden)   without the adapter; state K of sequence I
//	adapter.MODULE.lora_A (R, in), .lora_B (out, R)             the adapter
//	rankB.logits, rankB.grad.NAME                               at rank B, gate alpha/B on rows up to B
//	mixed.logits                                                sequence i at rank (i mod R) + 1
//	train.MODE.NAME                                             trained tensors after the steps of Train
//	merged.rankB.MODULE.weight                                  a module merged at rank B
//
// The first encoders have the same for other scales than alpha/B in scalings.json and
// scalings.safetensors, names behind that of the scaling, and PEFT's slices in scaled-rB.
type Encoder struct {
	Dir     string   `json:"-"`
	RankMax int      `json:"rank_max"`
	Alpha   float64  `json:"alpha"`
	Modules []string `json:"sites"` // paths of the adapted modules

	Sequences [][]int32 `json:"sequences"` // ids, each run alone
	Types     [][]int32 `json:"token_types"`
	Labels    []float32 `json:"labels"` // classes, or reals where there is one logit
	Texts     []Text    `json:"texts"`  // what Sequences are the ids of; none in some folders

	BaseLoss float64            `json:"base_loss"` // mean over the sequences
	RankLoss map[string]float64 `json:"rank_loss"` // by rank in decimal
	Train    Training           `json:"train"`

	File *safetensors.File `json:"-"` // reference.safetensors
}

// Text is the source of a sequence; B is nil where it is a single text.
type Text struct {
	A string  `json:"a"`
	B *string `json:"b"`
}

// Training describes the recorded steps: AdamW, gradients clipped to a norm of Clip, a
// learning rate LR after a linear warm-up and before a linear decay to 0 at step Total.
type Training struct {
	Ranks   []int                     `json:"ranks"`   // of each step
	Batches [][]int                   `json:"batches"` // indices of the sequences of each step
	LR      float64                   `json:"lr"`
	Decay   float64                   `json:"weight_decay"` // not on biases
	Betas   [2]float64                `json:"betas"`
	Eps     float64                   `json:"eps"`
	Clip    float64                   `json:"clip"`
	Warmup  int                       `json:"warmup"`
	Total   int                       `json:"total"`
	Modes   map[string][]TrainingStep `json:"modes"` // by update mode, all or frozen
}

// TrainingStep is one step: the loss before it, the gradient's norm before clipping, and
// the learning rate.
type TrainingStep struct {
	Loss float64 `json:"loss"`
	Norm float64 `json:"grad_norm"`
	LR   float64 `json:"lr"`
}

// Open reads the folder dir of an encoder. A fault fails the test.
func Open(t testing.TB, dir string) *Encoder {
	t.Helper()
	e := &Encoder{Dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, e); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	if e.File, err = safetensors.Read(filepath.Join(dir, "reference.safetensors")); err != nil {
		t.Fatal(err)
	}
	return e
}

// Name is the last element of the folder's path.
func (e *Encoder) Name() string { return filepath.Base(e.Dir) }

// Model is the folder of the checkpoint.
func (e *Encoder) Model() string { return filepath.Join(e.Dir, "model") }

// Tensor returns the values of a recorded tensor, row-major; without one the test fails.
func (e *Encoder) Tensor(t testing.TB, name string) []float32 {
	t.Helper()
	x, ok := e.File.Tensor(name)
	if !ok {
		t.Fatalf("%s has no tensor %s", e.Dir, name)
	}
	v, err := x.Float32()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// NumLabels is the number of logits of a sequence; one is a regression.
func (e *Encoder) NumLabels(t testing.TB) int {
	t.Helper()
	return len(e.Tensor(t, "base.logits")) / len(e.Sequences)
}

// Compare fails the test where an element of got is further from want's than tolerance
// times the largest magnitude in want. It names the worst element. NaN is far from everything.
func Compare(t testing.TB, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	var worst, size float64
	at := 0
	for i, w := range want {
		size = max(size, math.Abs(float64(w)))
		d := math.Abs(float64(got[i]) - float64(w))
		if math.IsNaN(d) {
			d = math.Inf(1) // NaN would compare as no larger than any other
		}
		if d > worst {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*size) {
		t.Errorf("%s: off by %.3g of %.3g at element %d, tolerance %.0g", what, worst, size, at, tolerance)
	}
}
