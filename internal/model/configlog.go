package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/model/architecture"
)

// report adds what config.json settles to a log: each size, where it stands or that it is the
// default of Transformers' class, and the keys that are ignored.
func (c *Config) report(r *fields, log *decision.Log) {
	if log == nil {
		return
	}
	log.Add("model type", c.ModelType, r.source("model_type"), "it names the encoder: "+c.Class())
	k := &c.architecture().Keys
	for _, f := range []struct {
		about string
		key   architecture.Number
		value int
	}{
		{"layers", k.Layers, c.Layers}, {"heads of attention", k.Heads, c.Heads}, {"hidden size", k.Hidden, c.HiddenSize},
		{"vocabulary", k.Vocabulary, c.VocabSize}, {"positions", k.Positions, c.MaxPositions}, {"token types", k.Types, c.TypeVocabSize},
	} {
		log.Add(f.about, strconv.Itoa(f.value), r.source(r.name(f.key)), r.reason(r.name(f.key), c))
	}
	log.Add("longest input", fmt.Sprintf("%d tokens", c.MaxLength()), r.source(r.name(k.Positions)), c.positionReason())
	log.Add("activation", c.Activation.String(), r.source(k.Activation), r.reason(k.Activation, c))
	log.Add("epsilon of normalisation", fmt.Sprint(c.LayerNormEps), r.source(r.name(k.NormEpsilon)), r.reason(r.name(k.NormEpsilon), c))
	c.reportLabels(r, log)
	if ignored := r.ignored(); len(ignored) > 0 {
		log.Add("ignored keys", strings.Join(ignored, ", "), "config.json", "no answer of an encoder with this head depends on them")
	}
}

// source is where a value stands: the file, and the key if the file has it.
func (r *fields) source(key string) string {
	if _, ok := r.raw[key]; ok {
		return "config.json: " + key
	}
	return "config.json"
}

// reason says why a value of the key holds: the file has it, or Transformers' default does. A
// key "" is none that the class reads.
func (r *fields) reason(key string, c *Config) string {
	if _, ok := r.raw[key]; ok {
		return "as the file says"
	}
	if key == "" {
		return c.ModelType + " has always this"
	}
	return "the file lacks " + key + "; the default of " + c.ModelType
}

// positionReason says why the longest input is that long.
func (c *Config) positionReason() string {
	if n := c.positionOffset(); n > 0 {
		return fmt.Sprintf("positions count from pad_token_id + 1, so the first %d have no token", n)
	}
	return "every position can have a token"
}

// ignored lists the keys of the file that were not asked for and that are not among those
// which may only have their neutral value.
func (r *fields) ignored() []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(r.raw)) {
		if _, known := neutral[key]; !known && !slices.Contains(r.taken, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
