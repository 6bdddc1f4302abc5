package model

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// scoredGraph trains the head of a small encoder by a loss of a target per output.
func scoredGraph(t *testing.T, loss Loss) *Graph {
	t.Helper()
	_, m := smallGraph(t, true)
	gr, err := m.Compile(Options{Rows: 30, Sequences: 6, Labels: 3, Loss: loss, Head: m.Head(3, 1), Train: true, Adapt: func(string) (Pair, bool) { return Pair{}, false }})
	must(t, err)
	t.Cleanup(func() { gr.Close() })
	return gr
}

// TestOutputWeights holds the loss against the formula of torch.nn.BCEWithLogitsLoss(pos_weight=p) in
// float64, the mean of −p·t·log σ(x) − (1−t)·log(1−σ(x)), for weights of p where t is 1 and of 1
// elsewhere, and gradients against central differences and against the sum of the gradients of the outputs.
func TestOutputWeights(t *testing.T) {
	t.Parallel()
	gr := scoredGraph(t, BinaryCrossEntropy)
	in := softInput(gr)
	in.Scores = []float32{1, 0, 1, 0, 0, 1, 1, 1, 0}
	positive := []float64{3, 0.25, 1.5}
	for i, holds := range in.Scores {
		in.OutputWeights = append(in.OutputWeights, float32(1+(positive[i%3]-1)*float64(holds)))
	}
	logits, loss, err := gr.Run(in)
	must(t, err)
	want := 0.0
	for i, x := range logits {
		p, holds := 1/(1+math.Exp(-float64(x))), float64(in.Scores[i])
		want -= (positive[i%3]*holds*math.Log(p) + (1-holds)*math.Log(1-p)) / 3 * float64(in.Weight)
	}
	if math.Abs(loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v", loss, want)
	}
	got := gradientsOf(gr)
	summed := make([]float64, len(got))
	for i, w := range in.OutputWeights {
		one := softInput(gr)
		one.Scores, one.OutputWeights = in.Scores, make([]float32, 9)
		one.OutputWeights[i] = w
		_, _, err := gr.Run(one)
		must(t, err)
		for j, x := range gradientsOf(gr) {
			summed[j] += float64(x)
		}
	}
	checkCombined(t, got, summed, "the sum of the outputs'")
	checkHeadBias(t, gr, in)
}

// TestOutputWeightsOfOne: they have the bits of none, beside weights of the sequences as well; another
// number of them is an error, and so are any for classes.
func TestOutputWeightsOfOne(t *testing.T) {
	t.Parallel()
	for _, loss := range []Loss{SquaredError, BinaryCrossEntropy} {
		gr := scoredGraph(t, loss)
		in := softInput(gr)
		in.Scores, in.Weights = []float32{0.1, 0.9, 0.5, 0, 1, 0.25, 0.5, 0.5, 0.75}, []float32{0.7, 1, 1.2}
		_, want, err := gr.Run(in)
		must(t, err)
		gradients := gradientsOf(gr)
		in.OutputWeights = slices.Repeat([]float32{1}, 9)
		_, got, err := gr.Run(in)
		must(t, err)
		if got != want || !slices.Equal(gradientsOf(gr), gradients) {
			t.Errorf("loss %d: %v with weights of 1, want %v", loss, got, want)
		}
		in.OutputWeights = in.OutputWeights[:8]
		if _, _, err := gr.Run(in); err == nil || !strings.Contains(err.Error(), "8 weights of outputs for 3 sequences of 3 outputs") {
			t.Errorf("loss %d: too few weights: %v", loss, err)
		}
	}
	gr, _ := smallGraph(t, true)
	in := softInput(gr)
	in.OutputWeights = slices.Repeat([]float32{1}, 9)
	if _, _, err := gr.Run(in); err == nil || !strings.Contains(err.Error(), "weights of outputs") {
		t.Errorf("of classes: %v", err)
	}
}
