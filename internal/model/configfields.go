package model

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/model/architecture"
)

// neutral are the fields that would change the result; each is accepted at the values that
// mean "not in use", and refused otherwise. Every other field that ParseConfig does not take
// is ignored, as Transformers ignores it. What is read was found in modeling_roberta.py,
// modeling_bert.py, modeling_utils.py and configuration_utils.py of Transformers 5.23, where
// chunk_size_feed_forward and _attn_implementation change how the same values are computed.
// Earlier releases read position_embedding_type and pruned_heads, and weights that were made
// with them mean nothing without.
var neutral = map[string][]string{
	"is_decoder":              {"false", "null"},
	"is_encoder_decoder":      {"false", "null"},
	"add_cross_attention":     {"false", "null"},
	"pruned_heads":            {"{}", "null"},
	"position_embedding_type": {`"absolute"`, "null"},
	"quantization_config":     {"null"},
	"per_layer_config":        {"null", "{}"},
	"fusion_config":           {"null", "{}"},
	"transformers_weights":    {`"model.safetensors"`, "null"},
}

// fields takes known keys out of a JSON object and collects what is wrong.
type fields struct {
	raw    map[string]jsontext.Value
	taken  []string // keys that were asked for, whether they are there or not
	faults []string
}

// nullable are the fields that may be null: a dropout that is then the hidden one, and the
// id of padding, which BERT does without. Transformers takes null for no other of those that
// ParseConfig takes.
var nullable = []string{"classifier_dropout", "pad_token_id"}

// take decodes key into v; it reports false where the key is absent or null.
func (r *fields) take(key string, v any) bool {
	r.taken = append(r.taken, key)
	b, ok := r.raw[key]
	if !ok || key == "" || string(b) == "null" && slices.Contains(nullable, key) {
		return false
	}
	if string(b) == "null" {
		r.faults = append(r.faults, key+": null is no value of it: remove it for the default")
		return false
	}
	if err := json.Unmarshal(b, v); err != nil {
		r.faults = append(r.faults, fmt.Sprintf("%s: %.40s is not a %s", key, b, strings.TrimPrefix(fmt.Sprintf("%T", v), "*")))
		return false
	}
	return true
}

func (r *fields) text(key, missing string) string {
	if v := ""; r.take(key, &v) {
		return v
	}
	return missing
}

func (r *fields) number(n architecture.Number) float64 {
	if v := 0.0; r.take(r.name(n), &v) {
		return v
	}
	return n.Default
}

// name is the key that the file has for n.
func (r *fields) name(n architecture.Number) string {
	if _, ok := r.raw[n.Also]; ok && n.Also != "" {
		return n.Also
	}
	return n.Key
}

// count is a whole number; 2.7 is a fault, not 2.
func (r *fields) count(n architecture.Number) int {
	v := r.number(n)
	if v != math.Trunc(v) || math.Abs(v) > 1<<40 {
		r.faults = append(r.faults, fmt.Sprintf("%s: %v is not a whole number in range", r.name(n), v))
		return int(n.Default)
	}
	return int(v)
}

// refuse adds a fault for each field that changes the result and is not taken.
func (r *fields) refuse() {
	for _, key := range slices.Sorted(maps.Keys(neutral)) {
		value, ok := r.raw[key]
		if !ok {
			continue
		}
		value = value.Clone() // Compact works in place
		if err := value.Compact(); err != nil || !slices.Contains(neutral[key], string(value)) {
			r.faults = append(r.faults, fmt.Sprintf("%s: %.40s is not supported, only %s", key, value, neutral[key][0]))
		}
	}
}
