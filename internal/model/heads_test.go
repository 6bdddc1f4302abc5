package model

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// The heads of other tasks and the buffers of earlier releases change nothing; a head of
// sequence classification is the model's own.
func TestLoadOtherHeads(t *testing.T) {
	t.Parallel()
	one := func(name string) safetensors.Tensor { return safetensors.F32(name, []int{1}, []float32{1}) }
	positions := func(name string) safetensors.Tensor {
		return safetensors.Tensor{Name: name, DType: "I64", Shape: []int{1, 1}, Data: make([]byte, 8)}
	}
	var want []float32
	for _, prefix := range []string{"roberta.", ""} {
		for name, more := range map[string][]safetensors.Tensor{
			"none":                 nil,
			"masked language":      {one("lm_head.bias"), one("lm_head.layer_norm.weight"), one("lm_head.dense.weight"), one("cls.predictions.bias")},
			"question answering":   {one("qa_outputs.weight"), one("qa_outputs.bias")},
			"ranking, and a loss":  {one("score.weight"), one("loss_fct.weight"), one("loss.weight")},
			"somebody's own":       {one("crf.transitions"), one("dense_layer.0.weight"), one("temperature")},
			"of tokens":            {one("classifier.weight"), one("classifier.bias")},
			"behind the prefix":    {one(prefix + "lm_head.bias"), one(prefix + "qa_outputs.bias")},
			"a pooler":             {one(prefix + "pooler.dense.weight"), one(prefix + "pooler.dense.bias")},
			"buffers":              {positions(prefix + "embeddings.position_ids"), positions(prefix + "embeddings.token_type_ids")},
			"old names in a head":  {one("cls.LayerNorm.gamma"), one("cls.LayerNorm.weight")},
			"another model's part": {one("bert.embeddings.word_embeddings.weight")},
		} {
			m, err := Load(folder(t, map[string]any{"config.json": small(), tensorFormat.whole: append(smallWeights(t, prefix), more...)}), "m", LoadOptions{Machine: kerneltest.New(t)})
			if err != nil {
				t.Errorf("%s, prefix %q: %v", name, prefix, err)
				continue
			}
			logits := run(t, m, 4)
			if want == nil {
				want = logits
			}
			if !slices.Equal(logits, want) || m.classifier != nil {
				t.Errorf("%s, prefix %q: logits %v, want %v; a head: %v", name, prefix, logits, want, m.classifier != nil)
			}
		}
	}
}

// TestLoadOtherEncoder: weights of another encoder are refused, and the message says what the
// file holds.
func TestLoadOtherEncoder(t *testing.T) {
	t.Parallel()
	for name, list := range map[string][]safetensors.Tensor{
		"of type electra, but model_type is roberta":    weightsOf(t, smallBERT(), "electra."),
		"of type albert, but model_type is roberta":     weightsOf(t, smallBERT(), "albert."),
		"of type distilbert, but model_type is roberta": weightsOf(t, smallDistilBERT(), "distilbert."),
		"of type distilbert, but":                       weightsOf(t, smallDistilBERT(), ""),
		"37 missing: embeddings.word_embeddings.weight": weightsOf(t, smallBERT(), "mine."),
		"39 unexpected: mine.embeddings.LayerNorm":      weightsOf(t, smallBERT(), "mine."),
		"1 unexpected: transformer.layer.0.ffn.weight":  {safetensors.F32("transformer.layer.0.ffn.weight", []int{1}, []float32{1}), safetensors.F32("lm_head.bias", []int{1}, []float32{1})},
	} {
		_, err := Load(folder(t, map[string]any{"config.json": small(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		checkInvalid(t, err, name)
	}
	_, err := Load(folder(t, map[string]any{"config.json": smallDistilBERT(), tensorFormat.whole: smallWeights(t, "roberta.")}), "m", LoadOptions{Machine: kerneltest.New(t)})
	checkInvalid(t, err, "of type roberta or xlm-roberta or camembert, but model_type is distilbert")
}

// smallDistilBERT is a DistilBERT of a few thousand weights.
func smallDistilBERT() map[string]any {
	return map[string]any{"model_type": "distilbert", "vocab_size": 11, "dim": 8, "n_layers": 2, "n_heads": 2, "hidden_dim": 12, "max_position_embeddings": 10}
}

// smallELECTRA is one whose embeddings are narrower than its layers.
func smallELECTRA() map[string]any {
	c := smallBERT()
	maps.Copy(c, map[string]any{"model_type": "electra", "embedding_size": 6})
	return c
}

// TestLoadOtherTypes: with and without the prefix, and beside the heads of pretraining, the
// encoder is the same; what is merged of it has its names, and loads to the same logits.
func TestLoadOtherTypes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config map[string]any
		prefix string
		more   []string // of other heads
	}{
		"distilbert": {smallDistilBERT(), "distilbert.", []string{"vocab_transform.weight", "vocab_layer_norm.bias", "vocab_projector.bias"}},
		"electra":    {smallELECTRA(), "electra.", []string{"discriminator_predictions.dense.weight", "electra.embeddings.position_ids"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			load := func(list []safetensors.Tensor) *Model {
				m, err := Load(folder(t, map[string]any{"config.json": tt.config, tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
				must(t, err)
				return m
			}
			whole := weightsOf(t, tt.config, tt.prefix)
			m := load(whole)
			want := run(t, m, 4)
			for _, other := range tt.more {
				whole = append(whole, safetensors.F32(other, []int{1}, []float32{1}))
			}
			merged, err := m.Merged(func(_ string, w []float32) []float32 { return w }, m.Head(4, 1))
			must(t, err)
			for what, list := range map[string][]safetensors.Tensor{"plain": weightsOf(t, tt.config, ""), "of pretraining": whole, "merged": merged} {
				if got := run(t, load(list), 4); !slices.Equal(got, want) {
					t.Errorf("%s: logits %v, want %v", what, got, want)
				}
			}
			for _, x := range weightsOf(t, tt.config, tt.prefix) {
				if !slices.ContainsFunc(merged, func(y safetensors.Tensor) bool { return y.Name == x.Name && slices.Equal(y.Data, x.Data) }) {
					t.Errorf("merging loses or changes %s", x.Name)
				}
			}
		})
	}
}

// TestLoadGenerator: ELECTRA's generator is refused by name.
func TestLoadGenerator(t *testing.T) {
	t.Parallel()
	list := append(weightsOf(t, smallELECTRA(), "electra."), safetensors.F32("generator_predictions.dense.bias", []int{1}, []float32{1}))
	_, err := Load(folder(t, map[string]any{"config.json": smallELECTRA(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
	checkInvalid(t, err, "generator_predictions.dense.bias", "discriminator")
}

// TestCompleteHead: an adapter that brings the last layer alone gets the checkpoint's first;
// where there is none, and for another encoder's head, it is refused by name.
func TestCompleteHead(t *testing.T) {
	t.Parallel()
	load := func(own bool) *Model {
		list := weightsOf(t, smallDistilBERT(), "distilbert.")
		if own {
			for _, h := range (&Model{Config: Config{ModelType: "distilbert", HiddenSize: 8, InitializerRange: 0.1}}).Head(3, 7) {
				list = append(list, safetensors.F32(h.Name, h.Shape, h.Data))
			}
		}
		m, err := Load(folder(t, map[string]any{"config.json": smallDistilBERT(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		return m
	}
	with, without := load(true), load(false)
	last := with.Head(2, 5)[2:]
	whole, err := with.CompleteHead(last)
	must(t, err)
	if len(whole) != 4 || !slices.Equal(whole[0].Data, with.classifier[0].Data) || !slices.Equal(whole[2].Data, last[0].Data) {
		t.Errorf("the head is %+v", whole)
	}
	if again, err := without.CompleteHead(whole); err != nil || !weights.SameShapes(again, whole) {
		t.Errorf("a whole head becomes %+v, %v", again, err)
	}
	if _, err := without.CompleteHead(last); err == nil || !strings.Contains(err.Error(), "pre_classifier.weight") {
		t.Errorf("a head without its first layer: %v", err)
	}
	if _, err := with.CompleteHead(append(whole, weights.Tensor{Name: "classifier.out_proj.weight"})); err == nil || !strings.Contains(err.Error(), "classifier.out_proj.weight") {
		t.Errorf("another encoder's head: %v", err)
	}
}
