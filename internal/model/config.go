// Package model is the frozen encoder: config.json and weights of RoBERTa, BERT and their kin in
// Hugging Face's layout, and the Gorgonia graph over packed batches that trains and evaluates
// what a caller adds to it. It meets adapters only through a function value.
package model

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/lfs"
	"github.com/dylora/dylora/internal/model/architecture"
)

// Config is what config.json says about an encoder. The field names are those of
// Hugging Face's RobertaConfig and BertConfig.
type Config struct {
	ModelType         string
	VocabSize         int
	HiddenSize        int
	EmbeddingSize     int // of ELECTRA's embeddings; 0: HiddenSize
	Layers            int // num_hidden_layers
	Heads             int // num_attention_heads
	IntermediateSize  int
	Activation        kernel.Activation // hidden_act
	MaxPositions      int               // max_position_embeddings; RoBERTa never uses the first pad_token_id + 1
	TypeVocabSize     int               // 0: the model has no token types
	PadToken          int
	Buckets           int // relative_attention_num_buckets: rows of MPNet's table of relative positions
	LayerNormEps      float64
	HiddenDropout     float64
	AttentionDropout  float64
	ClassifierDropout float64 // hidden dropout where the file says null
	InitializerRange  float64 // of a classifier that the checkpoint lacks

	Labels      []string // id2label in the order of the head's columns; nil where the file names none
	ProblemType string   // SingleLabel, MultiLabel or Regression; "" where the file does not say
	Outputs     int      // columns of the head: as many as id2label names, else num_labels, 2 by default
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
	k := &architecture.Of(kind).Keys
	c := &Config{
		ModelType:        kind,
		VocabSize:        r.count(k.Vocabulary),
		HiddenSize:       r.count(k.Hidden),
		EmbeddingSize:    r.count(k.Embedding),
		Layers:           r.count(k.Layers),
		Heads:            r.count(k.Heads),
		IntermediateSize: r.count(k.Intermediate),
		MaxPositions:     r.count(k.Positions),
		TypeVocabSize:    r.count(k.Types),
		PadToken:         r.count(k.Pad),
		Buckets:          r.count(k.Buckets),
		LayerNormEps:     r.number(k.NormEpsilon),
		HiddenDropout:    r.number(k.HiddenDropout),
		AttentionDropout: r.number(k.AttentionDropout),
		InitializerRange: r.number(k.InitializerRange),
	}
	if c.ClassifierDropout = r.number(k.HeadDropout); c.ClassifierDropout == architecture.HiddenDropout {
		c.ClassifierDropout = c.HiddenDropout
	}
	r.labels(c)
	act := r.text(k.Activation, "gelu")
	activation, known := kernel.ParseActivation(act)
	c.Activation = activation
	r.refuse()
	if !known {
		r.faults = append(r.faults, fmt.Sprintf("%s: %q is not supported%s: want one of %s", k.Activation, act, ownWeights[act], strings.Join(kernel.Activations(), ", ")))
	}
	if k.Pad.Key != "" && string(raw[k.Pad.Key]) == "null" && c.architecture().AfterPad {
		r.faults = append(r.faults, k.Pad.Key+": null, but positions count from it")
	}
	if len(r.faults) == 0 {
		r.faults = c.faults()
	}
	if len(r.faults) > 0 {
		return nil, fault.Invalidf("%s: %s", name, strings.Join(r.faults, "; "))
	}
	c.report(r, log)
	return c, nil
}

// ownWeights says why functions of Transformers cannot be taken, by name.
var ownWeights = map[string]string{"prelu": ", which has weights of its own in each layer", "xielu": ", which has weights of its own in each layer"}

// limit bounds every size, so that no product of two of them overflows.
const limit = 1 << 24

// faults are the rules that the values break.
func (c *Config) faults() (bad []string) {
	k := &c.architecture().Keys
	check := func(ok bool, format string, a ...any) {
		if !ok {
			bad = append(bad, fmt.Sprintf(format, a...))
		}
	}
	for _, f := range []struct {
		key      string
		v        int
		min, max int
	}{
		{k.Vocabulary.Key, c.VocabSize, 1, limit}, {k.Hidden.Key, c.HiddenSize, 1, limit}, {k.Embedding.Key, c.EmbeddingSize, 1, limit}, {k.Layers.Key, c.Layers, 1, 1000},
		{k.Heads.Key, c.Heads, 1, 1024}, {k.Intermediate.Key, c.IntermediateSize, 1, limit},
		{k.Types.Key, c.TypeVocabSize, 1, 1024}, {k.Positions.Key, c.MaxPositions, c.positionOffset() + 2, limit}, {k.Pad.Key, c.PadToken, 0, c.VocabSize - 1},
		{k.Buckets.Key, c.Buckets, buckets, 1 << 16},
	} {
		check(f.key == "" || f.v >= f.min && f.v <= f.max, "%s: %d is not in [%d, %d]", f.key, f.v, f.min, f.max)
	}
	if c.Heads > 0 {
		check(c.HiddenSize%c.Heads == 0, "%s: %d is not a multiple of %s, %d", k.Hidden.Key, c.HiddenSize, k.Heads.Key, c.Heads)
	}
	for _, f := range []struct {
		key string
		v   float64
	}{{k.HiddenDropout.Key, c.HiddenDropout}, {k.AttentionDropout.Key, c.AttentionDropout}, {k.HeadDropout.Key, c.ClassifierDropout}} {
		check(f.v >= 0 && f.v < 1, "%s: %v is not in [0, 1)", f.key, f.v)
	}
	check(c.LayerNormEps > 0 && c.LayerNormEps < 1, "%s: %v is not in (0, 1)", k.NormEpsilon.Key, c.LayerNormEps)
	check(c.InitializerRange > 0 && c.InitializerRange < 10, "initializer_range: %v is not in (0, 10)", c.InitializerRange)
	return bad
}
