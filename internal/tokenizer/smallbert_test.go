package tokenizer

import (
	"strings"
	"testing"
)

// bertTokens is the small WordPiece vocabulary: a token's place is its id.
var bertTokens = strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] the cat ##s un ##aff ##able aff a ##a ##aa e ##é é 漢 字 ! . ' ## # x ##. cafe café i̇ ß")

// smallBERT is a whole tokenizer.json.
func smallBERT() map[string]any {
	vocab := map[string]any{}
	for i, token := range bertTokens {
		vocab[token] = i
	}
	var added []any
	for i, content := range bertTokens[:5] {
		added = append(added, addition(i, content))
	}
	special := func(name string, kind int) any {
		return map[string]any{"SpecialToken": map[string]any{"id": name, "type_id": kind}}
	}
	text := func(name string, kind int) any {
		return map[string]any{"Sequence": map[string]any{"id": name, "type_id": kind}}
	}
	token := func(name string, id int) any {
		return map[string]any{"id": name, "ids": []any{id}, "tokens": []any{name}}
	}
	single := []any{special("[CLS]", 0), text("A", 0), special("[SEP]", 0)}
	return map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added,
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": nil, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{
			"type": "TemplateProcessing", "single": single,
			"pair":           []any{single[0], single[1], single[2], text("B", 1), special("[SEP]", 1)},
			"special_tokens": map[string]any{"[CLS]": token("[CLS]", 2), "[SEP]": token("[SEP]", 3)},
		},
		"decoder": map[string]any{"type": "WordPiece", "prefix": "##", "cleanup": true},
		"model":   map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab},
	}
}

// loadBERT loads the small tokenizer after an edit.
func loadBERT(t testing.TB, edit func(map[string]any)) *Tokenizer {
	t.Helper()
	m := smallBERT()
	if edit != nil {
		edit(m)
	}
	tok, err := Load(folder(map[string][]byte{"tokenizer.json": encodeJSON(t, m)}), "m", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// olderBERT is the same tokenizer as vocab.txt and tokenizer_config.json.
func olderBERT(settings string) map[string][]byte {
	return map[string][]byte{"vocab.txt": []byte(strings.Join(bertTokens, "\n") + "\n"), "tokenizer_config.json": []byte(settings)}
}

// spelled joins the tokens of ids.
func spelled(ids []int32) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = "?"
		if int(id) < len(bertTokens) {
			names[i] = bertTokens[id]
		}
	}
	return strings.Join(names, " ")
}
