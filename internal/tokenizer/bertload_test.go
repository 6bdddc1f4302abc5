package tokenizer

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestLoadBERTVariants: what writes the same tokenizer in another way gives the same ids.
func TestLoadBERTVariants(t *testing.T) {
	const text = "The cats! [MASK] CAFÉ 漢\x00 unaffable zzz"
	second := "the cat"
	want, wantTypes := loadBERT(t, nil).Sequence(text, &second, 0)
	check := func(t *testing.T, tok *Tokenizer) {
		t.Helper()
		got, types := tok.Sequence(text, &second, 0)
		if !slices.Equal(got, want) || !slices.Equal(types, wantTypes) || tok.VocabSize() != len(bertTokens) {
			t.Errorf("%v of types %v, size %d; want %v of %v", got, types, tok.VocabSize(), want, wantTypes)
		}
	}
	for name, edit := range map[string]func(map[string]any){
		"the older post-processor": func(m map[string]any) {
			m["post_processor"] = map[string]any{"type": "BertProcessing", "cls": []any{"[CLS]", 2}, "sep": []any{"[SEP]", 3}}
		},
		"no model.type":             func(m map[string]any) { delete(at(m, "model"), "type") },
		"strip_accents spelled out": func(m map[string]any) { at(m, "normalizer")["strip_accents"] = true },
		"its own truncation": func(m map[string]any) {
			m["truncation"] = map[string]any{"max_length": 3, "strategy": "LongestFirst", "stride": 0}
			m["padding"] = map[string]any{"strategy": map[string]any{"Fixed": 128}, "pad_id": 0}
		},
	} {
		t.Run(name, func(t *testing.T) { check(t, loadBERT(t, edit)) })
	}
	const object = `{"do_lower_case":true,"cls_token":{"__type":"AddedToken","content":"[CLS]","lstrip":false},"added_tokens_decoder":{"0":{"content":"[PAD]","special":true}}}`
	for name, settings := range map[string]string{
		"vocab.txt": `{"do_lower_case":true,"tokenizer_class":"BertTokenizer","model_max_length":512}`, "no settings": `{}`, "settings without effect": `{"strip_accents":null,"never_split":["x"],"do_basic_tokenize":false,"clean_text":false,"additional_special_tokens":null}`,
		"tokens as objects": object,
	} {
		t.Run(name, func(t *testing.T) {
			files := olderBERT(settings)
			for _, vocab := range [][]byte{files["vocab.txt"], bytes.ReplaceAll(files["vocab.txt"], []byte("\n"), []byte("\r\n")), bytes.TrimSuffix(files["vocab.txt"], []byte("\n"))} {
				files["vocab.txt"] = vocab
				tok, err := Load(folder(files), "m", Options{})
				if err != nil {
					t.Fatal(err)
				}
				check(t, tok)
			}
		})
	}
}

// TestBERTSettings: each setting of tokenizer_config.json changes what it says.
func TestBERTSettings(t *testing.T) {
	for settings, want := range map[string]string{
		`{}`:                      "the cafe 漢 字 [MASK]",
		`{"do_lower_case":false}`: "[UNK] café 漢 字 [MASK]",
		`{"do_lower_case":false,"strip_accents":true}`: "[UNK] cafe 漢 字 [MASK]",
		`{"strip_accents":false}`:                      "the café 漢 字 [MASK]",
		`{"tokenize_chinese_chars":false}`:             "the cafe [UNK] [MASK]",
		`{"unk_token":"x","mask_token":"#"}`:           "the cafe 漢 字 x x x",
	} {
		tok, err := Load(folder(olderBERT(settings)), "m", Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := spelled(tok.Encode("The café 漢字 [MASK]")); got != want {
			t.Errorf("%s: %s, want %s", settings, got, want)
		}
	}
}

func TestRefusedBERT(t *testing.T) {
	set := func(value any, keys ...string) func(map[string]any) {
		return func(m map[string]any) { at(m, keys[:len(keys)-1]...)[keys[len(keys)-1]] = value }
	}
	add := func(contents ...string) func(map[string]any) {
		return func(m map[string]any) {
			for i, c := range contents {
				a := addition(len(bertTokens)+i, c)
				a["normalized"] = true
				m["added_tokens"] = append(m["added_tokens"].([]any), a)
			}
		}
	}
	part := func(pair string, i int, value any) func(map[string]any) {
		return func(m map[string]any) { at(m, "post_processor")[pair].([]any)[i] = value }
	}
	item := func(kind, id string, typ any) any {
		return map[string]any{kind: map[string]any{"id": id, "type_id": typ}}
	}
	tests := []struct {
		name string
		edit func(map[string]any)
		want string
	}{
		{"another normalizer", set("Lower", "normalizer", "type"), `normalizer.type "Lower" is not supported`},
		{"a list of normalizers", set([]any{}, "normalizer"), `key "/normalizer" holds an array`},
		{"half a normalizer", func(m map[string]any) { delete(at(m, "normalizer"), "lowercase") }, "lowercase is missing"},
		{"a switch that is none", set("yes", "normalizer", "lowercase"), `key "/normalizer/lowercase" holds a string where true or false`},
		{"a normalizer with more", set(true, "normalizer", "nfkc"), `key "/normalizer/nfkc" is unknown`},
		{"another pre-tokenizer", set("White", "pre_tokenizer", "type"), `pre_tokenizer.type "White" is not supported`},
		{"a pre-tokenizer with more", set(1, "pre_tokenizer", "behavior"), "is unknown"},
		{"no vocabulary", set(nil, "model", "vocab"), "model.vocab"},
		{"no unknown token", set(nil, "model", "unk_token"), "unk_token"},
		{"an unknown unknown token", set("<?>", "model", "unk_token"), `unk_token "<?>" is not in the vocabulary`},
		{"no prefix", set(nil, "model", "continuing_subword_prefix"), "continuing_subword_prefix"},
		{"words without end", set(1<<30, "model", "max_input_chars_per_word"), "max_input_chars_per_word is 1073741824"},
		{"words of nothing", set(0, "model", "max_input_chars_per_word"), "max_input_chars_per_word is 0"},
		{"words of minus one", set(-1, "model", "max_input_chars_per_word"), "max_input_chars_per_word is -1"},
		{"merges", set([]any{}, "model", "merges"), `key "/model/merges" is unknown`},
		{"an id twice", set(6, "model", "vocab", "dog"), "both have the id 6"},
		{"an enormous id", set(1<<24, "model", "vocab", "dog"), `"dog" has the id 16777216`},
		{"another post-processor", set("ByteLevel", "post_processor", "type"), `key "/post_processor/`},
		{"no template", set(nil, "post_processor", "single"), "post_processor.single, pair or special_tokens is missing"},
		{"no tokens", set(nil, "post_processor", "special_tokens"), "post_processor.single, pair or special_tokens is missing"},
		{"B alone", part("single", 1, item("Sequence", "B", 0)), "post_processor.single[1] names no text"},
		{"a token that is not named", part("single", 0, item("SpecialToken", "[FOO]", 0)), "post_processor.single[0] is not in special_tokens"},
		{"a text twice", part("pair", 0, item("Sequence", "A", 0)), "post_processor.pair[1] repeats a text"},
		{"a part that is both", part("single", 1, map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0},
			"SpecialToken": map[string]any{"id": "A", "type_id": 0}}), "post_processor.single[1] is not one of"},
		{"a part that is nothing", part("single", 1, map[string]any{}), "post_processor.single[1] is not one of"},
		{"a type beyond 32 bits", part("single", 1, item("Sequence", "A", 1<<40)), "type_id"},
		{"a type beyond all", part("single", 1, item("Sequence", "A", 1024)), "post_processor.single[1] has a type_id out of range"},
		{"a type below all", part("single", 1, item("Sequence", "A", -1)), "post_processor.single[1] has a type_id out of range"},
		{"a token of two ids", set([]any{2, 3}, "post_processor", "special_tokens", "[CLS]", "ids"), "has not as many ids as tokens"},
		{"tokens without end", func(m map[string]any) {
			parts := make([]any, 65)
			for i := range parts {
				parts[i] = item("SpecialToken", "[SEP]", 0)
			}
			at(m, "post_processor")["single"] = parts
		}, "post_processor.single[64] is one of too many"},
		{"a token of another id", set([]any{4}, "post_processor", "special_tokens", "[CLS]", "ids"), `post_processor: "[CLS]" does not have the id 4`},
		{"a token of no vocabulary", set([]any{9999}, "post_processor", "special_tokens", "[SEP]", "ids"), `post_processor: "[SEP]" does not have the id 9999`},
		{"an older form with more", set(map[string]any{"type": "BertProcessing", "cls": []any{"[CLS]", 2}, "sep": []any{"[SEP]", 3}, "x": 1}, "post_processor"), "is unknown"},
		{"an added token that vanishes", add("\u0301"), "nothing is left of"},
		{"added tokens that become one", add("Foo", "FOO"), `or what is left of "Foo"`},
		{"an added token of another id", func(m map[string]any) {
			m["added_tokens"] = append(m["added_tokens"].([]any), addition(6, "foo"))
		}, `"foo" has the id 6`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := smallBERT()
			tt.edit(m)
			_, err := Load(folder(map[string][]byte{"tokenizer.json": encodeJSON(t, m)}), "m", Options{})
			checkRefused(t, err, "m/tokenizer.json", tt.want)
		})
	}
}

func TestRefusedVocabText(t *testing.T) {
	lines := strings.Join(bertTokens, "\n") + "\n"
	const vocab, config = "m/vocab.txt", "m/tokenizer_config.json"
	tests := []struct{ name, vocab, settings, file, want string }{
		{"settings that are no json", lines, "x", config, "not valid json"},
		{"a list of settings", lines, "[]", config, "holds an array where an object"},
		{"settings that are null", lines, "null", config, "holds null where an object"},
		{"a setting twice", lines, `{"do_lower_case":true,"do_lower_case":false}`, config, "duplicate"},
		{"a setting that is no flag", lines, `{"do_lower_case":1}`, config, `key "/do_lower_case" holds a number where true or false`},
		{"a setting of null", lines, `{"do_lower_case":null}`, config, `key "/do_lower_case" holds null where true or false`},
		{"another unknown token", lines, `{"unk_token":"<unk>"}`, vocab, `unk_token "<unk>" is not in the vocabulary`},
		{"no unknown token", lines, `{"unk_token":null}`, config, "unk_token is null"},
		{"no token behind a text", lines, `{"sep_token":null}`, config, "sep_token is null"},
		{"a token of a number", lines, `{"sep_token":3}`, config, `key "/sep_token" is neither a text nor an object`},
		{"a token of nothing", lines, `{"sep_token":{}}`, config, `key "/sep_token" is neither a text nor an object`},
		{"a token without content", lines, `{"sep_token":{"__type":"AddedToken"}}`, config, `key "/sep_token" has no content`},
		{"a token of an array", lines, `{"sep_token":{"__type":"AddedToken","content":[]}}`, config, `key "/sep_token/content" holds an array`},
		{"a flag of null", lines, `{"added_tokens_decoder":{"40":{"content":"[E1]","lstrip":null}}}`, config, `key "/added_tokens_decoder/40/lstrip" holds null`},
		{"an index that is no number", lines, `{"added_tokens_decoder":{"x":{"content":"[E1]"}}}`, config, `the key "x" is no number`},
		{"a list of more tokens", lines, `{"added_tokens_decoder":[]}`, config, "holds an array"},
		{"no list of names", lines, `{"model_input_names":null}`, config, "model_input_names is null"},
		{"a side that is none", lines, `{"truncation_side":"top"}`, config, `truncation_side is "top"`},
		{"an own vocabulary", lines, `{"vocab":{}}`, config, "key vocab is not supported"},
		{"special tokens that are cut up", lines, `{"split_special_tokens":true}`, config, "split_special_tokens is not supported"},
		{"code in the folder", lines, `{"auto_map":{"AutoTokenizer":["a.B",null]}}`, config, "auto_map names a tokenizer whose code is in the folder"},
		{"another class", lines, `{"tokenizer_class":"BertJapaneseTokenizer"}`, config, `tokenizer_class "BertJapaneseTokenizer" is not supported`},
		{"another class of the fast kind", lines, `{"tokenizer_class":"HerbertTokenizerFast"}`, config, `tokenizer_class "HerbertTokenizerFast" is not supported`},
		{"no class", lines, `{"tokenizer_class":""}`, config, "tokenizer_class is empty"},
		{"a class of other files", lines, `{"tokenizer_class":"RobertaTokenizer"}`, "m", "has vocab.txt, but RobertaTokenizer reads tokenizer.json, or vocab.json and merges.txt"},
		{"a class that nobody knows", lines, `{"tokenizer_class":"MyTokenizer"}`, "m", "has vocab.txt, but TokenizersBackend reads tokenizer.json"},
		{"not BERT's", "a\nb\n", "{}", vocab, `unk_token "[UNK]" is not in the vocabulary`},
		{"nothing", "", "{}", vocab, `unk_token "[UNK]" is not in the vocabulary`},
		{"not utf-8", "[PAD]\n\xff\n", "{}", vocab, "line 2 is not utf-8"},
		{"no lines at all", strings.Repeat("x", 1<<20), "{}", vocab, `unk_token "[UNK]" is not in the vocabulary`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string][]byte{"vocab.txt": []byte(tt.vocab), "tokenizer_config.json": []byte(tt.settings)}
			_, err := Load(folder(files), "m", Options{})
			checkRefused(t, err, tt.file, tt.want)
		})
	}
}

// FuzzVocabText: a pair of files is refused in one line, or gives a tokenizer whose ids lie
// below VocabSize.
func FuzzVocabText(f *testing.F) {
	f.Add([]byte(strings.Join(bertTokens, "\n")), []byte(`{"do_lower_case":true}`))
	f.Add([]byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]"), []byte(`{"sep_token":{"content":"[SEP]"}}`))
	f.Fuzz(func(t *testing.T, vocab, settings []byte) {
		tok, err := Load(folder(map[string][]byte{"vocab.txt": vocab, "tokenizer_config.json": settings}), "m", Options{})
		if err != nil {
			if text := err.Error(); strings.Contains(text, "\n") || len(text) > 2000 {
				t.Fatalf("message %q", text)
			}
			return
		}
		ids, _ := tok.Sequence("the cats [MASK] é\xff", nil, 0)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
	})
}
