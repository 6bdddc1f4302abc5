package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

func identity(_ string, w []float32) []float32 { return w }

// TestWithBiases: every bias of a copy is the given one, every other tensor and the model
// that it was copied from stay as they were.
func TestWithBiases(t *testing.T) {
	t.Parallel()
	for kind, count := range map[string]int{"roberta": 1 + 2*8, "bert": 1 + 2*8 + 1} {
		t.Run(kind, func(t *testing.T) {
			testWithBiases(t, with(map[string]any{"model_type": kind, "type_vocab_size": 1}), kind+".", count)
		})
	}
}

func testWithBiases(t *testing.T, config map[string]any, prefix string, count int) {
	m, err := Load(folder(t, map[string]any{"config.json": config, "model.safetensors": weightsOf(t, config, prefix)}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	var biases []weights.Tensor
	before, err := m.Merged(identity, nil)
	must(t, err)
	want := map[string]safetensors.Tensor{}
	for i, s := range before {
		if strings.HasSuffix(s.Name, ".bias") {
			v, err := s.Float32()
			must(t, err)
			for j := range v {
				v[j] += float32(i + j + 1)
			}
			biases = append(biases, weights.Tensor{Name: s.Name, Shape: s.Shape, Data: v})
			s = safetensors.F32(s.Name, s.Shape, v)
		}
		want[s.Name] = s
	}
	if len(biases) != count {
		t.Fatalf("%d biases in a model of two layers, want %d", len(biases), count)
	}
	n, err := m.WithBiases(biases)
	must(t, err)
	after, err := n.Merged(identity, nil)
	must(t, err)
	for _, s := range after {
		if !slices.Equal(s.Data, want[s.Name].Data) {
			t.Errorf("%s is not as given", s.Name)
		}
	}
	unchanged, err := m.Merged(identity, nil)
	must(t, err)
	for i, s := range unchanged {
		if !slices.Equal(s.Data, before[i].Data) {
			t.Errorf("%s of the original has changed", s.Name)
		}
	}
	if same, err := m.WithBiases(nil); same != m || err != nil {
		t.Errorf("no biases: another model, %v", err)
	}
}

func TestWithBiasesFaults(t *testing.T) {
	t.Parallel()
	m, err := Load(folder(t, map[string]any{"config.json": small(), "model.safetensors": smallWeights(t, "")}), "m", LoadOptions{Machine: kerneltest.New(t)})
	must(t, err)
	for name, want := range map[string]string{
		"roberta.pooler.dense.bias":                        "no bias",
		"embeddings.LayerNorm.bias":                        "no bias",
		"roberta.encoder.layer.2.output.dense.bias":        "no bias",
		"roberta.encoder.layer.0.intermediate.dense.bias":  "8 values, the model's has 12",
		"roberta.encoder.layer.1.attention.self.query.bia": "no bias",
	} {
		_, err := m.WithBiases([]weights.Tensor{{Name: name, Shape: []int{8}, Data: make([]float32, 8)}})
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}
