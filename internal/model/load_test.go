package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/safetensors"
)

// small is a configuration of a model of a few thousand weights.
func small() map[string]any {
	return map[string]any{"model_type": "roberta", "vocab_size": 11, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
		"intermediate_size": 12, "max_position_embeddings": 10, "type_vocab_size": 1, "layer_norm_eps": 1e-5, "pad_token_id": 1, "hidden_act": "gelu"}
}

// smallWeights are tensors that fit small; names have the prefix.
func smallWeights(t *testing.T, prefix string) []safetensors.Tensor {
	return weightsOf(t, small(), prefix)
}

func weightsOf(t *testing.T, config map[string]any, prefix string) []safetensors.Tensor {
	t.Helper()
	c, err := ParseConfig("config.json", encode(t, config))
	must(t, err)
	var list []safetensors.Tensor
	for i, s := range c.shapes() {
		n := 1
		for _, d := range s.dims {
			n *= d
		}
		v := make([]float32, n)
		for j := range v {
			v[j] = float32((i*31+j*17)%29)/29 - 0.5
		}
		list = append(list, safetensors.F32(prefix+s.name, s.dims, v))
	}
	return list
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}

func folder(t *testing.T, files map[string]any) fs.FS {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, v := range files {
		var b []byte
		switch v := v.(type) {
		case []byte:
			b = v
		case []safetensors.Tensor:
			var err error
			b, err = safetensors.Encode(v, nil)
			must(t, err)
		default:
			b = encode(t, v)
		}
		fsys[name] = &fstest.MapFile{Data: b}
	}
	return fsys
}

func with(change map[string]any) map[string]any {
	c := small()
	maps.Copy(c, change)
	return c
}

// without is small less a field.
func without(key string) map[string]any {
	c := small()
	delete(c, key)
	return c
}

// pointer is the text that Git keeps in place of a file of Git LFS.
const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 498818054\n"

func checkInvalid(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil || fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error = %v, want one line of class invalid", err)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error = %v, want %q in it", err, w)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	t.Parallel()
	good := smallWeights(t, "roberta.")
	headless := slices.Clone(good)[1:]
	reshaped := slices.Clone(good)
	reshaped[0] = safetensors.F32(good[0].Name, []int{8, 11}, make([]float32, 88))
	for _, tt := range []struct {
		name  string
		files map[string]any
		want  string
	}{
		{"no configuration", map[string]any{tensorFormat.whole: good}, "config.json"},
		{"no weights", map[string]any{"config.json": small()}, "model.safetensors"},
		{"truncated", map[string]any{"config.json": small(), tensorFormat.whole: []byte("12345")}, tensorFormat.whole},
		{"missing", map[string]any{"config.json": small(), tensorFormat.whole: headless}, "1 missing: embeddings.word_embeddings.weight"},
		{"unexpected", map[string]any{"config.json": small(), tensorFormat.whole: append(slices.Clone(good), safetensors.F32("roberta.extra", []int{1}, []float32{1}))}, "1 unexpected: extra"},
		{"encoder's without the prefix", map[string]any{"config.json": small(), tensorFormat.whole: append(slices.Clone(good), safetensors.F32("encoder.extra", []int{1}, []float32{1}))}, "1 unexpected: encoder.extra"},
		{"layers too many", map[string]any{"config.json": with(map[string]any{"num_hidden_layers": 1}), tensorFormat.whole: good}, "16 unexpected: encoder.layer.1.attention"},
		{"types by default", map[string]any{"config.json": without("type_vocab_size"), tensorFormat.whole: good}, "token_type_embeddings.weight is [1 8], config.json says [2 8]"},
		{"a pointer for a configuration", map[string]any{"config.json": []byte(pointer), tensorFormat.whole: good}, "m/config.json: a Git LFS pointer"},
		{"a pointer for weights", map[string]any{"config.json": small(), tensorFormat.whole: []byte(pointer)}, "m/model.safetensors: a Git LFS pointer"},
		{"a pointer for an index", map[string]any{"config.json": small(), tensorFormat.list(): []byte(pointer)}, "m/model.safetensors.index.json: a Git LFS pointer"},
		{"a pointer for a shard", map[string]any{"config.json": small(), "x.safetensors": []byte(pointer),
			tensorFormat.list(): map[string]any{"weight_map": map[string]string{"a": "x.safetensors"}}}, "m/x.safetensors: a Git LFS pointer"},
		{"shape", map[string]any{"config.json": small(), tensorFormat.whole: reshaped}, "wrong shape"},
		{"integers", map[string]any{"config.json": small(), tensorFormat.whole: integers(good)}, "word_embeddings"},
		{"an endless index", map[string]any{"config.json": small(), tensorFormat.list(): bytes.Repeat([]byte(" "), largestIndex+1)}, "larger than 64 MiB"},
		{"shard outside", map[string]any{"config.json": small(), tensorFormat.list(): map[string]any{"weight_map": map[string]string{"a": "../x.safetensors"}}}, "../x.safetensors"},
		{"shard absent", map[string]any{"config.json": small(), tensorFormat.list(): map[string]any{"weight_map": map[string]string{"a": "x.safetensors"}}}, "x.safetensors"},
		{"empty index", map[string]any{"config.json": small(), tensorFormat.list(): map[string]any{"weight_map": map[string]string{}}}, "weight_map is empty"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(folder(t, tt.files), "m", LoadOptions{Machine: kerneltest.New(t)})
			checkInvalid(t, err, tt.want)
		})
	}
}

// integers gives the first tensor a type that is no weight's.
func integers(good []safetensors.Tensor) []safetensors.Tensor {
	list := slices.Clone(good)
	list[0].DType = "I32"
	return list
}

// With and without the prefix, in one file and in shards: the same model.
func TestLoadLayouts(t *testing.T) {
	t.Parallel()
	whole, plain := smallWeights(t, "roberta."), smallWeights(t, "")
	where := map[string]string{}
	for i, x := range whole {
		where[x.Name] = fmt.Sprintf("part-%d.safetensors", i%2+1)
	}
	part := func(name string) (list []safetensors.Tensor) {
		for _, x := range whole {
			if where[x.Name] == name {
				list = append(list, x)
			}
		}
		return list
	}
	var first []float32
	for name, files := range map[string]map[string]any{
		"prefixed": {tensorFormat.whole: whole},
		"plain":    {tensorFormat.whole: plain},
		"sharded": {tensorFormat.list(): map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": where},
			"part-1.safetensors": part("part-1.safetensors"), "part-2.safetensors": part("part-2.safetensors")},
	} {
		files["config.json"] = small()
		m, err := Load(folder(t, files), "m", LoadOptions{Machine: kerneltest.New(t)})
		must(t, err)
		logits := run(t, m, 4)
		if first == nil {
			first = logits
		}
		if !slices.Equal(logits, first) {
			t.Errorf("%s: other logits: %v, %v", name, logits, first)
		}
	}
}

// run gives the logits of one sequence, without an adapter.
func run(t *testing.T, m *Model, n int) []float32 {
	t.Helper()
	gr, err := m.Compile(Options{Rows: 20, Sequences: 4, Labels: 2, Rank: 1, Head: m.Head(2, 5), Adapt: func(string) (Pair, bool) { return Pair{}, false }})
	must(t, err)
	defer gr.Close()
	in := &Input{Offsets: []int32{0, int32(n)}}
	for i := range n {
		in.IDs = append(in.IDs, int32(i+2))
	}
	logits, _, err := gr.Run(in)
	must(t, err)
	return slices.Clone(logits)
}

// A merged checkpoint without a change is the checkpoint.
func TestMergedRoundTrip(t *testing.T) {
	t.Parallel()
	whole := smallWeights(t, "roberta.")
	m, err := Load(folder(t, map[string]any{"config.json": small(), tensorFormat.whole: whole}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	merged, err := m.Merged(func(_ string, w []float32) []float32 { return w }, m.Head(2, 1))
	must(t, err)
	want := map[string]safetensors.Tensor{}
	for _, x := range whole {
		want[x.Name] = x
	}
	for _, x := range merged {
		if isHead(architecture.Of("roberta"), x.Name) {
			continue
		}
		if w := want[x.Name]; !slices.Equal(x.Data, w.Data) || !slices.Equal(x.Shape, w.Shape) {
			t.Errorf("%s changed", x.Name)
		}
		delete(want, x.Name)
	}
	if len(want) != 0 {
		t.Errorf("%d tensors are missing in the merged checkpoint", len(want))
	}
}
