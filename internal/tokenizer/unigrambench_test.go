package tokenizer_test

import (
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/reftest"
)

// unigramFolder is the folder of a Unigram tokenizer with XLM-RoBERTa's normalisation.
func unigramFolder(b *testing.B) string {
	b.Helper()
	return filepath.Join(reftest.Shared(b, "a Unigram tokenizer"), "encoders/tokenizer/unigram-a")
}

// BenchmarkEncodeUnigram is BenchmarkEncode, over the same texts, of another tokenizer.
func BenchmarkEncodeUnigram(b *testing.B) {
	tok, texts := load(b, unigramFolder(b)), corpus(b)
	size := 0
	for b.Loop() {
		for _, text := range texts {
			tok.Encode(text)
			size += len(text)
		}
	}
	b.SetBytes(int64(size / b.N))
}

func BenchmarkLoadUnigram(b *testing.B) {
	dir := unigramFolder(b)
	for b.Loop() {
		load(b, dir)
	}
}
