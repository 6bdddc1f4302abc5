package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/pickle/pickletest"
	"github.com/dylora/dylora/internal/safetensors"
)

func pickled(t *testing.T, list []safetensors.Tensor) []byte {
	t.Helper()
	b, err := pickletest.Encode(list)
	must(t, err)
	return b
}

// A pickled checkpoint, whole or in shards, is the model that it is as safetensors, if it
// is allowed; where there are safetensors too, they are read.
func TestLoadPickled(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallBERT(), "bert.")
	where, parts := map[string]string{}, map[string][]safetensors.Tensor{}
	for i, x := range whole {
		name := fmt.Sprintf("pytorch_model-%05d-of-00002.bin", i%2+1)
		where[x.Name], parts[name] = name, append(parts[name], x)
	}
	sharded := map[string]any{"config.json": smallBERT(), "pytorch_model.bin.index.json": map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": where}}
	for name, list := range parts {
		sharded[name] = pickled(t, list)
	}
	m, err := Load(folder(t, map[string]any{"config.json": smallBERT(), "model.safetensors": whole}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	want := run(t, m, 4)
	for name, files := range map[string]map[string]any{
		"whole":   {"config.json": smallBERT(), "pytorch_model.bin": pickled(t, whole)},
		"sharded": sharded,
		"both":    {"config.json": smallBERT(), "pytorch_model.bin": []byte("damaged"), "model.safetensors": whole},
	} {
		m, err := Load(folder(t, files), "m", LoadOptions{Machine: kerneltest.New(t), AllowPickle: true})
		must(t, err)
		if got := run(t, m, 4); !slices.Equal(got, want) {
			t.Errorf("%s: logits %v, want %v", name, got, want)
		}
		_, err = Load(folder(t, files), "m", LoadOptions{Machine: kerneltest.New(t)})
		if refused := err != nil; refused != (name != "both") {
			t.Errorf("%s, not allowed: %v", name, err)
		} else if refused && (fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != PickledWeights || !strings.Contains(err.Error(), "pytorch_model.bin")) {
			t.Errorf("%s, not allowed: %v of class %d", name, err, fault.ClassOf(err))
		}
	}
}

func TestLoadPickledFaults(t *testing.T) {
	t.Parallel()
	whole := weightsOf(t, smallBERT(), "bert.")
	for _, tt := range []struct {
		name  string
		files map[string]any
		want  string
	}{
		{"damaged", map[string]any{"pytorch_model.bin": pickled(t, whole)[:500]}, "m/pytorch_model.bin"},
		{"pointer", map[string]any{"pytorch_model.bin": []byte(pointer)}, "m/pytorch_model.bin: a Git LFS pointer"},
		{"pointer for an index", map[string]any{"pytorch_model.bin.index.json": []byte(pointer)}, "m/pytorch_model.bin.index.json: a Git LFS pointer"},
		{"missing", map[string]any{"pytorch_model.bin": pickled(t, whole[1:])}, "1 missing"},
		{"integers", map[string]any{"pytorch_model.bin": pickled(t, integersOf(whole))}, "I64"},
		{"shard outside", map[string]any{"pytorch_model.bin.index.json": map[string]any{"weight_map": map[string]string{"a": "../x.bin"}}}, "../x.bin"},
		{"shard of another kind", map[string]any{"pytorch_model.bin.index.json": map[string]any{"weight_map": map[string]string{"a": "x.safetensors"}}}, ".bin"},
		{"shard absent", map[string]any{"pytorch_model.bin.index.json": map[string]any{"weight_map": map[string]string{"a": "x.bin"}}}, "m/x.bin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.files["config.json"] = smallBERT()
			_, err := Load(folder(t, tt.files), "m", LoadOptions{Machine: kerneltest.New(t), AllowPickle: true})
			checkInvalid(t, err, tt.want)
		})
	}
	_, err := Load(folder(t, map[string]any{"config.json": smallBERT(), "pytorch_model.bin": []byte(pointer)}), "m", LoadOptions{Machine: kerneltest.New(t)})
	checkInvalid(t, err, "m/pytorch_model.bin: a Git LFS pointer")
}

// integersOf makes the first tensor one of 64-bit integers.
func integersOf(list []safetensors.Tensor) []safetensors.Tensor {
	list = slices.Clone(list)
	list[0].DType, list[0].Data = "I64", append(slices.Clone(list[0].Data), list[0].Data...)
	return list
}
