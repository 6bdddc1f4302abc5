package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// unused are the fields that change nothing that this program computes: notes about the
// file, settings of text generation, and of heads that are not used here.
var unused = strings.Fields(`
	_name_or_path architectures auto_map dtype torch_dtype transformers_version finetuning_task problem_type task_specific_params
	bos_token_id eos_token_id eos_token_ids sep_token_id decoder_start_token_id mask_token_id unk_token_id cls_token_id
	id2label label2id num_labels tokenizer_class prefix tie_word_embeddings tie_encoder_decoder use_cache return_dict return_dict_in_generate
	output_attentions output_hidden_states output_past output_scores torchscript use_bfloat16 gradient_checkpointing
	do_sample early_stopping max_length min_length num_beams num_beam_groups num_return_sequences temperature top_k top_p typical_p
	repetition_penalty length_penalty diversity_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids
	forced_bos_token_id forced_eos_token_id remove_invalid_values exponential_decay_length_penalty suppress_tokens
	begin_suppress_tokens cross_attention_hidden_size chunk_size_feed_forward tf_legacy_loss attn_implementation _attn_implementation
	pooler_dropout model_max_length directionality pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type`)

// neutral are the fields that would change the result; each is accepted at the value
// that means "not in use", and refused otherwise.
var neutral = map[string][]string{
	"is_decoder":                   {"false", "null"},
	"is_encoder_decoder":           {"false", "null"},
	"add_cross_attention":          {"false", "null"},
	"pruned_heads":                 {"{}", "null"},
	"position_embedding_type":      {`"absolute"`, "null"},
	"quantization_config":          {"null"},
	"_attn_implementation_autoset": {"false", "true"},
}

// fields takes known keys out of a JSON object and collects what is wrong.
type fields struct {
	raw    map[string]jsontext.Value
	taken  []string
	faults []string
}

// take decodes key into v; it reports false where the key is absent or null.
func (r *fields) take(key string, v any) bool {
	r.taken = append(r.taken, key)
	b, ok := r.raw[key]
	if !ok || string(b) == "null" {
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

func (r *fields) number(key string, missing float64) float64 {
	if v := 0.0; r.take(key, &v) {
		return v
	}
	return missing
}

// count is a whole number; 2.7 is a fault, not 2.
func (r *fields) count(key string, missing int) int {
	v := 0.0
	if !r.take(key, &v) {
		return missing
	}
	if v != math.Trunc(v) || math.Abs(v) > 1<<40 {
		r.faults = append(r.faults, fmt.Sprintf("%s: %v is not a whole number in range", key, v))
		return missing
	}
	return int(v)
}

// rest refuses the keys that are neither taken nor without effect.
func (r *fields) rest() {
	var bad []string
	for key, b := range r.raw {
		if slices.Contains(r.taken, key) || slices.Contains(unused, key) {
			continue
		}
		if ok, known := neutral[key]; !known {
			bad = append(bad, fmt.Sprintf("%s: unknown field; remove it if it changes nothing", key))
		} else if v := slices.DeleteFunc(slices.Clone(b), func(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }); !slices.Contains(ok, string(v)) {
			bad = append(bad, fmt.Sprintf("%s: %.40s is not supported, only %s", key, b, ok[0]))
		}
	}
	slices.Sort(bad)
	r.faults = append(r.faults, bad...)
}
