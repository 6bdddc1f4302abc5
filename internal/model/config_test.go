package model

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
)

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change map[string]any
		want   []string
	}{
		{"another type", map[string]any{"model_type": "gpt2"}, []string{`"gpt2"`, "use a model of type roberta, bert"}},
		{"modernbert", map[string]any{"model_type": "modernbert"}, []string{`"modernbert"`, "rotary positions"}},
		{"deberta-v2", map[string]any{"model_type": "deberta-v2"}, []string{`"deberta-v2"`, "relative positions"}},
		{"albert", map[string]any{"model_type": "albert"}, []string{`"albert"`, "share their weights"}},
		{"longformer", map[string]any{"model_type": "longformer"}, []string{`"longformer"`, "window"}},
		{"activation", map[string]any{"hidden_act": "erf"}, []string{`hidden_act: "erf"`, "gelu_new"}},
		{"activation with weights", map[string]any{"hidden_act": "prelu"}, []string{`hidden_act: "prelu" is not supported, which has weights of its own`}},
		{"distilbert's activation", map[string]any{"model_type": "distilbert", "n_heads": 2, "dim": 8, "activation": "prelu"}, []string{`activation: "prelu"`}},
		{"distilbert's heads", map[string]any{"model_type": "distilbert", "n_heads": 3, "num_attention_heads": 5}, []string{"dim: 8 is not a multiple of n_heads, 5"}},
		{"electra's embeddings", map[string]any{"model_type": "electra", "embedding_size": 0}, []string{"embedding_size: 0"}},
		{"fraction", map[string]any{"hidden_size": 8.5}, []string{"hidden_size: 8.5"}},
		{"word", map[string]any{"hidden_size": "eight"}, []string{"hidden_size"}},
		{"heads", map[string]any{"num_attention_heads": 3}, []string{"hidden_size: 8 is not a multiple"}},
		{"huge", map[string]any{"vocab_size": 1e15}, []string{"vocab_size"}},
		{"several", map[string]any{"num_hidden_layers": 0, "layer_norm_eps": 0}, []string{"num_hidden_layers", "layer_norm_eps"}},
		{"relative positions", map[string]any{"position_embedding_type": "relative_key"}, []string{"position_embedding_type"}},
		{"decoder", map[string]any{"is_decoder": true}, []string{"is_decoder"}},
		{"decoder beside an encoder", map[string]any{"is_encoder_decoder": true, "add_cross_attention": true}, []string{"is_encoder_decoder", "add_cross_attention"}},
		{"heads taken out", map[string]any{"pruned_heads": map[string]any{"0": []int{1}}}, []string{`pruned_heads: {"0":[1]} is not supported`}},
		{"quantised weights", map[string]any{"quantization_config": map[string]any{"quant_method": "gptq"}}, []string{"quantization_config"}},
		{"layers of their own", map[string]any{"per_layer_config": map[string]any{"0": map[string]any{"hidden_act": "relu"}}}, []string{"per_layer_config"}},
		{"fused layers", map[string]any{"fusion_config": map[string]any{"a": true}}, []string{"fusion_config"}},
		{"other weights", map[string]any{"transformers_weights": "other.safetensors"}, []string{"transformers_weights", "other.safetensors"}},
		{"no epsilon", map[string]any{"layer_norm_eps": nil}, []string{"layer_norm_eps: null"}},
		{"no size", map[string]any{"num_attention_heads": nil, "model_type": "bert"}, []string{"num_attention_heads: null"}},
		{"no padding", map[string]any{"pad_token_id": nil}, []string{"pad_token_id: null"}},
		{"a size of the default", map[string]any{"hidden_size": 10, "num_attention_heads": 12}, []string{"hidden_size: 10 is not a multiple of num_attention_heads, 12"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseConfig("m/config.json", encode(t, with(tt.change)))
			checkInvalid(t, err, append(tt.want, "m/config.json")...)
		})
	}
	_, err := ParseConfig("m/config.json", []byte(`{"model_type":"roberta","model_type":"roberta"}`))
	checkInvalid(t, err, "model_type")
}

// What Transformers computes nothing with is ignored, whatever it says; what it computes the
// same values with, too.
func TestConfigIgnores(t *testing.T) {
	t.Parallel()
	want, err := ParseConfig("config.json", encode(t, small()))
	must(t, err)
	for name, change := range map[string]map[string]any{
		"notes":              {"language": "english", "name": "Roberta", "_name_or_path": "a/b", "architectures": []string{"RobertaForMaskedLM"}},
		"of other libraries": {"sentence_transformers": map[string]any{"version": "5.1.0"}, "adapters": map[string]any{}, "auto_map": map[string]any{"AutoModel": "m.M"}},
		"old forms":          {"_num_labels": 2, "num_labels": 3, "finetuning_task": "sst-2", "output_past": true, "torch_dtype": "float16"},
		"a misspelt field":   {"hiden_size": 16},
		"of generation":      {"max_length": 20, "do_sample": true, "num_beams": 4, "use_cache": false},
		"of other poolers":   {"pooler_fc_size": 768, "pooler_type": "first_token_transform"},
		"ways to compute":    {"chunk_size_feed_forward": 2, "_attn_implementation": "sdpa", "gradient_checkpointing": true, "tie_word_embeddings": false},
		"not in use": {"is_decoder": false, "is_encoder_decoder": nil, "add_cross_attention": false, "pruned_heads": map[string]any{}, "quantization_config": nil,
			"per_layer_config": map[string]any{}, "fusion_config": map[string]any{}, "transformers_weights": nil, "position_embedding_type": "absolute"},
		"the same weights": {"transformers_weights": "model.safetensors", "classifier_dropout": nil},
	} {
		got, err := ParseConfig("config.json", encode(t, with(change)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got.Outputs = want.Outputs // num_labels says it, and nothing is computed with it
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// A field that the file lacks has the default of the type's class in Transformers.
func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]Config{
		"roberta":     {VocabSize: 50265, PadToken: 1, HiddenSize: 768, Layers: 12, Heads: 12, IntermediateSize: 3072, TypeVocabSize: 2, ClassifierDropout: 0.1},
		"bert":        {VocabSize: 30522, PadToken: 0, HiddenSize: 768, Layers: 12, Heads: 12, IntermediateSize: 3072, TypeVocabSize: 2, ClassifierDropout: 0.1},
		"xlm-roberta": {VocabSize: 30522, PadToken: 1, HiddenSize: 768, Layers: 12, Heads: 12, IntermediateSize: 3072, TypeVocabSize: 2, ClassifierDropout: 0.1},
		"camembert":   {VocabSize: 30522, PadToken: 1, HiddenSize: 768, Layers: 12, Heads: 12, IntermediateSize: 3072, TypeVocabSize: 2, ClassifierDropout: 0.1},
		"distilbert":  {VocabSize: 30522, PadToken: 0, HiddenSize: 768, Layers: 6, Heads: 12, IntermediateSize: 3072, ClassifierDropout: 0.2},
		"mpnet":       {VocabSize: 30527, PadToken: 1, HiddenSize: 768, Layers: 12, Heads: 12, IntermediateSize: 3072, Buckets: 32, ClassifierDropout: 0.1},
		"electra":     {VocabSize: 30522, PadToken: 0, HiddenSize: 256, EmbeddingSize: 128, Layers: 12, Heads: 4, IntermediateSize: 1024, TypeVocabSize: 2, ClassifierDropout: 0.1},
	} {
		want.ModelType, want.MaxPositions, want.LayerNormEps, want.InitializerRange = kind, 512, 1e-12, 0.02
		want.Outputs = 2
		want.HiddenDropout, want.AttentionDropout = 0.1, 0.1
		got, err := ParseConfig("config.json", encode(t, map[string]any{"model_type": kind}))
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, %v, want %+v", kind, got, err, want)
		}
	}
	if c, err := ParseConfig("config.json", []byte(`{"model_type":"bert","pad_token_id":null}`)); err != nil || c.PadToken != 0 {
		t.Errorf("a BERT without an id of padding: %+v, %v", c, err)
	}
}

// DistilBERT's keys have second names, which count where both are there; keys of BERT that its
// class does not read say nothing, nor does the class's way to initialise positions.
func TestConfigOtherNames(t *testing.T) {
	t.Parallel()
	got, err := ParseConfig("config.json", encode(t, map[string]any{"model_type": "distilbert", "dim": 30, "hidden_size": 24, "num_attention_heads": 4, "n_layers": 2,
		"hidden_dim": 40, "intermediate_size": 50, "hidden_act": "relu", "activation": "gelu_new", "layer_norm_eps": 0.5, "type_vocab_size": 2,
		"hidden_dropout_prob": 0.7, "dropout": 0.3, "classifier_dropout": 0.6, "sinusoidal_pos_embds": true}))
	must(t, err)
	act, _ := kernel.ParseActivation("gelu_new")
	if got.HiddenSize != 24 || got.Heads != 4 || got.Layers != 2 || got.IntermediateSize != 40 || got.Activation != act || got.LayerNormEps != 1e-12 || got.TypeVocabSize != 0 ||
		got.HiddenDropout != 0.3 || got.ClassifierDropout != 0.2 {
		t.Errorf("%+v", got)
	}
	c, err := ParseConfig("config.json", encode(t, with(map[string]any{"hidden_act": "silu", "hidden_dropout_prob": 0.4})))
	must(t, err)
	if c.Activation.String() != "silu" || c.ClassifierDropout != 0.4 {
		t.Errorf("%+v", c)
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
