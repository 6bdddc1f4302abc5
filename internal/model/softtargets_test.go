package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/model/architecture"
)

// softInput is three sequences, all at gates of 1.
func softInput(gr *Graph) *Input {
	gates := slices.Repeat([]float32{1}, 3*gr.width)
	return &Input{IDs: []int32{0, 4, 2, 0, 5, 6, 2, 0, 2}, Offsets: []int32{0, 3, 7, 9}, Gates: gates, GradientGates: gates,
		Classes: []int32{2, 0, 1}, Weight: 0.25, Seed: 3, Step: 5}
}

// gradientsOf copies the gradients of the last run.
func gradientsOf(gr *Graph) (all []float32) {
	for _, g := range gr.Gradients() {
		all = append(all, g.Data...)
	}
	return all
}

// One-hot targets are classes, to the bit.
func TestSoftTargetsOfClasses(t *testing.T) {
	t.Parallel()
	gr, _ := smallGraph(t, true, robertaModule(0, architecture.Query))
	in := softInput(gr)
	_, want, err := gr.Run(in)
	must(t, err)
	gradients := gradientsOf(gr)
	in.Soft = []float32{0, 0, 1, 1, 0, 0, 0, 1, 0}
	in.Classes = nil
	_, got, err := gr.Run(in)
	must(t, err)
	if got != want || !slices.Equal(gradientsOf(gr), gradients) {
		t.Errorf("loss %v, of classes %v; the gradients are alike: %v", got, want, slices.Equal(gradientsOf(gr), gradients))
	}
}

// TestSoftTargets holds the loss against torch.nn.functional.cross_entropy's formula for class
// probabilities in float64, and gradients against central differences and against the mixture
// of the gradients of the classes, since the loss is linear in the targets.
func TestSoftTargets(t *testing.T) {
	t.Parallel()
	gr, _ := smallGraph(t, true, robertaModule(0, architecture.Query))
	in := softInput(gr)
	in.Soft = []float32{0.2, 0.5, 0.3, 0.125, 0.25, 0.625, 0, 0.75, 0.25}
	logits, loss, err := gr.Run(in)
	must(t, err)
	if want := softCrossEntropy(logits, in.Soft, 3) * 0.25; math.Abs(loss-want) > 1e-6 {
		t.Errorf("loss %v, want %v", loss, want)
	}
	got := gradientsOf(gr)
	mixed := make([]float64, len(got))
	for i := range 3 {
		for c := range 3 {
			one := softInput(gr)
			one.Soft = make([]float32, 9)
			one.Soft[3*i+c] = in.Soft[3*i+c]
			_, _, err := gr.Run(one)
			must(t, err)
			for j, x := range gradientsOf(gr) {
				mixed[j] += float64(x)
			}
		}
	}
	checkCombined(t, got, mixed, "the mixture of the classes'")
	checkHeadBias(t, gr, in)
}

// checkCombined holds a gradient against one that is combined of several, whose name is for messages.
func checkCombined(t *testing.T, got []float32, combined []float64, name string) {
	t.Helper()
	far, norm := 0.0, 0.0
	for j, x := range got {
		far, norm = far+(float64(x)-combined[j])*(float64(x)-combined[j]), norm+combined[j]*combined[j]
	}
	if norm == 0 || math.Sqrt(far/norm) > 1e-5 {
		t.Errorf("gradient is off by %.2g of %s, whose norm is %v", math.Sqrt(far/norm), name, math.Sqrt(norm))
	}
}

// checkHeadBias holds the gradient of the head's last bias, for an input, against central differences.
func checkHeadBias(t *testing.T, gr *Graph, in *Input) {
	t.Helper()
	_, _, err := gr.Run(in)
	must(t, err)
	bias := gr.Head[len(gr.Head)-1]
	of := slices.Clone(gr.Gradients()[len(gr.Gradients())-1].Data)
	for c := range bias.Data {
		const eps = 1.0 / 64
		value := bias.Data[c]
		at := func(x float32) float64 {
			bias.Data[c] = x
			_, loss, err := gr.Run(in)
			must(t, err)
			return loss
		}
		want := (at(value+eps) - at(value-eps)) / (2 * eps)
		bias.Data[c] = value
		if math.Abs(float64(of[c])-want) > 1e-4 {
			t.Errorf("gradient of %s[%d] is %v, by differences %v", bias.Name, c, of[c], want)
		}
	}
}

// softCrossEntropy is −Σ p log softmax(x) over all rows.
func softCrossEntropy(x, p []float32, n int) (sum float64) {
	for i := 0; i < len(x); i += n {
		total := 0.0
		for _, v := range x[i : i+n] {
			total += math.Exp(float64(v))
		}
		for j, v := range x[i : i+n] {
			sum -= float64(p[i+j]) * (float64(v) - math.Log(total))
		}
	}
	return sum
}

// TestSoftTargetsOfScores: for the losses of a target per output, soft targets are targets.
func TestSoftTargetsOfScores(t *testing.T) {
	t.Parallel()
	for _, loss := range []Loss{SquaredError, BinaryCrossEntropy} {
		_, m := smallGraph(t, true)
		gr, err := m.Compile(Options{Rows: 30, Sequences: 6, Labels: 3, Loss: loss, Head: m.Head(3, 1), Train: true, Adapt: func(string) (Pair, bool) { return Pair{}, false }})
		must(t, err)
		defer gr.Close()
		in := softInput(gr)
		in.Scores = []float32{0.1, 0.9, 0.5, 0, 1, 0.25, 0.5, 0.5, 0.75}
		_, want, err := gr.Run(in)
		must(t, err)
		gradients := gradientsOf(gr)
		in.Soft, in.Scores = in.Scores, make([]float32, 9)
		_, got, err := gr.Run(in)
		must(t, err)
		if got != want || !slices.Equal(gradientsOf(gr), gradients) {
			t.Errorf("loss %d: %v with soft targets, want %v", loss, got, want)
		}
		in.Soft = in.Soft[:8]
		if _, _, err := gr.Run(in); err == nil || !strings.Contains(err.Error(), "8 targets for 3 sequences of 3 outputs") {
			t.Errorf("loss %d: too few soft targets: %v", loss, err)
		}
	}
}
