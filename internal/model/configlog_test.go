package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/decision"
)

// TestParseConfigLog: what is logged says where each value stands, defaults are called that,
// and every key that nothing reads is listed once.
func TestParseConfigLog(t *testing.T) {
	text := `{"model_type": "roberta", "vocab_size": 300, "hidden_size": 24, "num_attention_heads": 3, "num_hidden_layers": 2,
		"intermediate_size": 40, "max_position_embeddings": 66, "is_decoder": false, "language": "en", "use_cache": true}`
	var log decision.Log
	c, err := ParseConfigLog("config.json", []byte(text), &log)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []decision.Decision{
		{About: "model type", Value: "roberta", Source: "config.json: model_type", Reason: "it names the encoder: RobertaForSequenceClassification"},
		{About: "vocabulary", Value: "300", Source: "config.json: vocab_size", Reason: "as the file says"},
		{About: "token types", Value: "2", Source: "config.json", Reason: "the file lacks type_vocab_size; the default of roberta"},
		{About: "longest input", Value: "64 tokens", Source: "config.json: max_position_embeddings", Reason: "positions count from pad_token_id + 1, so the first 2 have no token"},
	} {
		if !slices.Contains(log.All(), want) {
			t.Errorf("not logged: %v", want)
		}
	}
	at := slices.IndexFunc(log.All(), func(d decision.Decision) bool { return d.About == "ignored keys" })
	if at < 0 {
		t.Fatal("ignored keys are not logged")
	}
	ignored := strings.Split(log.All()[at].Value, ", ")
	if !slices.Contains(ignored, "language") || !slices.Contains(ignored, "use_cache") {
		t.Errorf("ignored keys: %v, want language and use_cache among them", ignored)
	}
	for _, key := range []string{"model_type", "is_decoder", "hidden_size"} {
		if slices.Contains(ignored, key) {
			t.Errorf("%s is called ignored", key)
		}
	}
	plain, err := ParseConfig("config.json", []byte(text))
	if err != nil || c.HiddenSize != plain.HiddenSize || c.MaxLength() != plain.MaxLength() {
		t.Errorf("with a log the configuration is %+v, without %+v (%v)", c, plain, err)
	}
}
