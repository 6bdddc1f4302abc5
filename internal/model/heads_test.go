package model

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/safetensors"
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
		"37 missing: embeddings.word_embeddings.weight": weightsOf(t, smallBERT(), "electra."),
		"39 unexpected: electra.embeddings.LayerNorm":   weightsOf(t, smallBERT(), "electra."),
		"1 unexpected: transformer.layer.0.ffn.weight":  {safetensors.F32("transformer.layer.0.ffn.weight", []int{1}, []float32{1}), safetensors.F32("lm_head.bias", []int{1}, []float32{1})},
	} {
		_, err := Load(folder(t, map[string]any{"config.json": small(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		checkInvalid(t, err, name)
	}
}
