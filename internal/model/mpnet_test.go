package model

import (
	"maps"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/safetensors"
)

// smallMPNet is an MPNet of a few thousand weights.
func smallMPNet() map[string]any {
	c := small()
	maps.Copy(c, map[string]any{"model_type": "mpnet", "type_vocab_size": 2, "pad_token_id": 0})
	return c
}

const mpnetBias = "encoder.relative_attention_bias.weight"

// The buckets of Transformers: what begins at each distance, up to the next one.
func TestBucket(t *testing.T) {
	t.Parallel()
	begins := []struct{ distance, bucket int }{
		{-10000, 15}, {-90, 14}, {-63, 13}, {-45, 12}, {-31, 11}, {-22, 10}, {-15, 9}, {-11, 8}, {-7, 7}, {-6, 6},
		{-5, 5}, {-4, 4}, {-3, 3}, {-2, 2}, {-1, 1}, {0, 0}, {1, 17}, {2, 18}, {3, 19}, {4, 20}, {5, 21}, {6, 22}, {7,
			23}, {8, 24}, {12, 25}, {16, 26}, {23, 27}, {32, 28}, {46, 29}, {64, 30}, {91, 31},
	}
	for i, b := range begins {
		end := b.distance + 10000
		if i+1 < len(begins) {
			end = begins[i+1].distance
		}
		for d := b.distance; d < end; d++ {
			if got := bucket(d); got != b.bucket {
				t.Fatalf("distance %d: bucket %d, want %d", d, got, b.bucket)
			}
		}
	}
}

// MPNet has no token types, whatever the configuration says, and counts positions from 2. With
// and without the prefix its checkpoint is the same; so is one with a pooler, which nothing uses.
func TestLoadMPNet(t *testing.T) {
	t.Parallel()
	whole, plain := weightsOf(t, smallMPNet(), "mpnet."), weightsOf(t, smallMPNet(), "")
	pooled := append(slices.Clone(plain), safetensors.F32("pooler.dense.weight", []int{8, 8}, make([]float32, 64)))
	var first []float32
	for name, list := range map[string][]safetensors.Tensor{"prefixed": whole, "plain": plain, "with a pooler": pooled} {
		m, err := Load(folder(t, map[string]any{"config.json": smallMPNet(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		logits := run(t, m, 4)
		if first == nil {
			first = logits
		}
		if !slices.Equal(logits, first) {
			t.Errorf("%s: other logits: %v, %v", name, logits, first)
		}
		if c := m.Config; c.MaxLength() != 8 || c.TypeVocabSize != 0 || c.PadToken != 1 || c.Class() != "MPNetForSequenceClassification" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// The bias takes part in every layer's attention, and a merged checkpoint has its table as it was.
func TestMPNetBias(t *testing.T) {
	t.Parallel()
	load := func(change func(v []float32)) *Model {
		list := weightsOf(t, smallMPNet(), "mpnet.")
		i := slices.IndexFunc(list, func(x safetensors.Tensor) bool { return x.Name == "mpnet."+mpnetBias })
		v, err := list[i].Float32()
		must(t, err)
		change(v)
		list[i] = safetensors.F32(list[i].Name, list[i].Shape, v)
		m, err := Load(folder(t, map[string]any{"config.json": smallMPNet(), tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		return m
	}
	m := load(func([]float32) {})
	if other := load(func(v []float32) { v[17*2] += 3 }); slices.Equal(run(t, m, 4), run(t, other, 4)) { // keys right behind their query, the first head
		t.Error("the bias changes no logit")
	}
	merged, err := m.Merged(identity, nil)
	must(t, err)
	want := weightsOf(t, smallMPNet(), "mpnet.")
	if len(merged) != len(want) {
		t.Errorf("%d tensors, want %d", len(merged), len(want))
	}
	for _, x := range want {
		i := slices.IndexFunc(merged, func(y safetensors.Tensor) bool { return x.Name == y.Name })
		if i < 0 || !slices.Equal(merged[i].Shape, x.Shape) || !slices.Equal(merged[i].Data, x.Data) {
			t.Errorf("merged, %s is not as it was", x.Name)
		}
	}
}

func TestLoadMPNetFaults(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallMPNet(), "mpnet.")
	isBias := func(x safetensors.Tensor) bool { return x.Name == "mpnet."+mpnetBias }
	short := slices.Clone(whole)
	short[slices.IndexFunc(short, isBias)] = safetensors.F32("mpnet."+mpnetBias, []int{16, 2}, make([]float32, 32))
	fewer := smallMPNet()
	fewer["relative_attention_num_buckets"] = 16
	for name, tt := range map[string]struct {
		config  map[string]any
		tensors []safetensors.Tensor
		want    []string
	}{
		"no bias":          {smallMPNet(), slices.DeleteFunc(slices.Clone(whole), isBias), []string{"1 missing", mpnetBias}},
		"of 16 buckets":    {smallMPNet(), short, []string{"wrong shape", mpnetBias, "[16 2]"}},
		"fewer buckets":    {fewer, short, []string{"relative_attention_num_buckets: 16 is not in [32,"}},
		"a BERT's weights": {smallMPNet(), weightsOf(t, smallBERT(), "bert."), []string{"those of a model of type bert, but model_type is mpnet"}},
	} {
		_, err := Load(folder(t, map[string]any{"config.json": tt.config, tensorFormat.whole: tt.tensors}), "m", LoadOptions{Machine: kerneltest.New(t)})
		t.Run(name, func(t *testing.T) { checkInvalid(t, err, tt.want...) })
	}
}
