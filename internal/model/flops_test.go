package model

import (
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/architecture"
)

// Two layers of 8 with feed-forward 16, sequences of 3 and 2 tokens, rank 2, three labels:
// counted by hand, a multiply and an add for each term of each sum.
func TestFlopsByHand(t *testing.T) {
	t.Parallel()
	m := &Model{Config: Config{ModelType: "roberta", HiddenSize: 8, IntermediateSize: 16, Layers: 2, Heads: 2}}
	offsets := []int32{0, 3, 5}
	on := func(modules ...string) Adapt {
		return func(module string) (Pair, bool) {
			for _, s := range modules {
				if s == module {
					return Pair{}, true
				}
			}
			return Pair{}, false
		}
	}
	const (
		square = 2 * 8 * 8  // one row through an (8, 8) projection
		wide   = 2 * 8 * 16 // one row through the feed-forward's half
		// layer 0: five rows through query, key, value, output and both halves; layer 1:
		// keys and values of five rows, the rest of two
		forward = 5*4*square + 5*2*wide + 5*2*square + 2*2*square + 2*2*wide
		// scores of 3·3 + 2·2 pairs and as many probabilities by values; then one query a
		// sequence against 3 and 2 keys
		attention = 2*2*8*(9+4) + 2*2*8*(3+2)
		head      = 2 * 2 * (8*8 + 8*3)
	)
	tests := []struct {
		name  string
		o     Options
		wants Flops
	}{
		{"base, forwards", Options{Labels: 3}, Flops{Frozen: forward, Attention: attention, Head: head}},
		{"query of both layers, forwards", Options{Labels: 3, Rank: 2, Adapt: on(robertaModule(0, architecture.Query), robertaModule(1, architecture.Query))},
			Flops{forward, attention, 2 * (5 + 2) * 2 * (8 + 8), head}},
		// nothing flows below the first query, so its layer has no gradient of the input,
		// of keys and of values: dP and dQ there, all four in the next layer
		{"query of both layers, training", Options{Labels: 3, Rank: 2, Train: true, Adapt: on(robertaModule(0, architecture.Query), robertaModule(1, architecture.Query))},
			Flops{
				Frozen:    forward + 5*square + 5*2*wide + 5*2*square + 2*2*square + 2*2*wide,
				Attention: attention + 2*2*8*(9+4) + 4*2*8*(3+2),
				Adapter:   2*(5+2)*2*(8+8) + 2*5*2*(8+8+8) + 2*2*2*(8+8+8+8),
				Head:      3 * head,
			}},
		// the last projection alone: no gradient passes any frozen product
		{"last output, training", Options{Labels: 3, Rank: 2, Train: true, Adapt: on(robertaModule(1, architecture.Output))},
			Flops{forward, attention, 2*2*2*(16+8) + 2*2*2*(16+8+8), 3 * head}},
		{"head alone, training", Options{Labels: 3, Train: true}, Flops{forward, attention, 0, 3*head - 2*2*8*8}},
	}
	for _, tt := range tests {
		if got := m.Flops(tt.o, offsets); got != tt.wants {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.wants)
		}
	}
	// BERT: one layer of the head is trained, the pooler is frozen
	m.Config.ModelType = "bert"
	const pooler, layer = 2 * 2 * 8 * 8, 2 * 2 * 8 * 3
	for name, want := range map[string]struct{ got, frozen, head int64 }{
		"forwards": {0, forward + pooler, layer}, "head alone": {1, forward + pooler, 2 * layer}, "last output": {2, forward + 2*pooler, 3 * layer},
	} {
		o := []Options{{Labels: 3}, {Labels: 3, Train: true}, {Labels: 3, Rank: 2, Train: true, Adapt: on("bert.encoder.layer.1.output.dense")}}[want.got]
		if got := m.Flops(o, offsets); got.Frozen != want.frozen || got.Head != want.head {
			t.Errorf("BERT, %s: %+v, want %d frozen and %d in the head", name, got, want.frozen, want.head)
		}
	}
}

// RoBERTa-base costs 170 million operations a token forwards in its frozen products, and
// its random weights are what they are said to be.
func TestNamedAndRandom(t *testing.T) {
	t.Parallel()
	c, err := Named("roberta-base")
	must(t, err)
	m := &Model{Config: *c}
	one := m.Flops(Options{Labels: 2}, []int32{0, 10}).Frozen
	two := m.Flops(Options{Labels: 2}, []int32{0, 20}).Frozen
	if per := float64(two-one) / 10; per < 155e6 || per > 170e6 { // the last layer is for keys and values
		t.Errorf("%v operations a token", per)
	}
	if _, err := Named("gpt2"); err == nil {
		t.Error("gpt2 is known")
	}
	c = &Config{ModelType: "roberta", VocabSize: 100, HiddenSize: 64, Layers: 2, Heads: 2, IntermediateSize: 128, MaxPositions: 20, TypeVocabSize: 1, PadToken: 1, LayerNormEps: 1e-5, InitializerRange: 0.02}
	r, err := Random(kerneltest.New(t), c, 7, kernel.Float32)
	must(t, err)
	var sum, squares float64
	w := r.layers[0].intermediate.W.Unpack()
	for _, v := range w {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	n := float64(len(w))
	if mean, variance := sum/n, squares/n; mean*mean > 1e-6 || variance < 3.8e-4 || variance > 4.2e-4 {
		t.Errorf("mean %v, variance %v, want 0 and 0.02²", mean, variance)
	}
	again, err := Random(kerneltest.New(t), c, 7, kernel.Float32)
	must(t, err)
	other, err := Random(kerneltest.New(t), c, 8, kernel.Float32)
	must(t, err)
	if w0 := again.embeddings.word[0]; w0 != r.embeddings.word[0] || w0 == other.embeddings.word[0] {
		t.Error("the weights are not a function of the seed")
	}
	if l := r.layers[1]; l.outputNorm.Gamma[3] != 1 || l.outputNorm.Beta[3] != 0 || l.output.Bias[3] != 0 {
		t.Error("norms and biases are not as initialised")
	}
}
