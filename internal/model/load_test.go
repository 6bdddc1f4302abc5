package model

import (
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

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change map[string]any
		want   []string
	}{
		{"another type", map[string]any{"model_type": "gpt2"}, []string{`"gpt2"`, "use a RoBERTa or BERT model"}},
		{"xlm-roberta", map[string]any{"model_type": "xlm-roberta"}, []string{`"xlm-roberta"`, "SentencePiece"}},
		{"distilbert", map[string]any{"model_type": "distilbert", "n_heads": 2, "dim": 8}, []string{`"distilbert"`, "its layers have other names"}},
		{"activation", map[string]any{"hidden_act": "relu"}, []string{"hidden_act", "relu"}},
		{"fraction", map[string]any{"hidden_size": 8.5}, []string{"hidden_size: 8.5"}},
		{"word", map[string]any{"hidden_size": "eight"}, []string{"hidden_size"}},
		{"heads", map[string]any{"num_attention_heads": 3}, []string{"hidden_size: 8 is not a multiple"}},
		{"huge", map[string]any{"vocab_size": 1e15}, []string{"vocab_size"}},
		{"several", map[string]any{"num_hidden_layers": 0, "layer_norm_eps": 0}, []string{"num_hidden_layers", "layer_norm_eps"}},
		{"unknown field", map[string]any{"hiden_size": 8}, []string{"hiden_size: unknown field"}},
		{"relative positions", map[string]any{"position_embedding_type": "relative_key"}, []string{"position_embedding_type"}},
		{"decoder", map[string]any{"is_decoder": true}, []string{"is_decoder"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig("m/config.json", encode(t, with(tt.change)))
			checkInvalid(t, err, append(tt.want, "m/config.json")...)
		})
	}
	_, err := ParseConfig("m/config.json", []byte(`{"model_type":"roberta","model_type":"roberta"}`))
	checkInvalid(t, err, "model_type")
}

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
	without := slices.Clone(good)[1:]
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
		{"missing", map[string]any{"config.json": small(), tensorFormat.whole: without}, "1 missing: embeddings.word_embeddings.weight"},
		{"unexpected", map[string]any{"config.json": small(), tensorFormat.whole: append(slices.Clone(good), safetensors.F32("roberta.extra", []int{1}, []float32{1}))}, "1 unexpected: extra"},
		{"shape", map[string]any{"config.json": small(), tensorFormat.whole: reshaped}, "wrong shape"},
		{"integers", map[string]any{"config.json": small(), tensorFormat.whole: integers(good)}, "word_embeddings"},
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
		if isHead(x.Name) {
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

func FuzzParseConfig(f *testing.F) {
	b, err := json.Marshal(small())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"hidden_size":1e300}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseConfig("config.json", b)
		if err == nil && (c.HiddenSize < 1 || c.HiddenSize%c.Heads != 0 || c.MaxLength() < 1) {
			t.Errorf("accepted %+v", c)
		}
	})
}
