package session

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

// config reads a config.json.
func config(t *testing.T, dir string) map[string]any {
	t.Helper()
	var c map[string]any
	must(t, json.Unmarshal([]byte(read(t, dir, "config.json")), &c))
	return c
}

// TestMerge: the merged folder is a checkpoint like any other, which computes at rank 0 what
// base model and adapter did at the rank.
func TestMerge(t *testing.T) {
	for name, tt := range map[string]struct {
		encoder, task, problem string
		labels                 []string
		files                  []string
	}{
		"classification": {"roberta", ownTask(own(t)), "single_label_classification", []string{"bad", "good", "so so"}, []string{"merges.txt", "tokenizer.json", "vocab.json"}},
		"no task":        {"roberta", "", "single_label_classification", []string{"LABEL_0", "LABEL_1", "LABEL_2"}, []string{"merges.txt", "tokenizer.json", "vocab.json"}},
		"regression":     {"bert", "task: stsb", "regression", []string{"score"}, []string{"tokenizer.json", "tokenizer_config.json", "vocab.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := reference(t, tt.encoder)
			s := opened(t, env(t), peft(e), "model: "+e.Model()+"; "+tt.task, Options{AnyTask: true, Exact: true})
			for _, rank := range []int{0, 2, 4} {
				out := filepath.Join(t.TempDir(), "made", "merged")
				m, err := s.Merge(t.Context(), rank, out)
				must(t, err)
				if m.Folder != out || m.Rank != rank || m.Sequences != 16 || !(m.Difference <= MergeTolerance*max(1, m.Largest)) || !(m.Largest > 0.01) {
					t.Errorf("merged %+v", m)
				}
				want := append([]string{"config.json", "model.safetensors"}, tt.files...)
				if !slices.Contains(want, tokenizerConfig) { // the base has none, and the merged model says where texts are cut
					want = append(want, tokenizerConfig)
					if text, length := read(t, out, tokenizerConfig), s.Encoder.Model.Config.MaxLength(); text != fmt.Sprintf("{\n  \"model_max_length\": %d\n}\n", length) {
						t.Errorf("%s: %q, and the model takes %d tokens", tokenizerConfig, text, length)
					}
				}
				if !slices.Equal(sorted(want), names(t, out)) {
					t.Errorf("%s holds %q, want %q", out, names(t, out), want)
				}
				for _, file := range tt.files {
					if read(t, out, file) != read(t, e.Model(), file) {
						t.Errorf("%s is another one", file)
					}
				}
				checkConfig(t, config(t, e.Model()), config(t, out), tt.problem, tt.labels)
				merged, err := LoadEncoder(t.Context(), env(t), settled(t, "model: "+out), float32s(t), nil)
				must(t, err)
				if _, ok := merged.Model.OwnHead(len(tt.labels)); !ok {
					t.Error("the merged model has no head")
				}
				checkWeights(t, e, out, rank)
			}
		})
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// checkConfig holds the config.json of a merged model against the base model's.
func checkConfig(t *testing.T, base, got map[string]any, problem string, labels []string) {
	t.Helper()
	names, numbers := got["id2label"].(map[string]any), got["label2id"].(map[string]any)
	for i, l := range labels {
		if names[string(rune('0'+i))] != l || numbers[l] != float64(i) {
			t.Errorf("labels %v and %v, want %q", names, numbers, labels)
		}
	}
	if len(names) != len(labels) || got["problem_type"] != problem || got["dtype"] != "float32" {
		t.Errorf("%d labels, problem %v, dtype %v", len(names), got["problem_type"], got["dtype"])
	}
	if _, has := got["torch_dtype"]; has {
		t.Error("a type stands in config.json that did not before")
	}
	for _, key := range []string{"model_type", "hidden_size", "vocab_size", "architectures", "layer_norm_eps"} {
		if a, b := got[key], base[key]; !reflect.DeepEqual(a, b) {
			t.Errorf("%s is %v, in the base model %v", key, a, b)
		}
	}
}

// checkWeights compares merged weights with those of PEFT, and the rest with the base model's.
func checkWeights(t *testing.T, e *reftest.Encoder, dir string, rank int) {
	t.Helper()
	got, err := safetensors.Read(filepath.Join(dir, "model.safetensors"))
	must(t, err)
	base, err := safetensors.Read(filepath.Join(e.Model(), "model.safetensors"))
	must(t, err)
	if got.Metadata["format"] != "pt" || len(got.Tensors) < len(base.Tensors) {
		t.Errorf("%d tensors of %d, metadata %v", len(got.Tensors), len(base.Tensors), got.Metadata)
	}
	for _, x := range got.Tensors {
		values, err := x.Float32()
		must(t, err)
		module := strings.TrimSuffix(x.Name, ".weight")
		before, ok := base.Tensor(x.Name)
		switch {
		case strings.HasPrefix(x.Name, "classifier."):
			continue // the adapter's
		case !ok:
			t.Errorf("%s is not in the base model", x.Name)
		case rank > 0 && slices.Contains(e.Modules, module):
			if want := "merged.rank" + string(rune('0'+rank)) + "." + x.Name; recorded(e, want) {
				reftest.Compare(t, want, values, e.Tensor(t, want), 1e-6)
			}
		default:
			want, err := before.Float32()
			must(t, err)
			if !slices.Equal(values, want) {
				t.Errorf("%s has changed", x.Name)
			}
		}
	}
}

func recorded(e *reftest.Encoder, name string) bool {
	_, ok := e.File.Tensor(name)
	return ok
}

// TestMergeConfig: the types that a config.json names are those of the weights as
// they are written, and the number of labels is that of their names.
func TestMergeConfig(t *testing.T) {
	e := reference(t, "roberta")
	text := strings.Replace(read(t, e.Model(), "config.json"), `"dtype": "float32"`, `"torch_dtype": "float16", "num_labels": 3`, 1)
	text = strings.Replace(text, `"RobertaForSequenceClassification"`, `"RobertaForMaskedLM"`, 1)
	dir := copyOf(t, e.Model(), map[string]string{"config.json": text})
	s := opened(t, env(t), peft(e), "model: "+dir, Options{AnyTask: true})
	out := filepath.Join(t.TempDir(), "merged")
	_, err := s.Merge(t.Context(), 4, out)
	must(t, err)
	c := config(t, out)
	if _, has := c["num_labels"]; has || c["torch_dtype"] != "float32" || !reflect.DeepEqual(c["architectures"], []any{"RobertaForSequenceClassification"}) {
		t.Errorf("config.json %v", c)
	}
	if _, has := c["dtype"]; has {
		t.Error("config.json has a second type")
	}
}

// TestMergeBiases: an adapter's biases are in the merged model.
func TestMergeBiases(t *testing.T) {
	e := reference(t, "roberta")
	const bias = "roberta.encoder.layer.0.attention.self.query.bias"
	s := opened(t, env(t), biased(t, "roberta", bias, 24), "model: "+e.Model(), Options{AnyTask: true})
	out := filepath.Join(t.TempDir(), "merged")
	_, err := s.Merge(t.Context(), 2, out)
	must(t, err)
	f, err := safetensors.Read(filepath.Join(out, "model.safetensors"))
	must(t, err)
	x, ok := f.Tensor(bias)
	if !ok {
		t.Fatalf("no tensor %s", bias)
	}
	if v, err := x.Float32(); err != nil || !slices.Equal(v, s.Adapter.Biases[0].Data) {
		t.Errorf("the bias is %v, %v", v, err)
	}
}
