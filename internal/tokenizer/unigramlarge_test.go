package tokenizer

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
)

// largeUnigram is tokenizer.json of a vocabulary as large as XLM-RoBERTa's, 250,002 pieces.
func largeUnigram(b *testing.B) []byte {
	b.Helper()
	u := loadUnigramForms(b)
	var file map[string]any
	if err := json.Unmarshal(u.form(b, 0), &file); err != nil {
		b.Fatal(err)
	}
	model := file["model"].(map[string]any)
	vocab := model["vocab"].([]any)
	rng := rand.New(rand.NewPCG(1, 2))
	for id := len(vocab); id < 250002; id++ {
		word := fmt.Sprintf("%c%c%d", 'a'+rng.IntN(26), 'а'+rng.IntN(32), id*7919%1000003)
		if rng.IntN(2) == 0 {
			word = usualSpace + word
		}
		vocab = append(vocab, []any{word, -10 - 4*rng.Float64()})
	}
	model["vocab"] = vocab
	return encodeJSON(b, file)
}

func BenchmarkLoadLargeUnigram(b *testing.B) {
	data := largeUnigram(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(folder(map[string][]byte{"tokenizer.json": data}), "m", Options{ModelType: "xlm-roberta"}); err != nil {
			b.Fatal(err)
		}
	}
}
