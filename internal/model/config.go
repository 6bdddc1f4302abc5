// Package model is the frozen encoder: config.json and weights of RoBERTa or BERT in Hugging
// Face's layout, and the Gorgonia graph over packed batches that trains and evaluates
// what a caller adds to it. It meets adapters only through a function value.
package model

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// Config is what config.json says about an encoder. The field names are those of
// Hugging Face's RobertaConfig and BertConfig.
type Config struct {
	ModelType         string
	VocabSize         int
	HiddenSize        int
	Layers            int // num_hidden_layers
	Heads             int // num_attention_heads
	IntermediateSize  int
	MaxPositions      int // max_position_embeddings; RoBERTa never uses the first pad_token_id + 1
	TypeVocabSize     int
	PadToken          int
	LayerNormEps      float64
	HiddenDropout     float64
	AttentionDropout  float64
	ClassifierDropout float64 // hidden dropout where the file says null
	InitializerRange  float64 // of a classifier that the checkpoint lacks
}

// MaxLength is the longest sequence in tokens that has positions.
func (c *Config) MaxLength() int { return c.MaxPositions - c.positionOffset() }

// HeadSize is the number of columns of one attention head.
func (c *Config) HeadSize() int { return c.HiddenSize / c.Heads }

// ParseConfig reads config.json; name is its path, for messages. A field that the file lacks
// has the default of Hugging Face's class. A field that changes what Transformers computes is
// used or refused by name, and any other is ignored; all faults are reported.
func ParseConfig(name string, b []byte) (*Config, error) { return ParseConfigLog(name, b, nil) }

// ParseConfigLog is ParseConfig that adds what the file settles, and the keys that are
// ignored, to log, which may be nil.
func ParseConfigLog(name string, b []byte, log *decision.Log) (*Config, error) {
	if err := lfs.Check(name, b); err != nil {
		return nil, err
	}
	var raw map[string]jsontext.Value
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fault.Invalidf("%s: not a model configuration: %w", name, err)
	}
	r := &fields{raw: raw}
	kind := r.text("model_type", "")
	if what := typeFault(kind); what != "" && len(r.faults) == 0 {
		return nil, fault.Invalidf("%s: %s", name, what) // what the other fields mean is not known
	}
	defaults := architectures[kind]
	c := &Config{
		ModelType:        kind,
		VocabSize:        r.count("vocab_size", defaults.words),
		HiddenSize:       r.count("hidden_size", 768),
		Layers:           r.count("num_hidden_layers", 12),
		Heads:            r.count("num_attention_heads", 12),
		IntermediateSize: r.count("intermediate_size", 3072),
		MaxPositions:     r.count("max_position_embeddings", 512),
		TypeVocabSize:    r.count("type_vocab_size", 2),
		PadToken:         r.count("pad_token_id", defaults.padToken),
		LayerNormEps:     r.number("layer_norm_eps", 1e-12),
		HiddenDropout:    r.number("hidden_dropout_prob", 0.1),
		AttentionDropout: r.number("attention_probs_dropout_prob", 0.1),
		InitializerRange: r.number("initializer_range", 0.02),
	}
	c.ClassifierDropout = r.number("classifier_dropout", c.HiddenDropout)
	activation := r.text("hidden_act", "gelu")
	r.refuse()
	if string(raw["pad_token_id"]) == "null" && defaults.afterPad {
		r.faults = append(r.faults, "pad_token_id: null, but positions count from it")
	}
	if len(r.faults) == 0 {
		r.faults = c.faults(activation)
	}
	if len(r.faults) > 0 {
		return nil, fault.Invalidf("%s: %s", name, strings.Join(r.faults, "; "))
	}
	c.report(r, log)
	return c, nil
}

// limit bounds every size, so that no product of two of them overflows.
const limit = 1 << 24

// faults are the rules that the values break.
func (c *Config) faults(activation string) (bad []string) {
	check := func(ok bool, format string, a ...any) {
		if !ok {
			bad = append(bad, fmt.Sprintf(format, a...))
		}
	}
	check(activation == "gelu", "hidden_act %q is not supported: only gelu is", activation)
	for _, f := range []struct {
		key      string
		v        int
		min, max int
	}{
		{"vocab_size", c.VocabSize, 1, limit}, {"hidden_size", c.HiddenSize, 1, limit}, {"num_hidden_layers", c.Layers, 1, 1000},
		{"num_attention_heads", c.Heads, 1, 1024}, {"intermediate_size", c.IntermediateSize, 1, limit},
		{"type_vocab_size", c.TypeVocabSize, 1, 1024}, {"max_position_embeddings", c.MaxPositions, c.positionOffset() + 2, limit}, {"pad_token_id", c.PadToken, 0, c.VocabSize - 1},
	} {
		check(f.v >= f.min && f.v <= f.max, "%s: %d is not in [%d, %d]", f.key, f.v, f.min, f.max)
	}
	if c.Heads > 0 {
		check(c.HiddenSize%c.Heads == 0, "hidden_size: %d is not a multiple of num_attention_heads, %d", c.HiddenSize, c.Heads)
	}
	for _, f := range []struct {
		key string
		v   float64
	}{{"hidden_dropout_prob", c.HiddenDropout}, {"attention_probs_dropout_prob", c.AttentionDropout}, {"classifier_dropout", c.ClassifierDropout}} {
		check(f.v >= 0 && f.v < 1, "%s: %v is not in [0, 1)", f.key, f.v)
	}
	check(c.LayerNormEps > 0 && c.LayerNormEps < 1, "layer_norm_eps: %v is not in (0, 1)", c.LayerNormEps)
	check(c.InitializerRange > 0 && c.InitializerRange < 10, "initializer_range: %v is not in (0, 10)", c.InitializerRange)
	return bad
}
