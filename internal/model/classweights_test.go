package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/model/architecture"
)

// TestWeights holds the loss of weighted sequences against the formula of
// torch.nn.CrossEntropyLoss(weight=…) in float64, Σ wᵢ·lᵢ / Σ wᵢ, and gradients against central
// differences of every trained tensor and against the sum of the gradients of the sequences.
func TestWeights(t *testing.T) {
	t.Parallel()
	gr, _ := smallGraph(t, true, robertaModule(0, architecture.Query))
	in := softInput(gr)
	in.Weights = []float32{2, 0.5, 1.5}
	in.Weight = 1 / float32(4)
	logits, loss, err := gr.Run(in)
	must(t, err)
	targets := []float32{0, 0, 2, 0.5, 0, 0, 0, 1.5, 0} // the weights at the classes
	if want := softCrossEntropy(logits, targets, 3) / 4; math.Abs(loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v", loss, want)
	}
	got := gradientsOf(gr)
	summed := make([]float64, len(got))
	for i, w := range in.Weights {
		one := softInput(gr)
		one.Weight, one.Soft = in.Weight*w, make([]float32, 9)
		one.Soft[3*i+int(in.Classes[i])] = 1
		_, _, err := gr.Run(one)
		must(t, err)
		for j, x := range gradientsOf(gr) {
			summed[j] += float64(x)
		}
	}
	checkCombined(t, got, summed, "the sum of the sequences'")
	checkHeadBias(t, gr, in)
}

// TestWeightsOfOne: they have the bits of none, for every loss; another number of them is an error.
func TestWeightsOfOne(t *testing.T) {
	t.Parallel()
	for _, loss := range []Loss{CrossEntropy, SquaredError, BinaryCrossEntropy} {
		_, m := smallGraph(t, true)
		gr, err := m.Compile(Options{Rows: 30, Sequences: 6, Labels: 3, Loss: loss, Head: m.Head(3, 1), Train: true, Adapt: func(string) (Pair, bool) { return Pair{}, false }})
		must(t, err)
		defer gr.Close()
		in := softInput(gr)
		in.Scores = []float32{0.1, 0.9, 0.5, 0, 1, 0.25, 0.5, 0.5, 0.75}
		_, want, err := gr.Run(in)
		must(t, err)
		gradients := gradientsOf(gr)
		in.Weights = []float32{1, 1, 1}
		_, got, err := gr.Run(in)
		must(t, err)
		if got != want || !slices.Equal(gradientsOf(gr), gradients) {
			t.Errorf("loss %d: %v with weights of 1, want %v", loss, got, want)
		}
		in.Weights = []float32{2, 2, 2}
		if _, got, err = gr.Run(in); err != nil || math.Abs(got-2*want) > 1e-6 {
			t.Errorf("loss %d: %v with weights of 2, %v with none, %v", loss, got, want, err)
		}
		in.Weights = in.Weights[:2]
		if _, _, err := gr.Run(in); err == nil || !strings.Contains(err.Error(), "2 weights for 3 sequences") {
			t.Errorf("loss %d: too few weights: %v", loss, err)
		}
	}
}
