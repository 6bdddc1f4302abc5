package model

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/safetensors"
)

// smallBERT is a BERT of a few thousand weights.
func smallBERT() map[string]any {
	c := small()
	maps.Copy(c, map[string]any{"model_type": "bert", "pad_token_id": 0, "type_vocab_size": 2})
	return c
}

// old gives LayerNorm's tensors the names of the first BERT checkpoints.
func old(list []safetensors.Tensor) []safetensors.Tensor {
	list = slices.Clone(list)
	for i := range list {
		list[i].Name = strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta").Replace(list[i].Name)
	}
	return list
}

// With and without the prefix, with old names, with the heads of pretraining: the same.
func TestLoadBERT(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallBERT(), "bert.")
	pretrained := append(slices.Clone(whole), safetensors.F32("cls.predictions.bias", []int{11}, make([]float32, 11)),
		safetensors.F32("cls.seq_relationship.weight", []int{2, 8}, make([]float32, 16)),
		safetensors.Tensor{Name: "bert.embeddings.position_ids", DType: "I64", Shape: []int{1, 1}, Data: make([]byte, 8)})
	var first []float32
	for name, list := range map[string][]safetensors.Tensor{
		"prefixed": whole, "plain": weightsOf(t, smallBERT(), ""), "old names": old(whole), "of pretraining": pretrained,
	} {
		m, err := Load(folder(t, map[string]any{"config.json": smallBERT(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		logits := run(t, m, 4)
		if first == nil {
			first = logits
		}
		if !slices.Equal(logits, first) {
			t.Errorf("%s: other logits: %v, %v", name, logits, first)
		}
		if n := m.Config.MaxLength(); n != 10 {
			t.Errorf("%s: %d tokens at most, want all 10 positions", name, n)
		}
	}
}

func TestLoadBERTFaults(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallBERT(), "bert.")
	named := func(part string) func(safetensors.Tensor) bool {
		return func(x safetensors.Tensor) bool { return strings.Contains(x.Name, part) }
	}
	twice := append(slices.Clone(whole), old(whole)[3])
	for _, tt := range []struct {
		name string
		list []safetensors.Tensor
		want string
	}{
		{"no pooler", slices.DeleteFunc(slices.Clone(whole), named("pooler")), "2 missing: pooler.dense.weight, pooler.dense.bias; a checkpoint of masked-language modelling has no pooler"},
		{"RoBERTa's prefix", weightsOf(t, smallBERT(), "roberta."), "its tensors are those of a model of type roberta or xlm-roberta or camembert, but model_type is bert"},
		{"old and new names", twice, "1 unexpected: embeddings.LayerNorm.weight"},
	} {
		_, err := Load(folder(t, map[string]any{"config.json": smallBERT(), tensorFormat.whole: tt.list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		checkInvalid(t, err, tt.want)
	}
}

// A merged checkpoint has the names of BertForSequenceClassification, pooler included.
func TestMergedBERT(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallBERT(), "")
	m, err := Load(folder(t, map[string]any{"config.json": smallBERT(), tensorFormat.whole: whole}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	head := m.Head(3, 1)
	want := map[string][]byte{"classifier.weight": safetensors.F32("", head[0].Shape, head[0].Data).Data, "classifier.bias": safetensors.F32("", head[1].Shape, head[1].Data).Data}
	for _, x := range whole {
		want["bert."+x.Name] = x.Data
	}
	merged, err := m.Merged(func(_ string, w []float32) []float32 { return w }, head)
	must(t, err)
	for _, x := range merged {
		if data, ok := want[x.Name]; !ok || !slices.Equal(data, x.Data) {
			t.Errorf("%s: known %v, or changed", x.Name, ok)
		}
		delete(want, x.Name)
	}
	if len(want) != 0 || m.Config.Class() != "BertForSequenceClassification" {
		t.Errorf("%d tensors are missing for %s", len(want), m.Config.Class())
	}
}

// Types choose a row of their own, and padding counts as any token.
func TestBERTEmbeddings(t *testing.T) {
	t.Parallel()
	m, err := Load(folder(t, map[string]any{"config.json": smallBERT(), tensorFormat.whole: weightsOf(t, smallBERT(), "")}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	embed := func(ids, types []int32) []float32 {
		x, sum := make([]float32, 8*len(ids)), make([]float32, 8*len(ids))
		must(t, m.embeddings.embed(m.machine, x, sum, ids, types, []int32{0, int32(len(ids))}))
		return x
	}
	none, zeros, ones := embed([]int32{3, 0, 3}, nil), embed([]int32{3, 0, 3}, []int32{0, 0, 0}), embed([]int32{3, 0, 3}, []int32{0, 1, 0})
	if !slices.Equal(none, zeros) {
		t.Error("types of 0 differ from none")
	}
	if slices.Equal(zeros[8:16], ones[8:16]) || !slices.Equal(zeros[16:], ones[16:]) {
		t.Error("the type of the second token changes another, or not that one")
	}
	if slices.Equal(none[:8], none[16:]) {
		t.Error("the third token has the first one's position")
	}
	for _, types := range [][]int32{{0}, {0, 2, 0}, {0, -1, 0}} {
		if _, err := m.embeddings.places([]int32{3, 0, 3}, types, []int32{0, 3}); err == nil {
			t.Errorf("types %v are taken", types)
		}
	}
}

// DistilRoBERTa is a RoBERTa of six layers.
func TestDistilRoBERTa(t *testing.T) {
	t.Parallel()
	config := with(map[string]any{"num_hidden_layers": 6, "architectures": []string{"RobertaForMaskedLM"}})
	m, err := Load(folder(t, map[string]any{"config.json": config, tensorFormat.whole: weightsOf(t, config, "roberta.")}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	projections, err := m.Projections([]string{"query", "value"})
	must(t, err)
	if len(projections) != 12 || projections[11].Name != "roberta.encoder.layer.5.attention.self.value" {
		t.Errorf("%d projections, the last is %+v", len(projections), projections[len(projections)-1])
	}
	run(t, m, 4)
}
