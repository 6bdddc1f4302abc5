package model

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// changed is a tensor with other values, as a replacement and as one of a checkpoint.
func changed(t *testing.T, x safetensors.Tensor) (weights.Tensor, safetensors.Tensor) {
	t.Helper()
	v, err := x.Float32()
	must(t, err)
	for i := range v {
		v[i] += float32(i%5)/10 - 0.15
	}
	return weights.Tensor{Name: x.Name, Shape: x.Shape, Data: v}, safetensors.F32(x.Name, x.Shape, v)
}

// A tensor in the place of the checkpoint's is as if the checkpoint had it, in every precision.
func TestReplace(t *testing.T) {
	t.Parallel()
	for kind, config := range map[string]map[string]any{"bert.": smallBERT(), "mpnet.": smallMPNet()} {
		whole := weightsOf(t, config, kind)
		for i := range whole {
			list := slices.Clone(whole)
			var other weights.Tensor
			other, list[i] = changed(t, whole[i])
			for _, p := range []kernel.Precision{kernel.Float32, kernel.I16} {
				load := func(list []safetensors.Tensor, replace ...weights.Tensor) *Model {
					m, err := Load(folder(t, map[string]any{"config.json": config, tensorFormat.whole: list}), "m", LoadOptions{Machine: kerneltest.New(t), Precision: p, Replace: replace})
					must(t, err)
					return m
				}
				got, want := load(whole, other), load(list)
				if !slices.Equal(run(t, got, 4), run(t, want, 4)) {
					t.Errorf("%s, %v: other logits than of a checkpoint that has it", other.Name, p)
				}
				if got.Hash != load(whole).Hash {
					t.Errorf("%s: another hash than the checkpoint's", other.Name)
				}
			}
		}
		for name, bad := range map[string]weights.Tensor{
			"has no tensor":  {Name: kind + "pooler.dense.nothing", Shape: []int{8}, Data: make([]float32, 8)},
			"has no tensor ": {Name: "embeddings.LayerNorm.bias", Shape: []int{8}, Data: make([]float32, 8)},
			"has shape [4]":  {Name: kind + "embeddings.LayerNorm.bias", Shape: []int{4}, Data: make([]float32, 4)},
		} {
			_, err := Load(folder(t, map[string]any{"config.json": config, tensorFormat.whole: whole}), "m", LoadOptions{Machine: kerneltest.New(t), Replace: []weights.Tensor{bad}})
			checkInvalid(t, err, strings.TrimSpace(name), bad.Name)
		}
	}
}

// What is replaced neither comes from the cache of packed weights nor gets into it.
func TestReplaceBesideTheCache(t *testing.T) {
	t.Parallel()
	dir := cacheFolder(t)
	c := &packed.Cache{Dir: t.TempDir(), Limit: 1 << 30}
	load := func(c *packed.Cache, replace ...weights.Tensor) []float32 {
		m, err := Load(os.DirFS(dir), dir, LoadOptions{Machine: kerneltest.New(t), Cache: c, Replace: replace})
		must(t, err)
		return run(t, m, 4)
	}
	whole, err := safetensors.Read(dir + "/" + tensorFormat.whole)
	must(t, err)
	plain := load(nil)
	for _, name := range []string{"roberta.encoder.layer.0.attention.self.key.weight", "roberta.embeddings.word_embeddings.weight"} {
		x, _ := whole.Tensor(name)
		other, _ := changed(t, x)
		want := load(nil, other)
		if slices.Equal(want, plain) {
			t.Fatalf("%s: the same logits", name)
		}
		if !slices.Equal(load(c, other), want) || !slices.Equal(load(c), plain) || !slices.Equal(load(c, other), want) || !slices.Equal(load(c), plain) {
			t.Errorf("%s: what is replaced depends on the cache", name)
		}
	}
}

// A pooler that is made is a function of the seed; with it as a replacement the model is the same.
func TestInitMissing(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallBERT(), "bert.")
	without := func(part string) []safetensors.Tensor {
		return slices.DeleteFunc(slices.Clone(whole), func(x safetensors.Tensor) bool { return strings.Contains(x.Name, part) })
	}
	load := func(list []safetensors.Tensor, o LoadOptions) (*Model, error) {
		o.Machine = kerneltest.New(t)
		return Load(folder(t, map[string]any{"config.json": smallBERT(), tensorFormat.whole: list}), "m", o)
	}
	if _, err := load(without("pooler"), LoadOptions{}); fault.ReasonOf(err) != NoPooler || fault.ClassOf(err) != fault.Invalid {
		t.Errorf("without a pooler: %v", err)
	}
	if _, err := load(without("pooler.dense.bias"), LoadOptions{InitMissing: true}); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("half a pooler: %v", err)
	}
	made, err := load(without("pooler"), LoadOptions{InitMissing: true, Seed: 3})
	must(t, err)
	if len(made.Made) != 2 || made.Made[0].Name != "bert.pooler.dense.weight" || made.Made[1].Name != "bert.pooler.dense.bias" {
		t.Fatalf("made %v", made.Made)
	}
	again, err := load(without("pooler"), LoadOptions{Replace: made.Made})
	must(t, err)
	other, err := load(without("pooler"), LoadOptions{InitMissing: true, Seed: 4})
	must(t, err)
	if a, b, c := run(t, made, 4), run(t, again, 4), run(t, other, 4); !slices.Equal(a, b) || slices.Equal(a, c) || again.Made != nil {
		t.Errorf("logits %v, with it as a replacement %v, of another seed %v", a, b, c)
	}
	merged, err := made.Merged(identity, nil)
	must(t, err)
	if len(merged) != len(whole) {
		t.Errorf("merged, %d tensors, want %d", len(merged), len(whole))
	}
	if m, err := load(whole, LoadOptions{InitMissing: true}); err != nil || m.Made != nil {
		t.Errorf("with a pooler: %v, %v", m.Made, err)
	}
	roberta, err := Load(folder(t, map[string]any{"config.json": small(), tensorFormat.whole: smallWeights(t, "")}), "m", LoadOptions{Machine: kerneltest.New(t), InitMissing: true})
	if err != nil || roberta.Made != nil {
		t.Errorf("a RoBERTa, which has none: %v", err)
	}
}
