package tokenizer

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// olderFiles writes the small tokenizer as vocab.json and merges.txt.
func olderFiles(t testing.TB) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"vocab.json": encodeJSON(t, at(small(), "model")["vocab"]),
		"merges.txt": []byte("#version: 0.2\n" + strings.Join(smallMerges, "\n") + "\n"),
	}
}

// TestLoadVariants: what writes the same tokenizer in another way gives the same ids.
func TestLoadVariants(t *testing.T) {
	const text = "the cat's <mask>  abcabab é\t\xff </s>"
	want, _ := loadSmall(t, nil).Sequence(text, nil, 0)
	older, _ := loadSmall(t, func(m map[string]any) { // no file says that <mask> takes the blank before it
		for _, a := range m["added_tokens"].([]any) {
			a.(map[string]any)["lstrip"] = false
		}
	}).Sequence(text, nil, 0)
	edits := []struct {
		name string
		edit func(m map[string]any)
	}{
		{"merges as pairs", func(m map[string]any) {
			for i, s := range smallMerges {
				left, right, _ := strings.Cut(s, " ")
				at(m, "model")["merges"].([]any)[i] = []any{left, right}
			}
		}},
		{"no model.type, as before release 0.9", func(m map[string]any) { delete(at(m, "model"), "type") }},
		{"settings spelled out", func(m map[string]any) {
			for k, v := range map[string]any{"dropout": nil, "unk_token": nil, "continuing_subword_prefix": "",
				"end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "ignore_merges": false} {
				at(m, "model")[k] = v
			}
			at(m, "pre_tokenizer")["use_regex"] = true
		}},
		{"dropout 0", func(m map[string]any) { at(m, "model")["dropout"] = 0.0 }},
		{"keys left out", func(m map[string]any) {
			for _, k := range []string{"truncation", "padding", "decoder", "normalizer"} {
				delete(m, k)
			}
		}},
		{"its own truncation and padding", func(m map[string]any) {
			m["truncation"] = map[string]any{"max_length": 3, "strategy": "LongestFirst", "stride": 0}
			m["padding"] = map[string]any{"strategy": map[string]any{"Fixed": 512}, "pad_id": 1}
		}},
		{"normalized special tokens", func(m map[string]any) {
			for _, a := range m["added_tokens"].([]any)[:4] {
				a.(map[string]any)["normalized"] = true
			}
		}},
		{"unk_token, with nothing unknown", func(m map[string]any) { at(m, "model")["unk_token"] = "<unk>" }},
	}
	for _, tt := range edits {
		t.Run(tt.name, func(t *testing.T) {
			tok := loadSmall(t, tt.edit)
			if got, _ := tok.Sequence(text, nil, 0); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if tok.VocabSize() != maskID+1 {
				t.Errorf("VocabSize %d, want %d", tok.VocabSize(), maskID+1)
			}
		})
	}
	for name, edit := range map[string]func(b []byte) []byte{
		"vocab.json and merges.txt": func(b []byte) []byte { return b },
		"windows line ends":         func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
		"no line end at the end":    func(b []byte) []byte { return bytes.TrimSuffix(b, []byte("\n")) },
		"no version line":           func(b []byte) []byte { return bytes.TrimPrefix(b, []byte("#version: 0.2\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			files := olderFiles(t)
			files["merges.txt"] = edit(files["merges.txt"])
			tok, err := Load(folder(files), "m", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := tok.Sequence(text, nil, 0); !slices.Equal(got, older) {
				t.Errorf("%v, want %v", got, older)
			}
		})
	}
}

func TestVocabSizeWithHoles(t *testing.T) {
	tok := loadSmall(t, func(m map[string]any) {
		at(m, "model", "vocab")["far"] = 1000 // no merge gives it, no other id is near
	})
	if tok.VocabSize() != 1001 {
		t.Errorf("VocabSize %d, want one more than the largest id, 1001", tok.VocabSize())
	}
}

// TestRefusedTokenizerJSON: each fault is named by file and key, on one line, with what to do.
func TestRefusedTokenizerJSON(t *testing.T) {
	model := func(key string, value any) func(map[string]any) {
		return func(m map[string]any) { at(m, "model")[key] = value }
	}
	vocab := func(key string, value any) func(map[string]any) {
		return func(m map[string]any) { at(m, "model", "vocab")[key] = value }
	}
	add := func(a map[string]any) func(map[string]any) {
		return func(m map[string]any) { m["added_tokens"] = append(m["added_tokens"].([]any), a) }
	}
	tests := []struct {
		name string
		edit func(map[string]any)
		want string
	}{
		{"WordPiece", model("type", "WordPiece"), `key "/model/merges" is unknown`},
		{"WordPiece without a type", func(m map[string]any) {
			m["model"] = map[string]any{"vocab": map[string]any{}, "max_input_chars_per_word": 100}
		}, "model.vocab, unk_token, continuing_subword_prefix or max_input_chars_per_word is missing"},
		{"WordLevel", model("type", "WordLevel"), `model.type "WordLevel" is not supported`},
		{"no kind at all", func(m map[string]any) { m["model"] = map[string]any{} }, "model.type is missing"},
		{"no model", func(m map[string]any) { delete(m, "model") }, "model.type is missing"},
		{"model is a list", func(m map[string]any) { m["model"] = []any{} }, `key "/model" holds an array where an object belongs`},
		{"another version", func(m map[string]any) { m["version"] = "2.0" }, `version is "2.0"`},
		{"unknown key", func(m map[string]any) { m["extra"] = 1 }, `key "/extra" is unknown`},
		{"unknown key of the model", model("cache", 1), `key "/model/cache" is unknown`},
		{"unknown key of an added token", func(m map[string]any) {
			m["added_tokens"].([]any)[2].(map[string]any)["x"] = 1
		}, `key "/added_tokens/2/x" is unknown`},
		{"a normalizer of no kind", func(m map[string]any) { m["normalizer"] = map[string]any{"type": "NFX"} }, `normalizer.type "NFX" is not supported`},
		{"a normalizer without a kind", func(m map[string]any) { m["normalizer"] = map[string]any{} }, `normalizer.type "" is not supported`},
		{"a Sequence of none", func(m map[string]any) { m["normalizer"] = map[string]any{"type": "Sequence"} }, "normalizer.normalizers is missing"},
		{"one of no kind in a Sequence", func(m map[string]any) {
			m["normalizer"] = map[string]any{"type": "Sequence", "normalizers": []any{map[string]any{"type": "NFX"}}}
		}, `normalizer.normalizers.0.type "NFX" is not supported`},
		{"a Sequence with more", func(m map[string]any) {
			m["normalizer"] = map[string]any{"type": "Sequence", "normalizers": []any{}, "x": 1}
		}, `key "/normalizer/x" is unknown`},
		{"Sequences without end", func(m map[string]any) {
			inner := map[string]any{"type": "Sequence", "normalizers": []any{}}
			for range 100 {
				inner = map[string]any{"type": "Sequence", "normalizers": []any{inner}}
			}
			m["normalizer"] = inner
		}, "more than 8 Sequences in each other"},
		{"no merges", model("merges", nil), "model.vocab or merges is missing"},
		{"no vocabulary", model("vocab", nil), "model.vocab or merges is missing"},
		{"dropout", model("dropout", 0.1), "model.dropout is not supported"},
		{"a prefix that merges lack", model("continuing_subword_prefix", "##"), `the merge's right side "h" lacks the prefix "##"`},
		{"unknown token", func(m map[string]any) {
			at(m, "model")["unk_token"] = "<?>"
			delete(at(m, "model", "vocab"), "z")
		}, `unk_token "<?>" is not in the vocabulary`},
		{"another pre-tokenizer", func(m map[string]any) { at(m, "pre_tokenizer")["type"] = "White" }, `pre_tokenizer.type "White" is not supported`},
		{"half a pre-tokenizer", func(m map[string]any) { delete(at(m, "pre_tokenizer"), "trim_offsets") }, "pre_tokenizer.add_prefix_space or trim_offsets is missing"},
		{"another post-processor", func(m map[string]any) { at(m, "post_processor")["type"] = "Foo" }, `post_processor.type "Foo" is not supported`},
		{"a post-processor that is another", func(m map[string]any) { at(m, "post_processor")["type"] = "BertProcessing" }, "post_processor has the keys of RobertaProcessing"},
		{"half a post-processor", func(m map[string]any) { delete(at(m, "post_processor"), "trim_offsets") }, "post_processor.trim_offsets or add_prefix_space is missing"},
		{"two post-processors", func(m map[string]any) {
			m["post_processor"] = map[string]any{"type": "Sequence", "processors": []any{m["post_processor"], m["post_processor"]}}
		}, "post_processor: several that add tokens"},
		{"cls of another id", func(m map[string]any) { at(m, "post_processor")["cls"] = []any{"<s>", 1} }, `post_processor: "<s>" does not have the id 1`},
		{"sep of no id", func(m map[string]any) { at(m, "post_processor")["sep"] = []any{"</s>", 9999} }, `post_processor: "</s>" does not have the id 9999`},
		{"sep of three", func(m map[string]any) { at(m, "post_processor")["sep"] = []any{"</s>", 2, 3} }, `"/post_processor/sep`},
		{"cls is missing", func(m map[string]any) { delete(at(m, "post_processor"), "cls") }, "post_processor.sep or cls is missing"},
		{"negative id", vocab("x1", -1), `"x1" has the id -1`},
		{"enormous id", vocab("x1", 1<<24), `"x1" has the id 16777216`},
		{"id beyond 32 bits", vocab("x1", 1<<40), `key "/model/vocab/x1"`},
		{"fractional id", vocab("x1", 1.5), `key "/model/vocab/x1"`},
		{"id as text", vocab("x1", "1"), `key "/model/vocab/x1" holds a string where a whole number`},
		{"an id twice", vocab("x1", 2), `"</s>" and "x1" both have the id 2`},
		{"a merge without result", func(m map[string]any) { delete(at(m, "model", "vocab"), "bc") }, `model.merges[6]: the merge needs "bc"`},
		{"a merge of no token", model("merges", []any{"t h", "zz h"}), `model.merges[1]: the merge needs "zz"`},
		{"a merge twice", model("merges", []any{"t h", "a b", "t h"}), "model.merges[2]: the merge repeats m/tokenizer.json: model.merges[0]"},
		{"a merge of one", model("merges", []any{"th"}), `key "/model/merges/0": "th" is not two tokens`},
		{"a merge of three", model("merges", []any{"a b c"}), "is not two tokens"},
		{"a pair of three", model("merges", []any{[]any{"a", "b", "c"}}), `key "/model/merges/0" holds an array where an array of 2 belongs`},
		{"a merge of nothing", model("merges", []any{[]any{"", "b"}}), "a token to merge is empty"},
		{"a merge of numbers", model("merges", []any{1}), "a string"},
		{"an added token of another id", add(addition(400, "foo")), `added_tokens[5]: "foo" has the id 400, but by the vocabulary it is 271`},
		{"an added token that is in the vocabulary", add(addition(271, "abab")), `"abab" has the id 271, but by the vocabulary it is 268`},
		{"an added token twice", add(addition(0, "<s>")), `added_tokens[5].content repeats "<s>"`},
		{"an empty added token", add(addition(271, "")), "added_tokens[5].content has 0 bytes"},
		{"an endless added token", add(addition(271, strings.Repeat("x", 2000))), "added_tokens[5].content has 2000 bytes"},
		{"half an added token", add(map[string]any{"id": 271, "content": "foo", "lstrip": true}), `key "/added_tokens/5": id, content, single_word`},
		{"flags that are no flags", add(map[string]any{"id": 271, "content": "foo", "lstrip": "yes"}), `key "/added_tokens/5/lstrip" holds a string where true or false`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := small()
			tt.edit(m)
			_, err := Load(folder(map[string][]byte{"tokenizer.json": encodeJSON(t, m)}), "m", Options{})
			checkRefused(t, err, "m/tokenizer.json", tt.want)
		})
	}
}

// checkRefused holds err to the house's rules for messages.
func checkRefused(t *testing.T, err error, file, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if !strings.HasPrefix(text, file+":") || !strings.Contains(text, want) {
		t.Errorf("error %q, want one about %s with %q", text, file, want)
	}
	if strings.ContainsAny(text, "\n\x00") || len(text) > 600 {
		t.Errorf("error %q is not a short line", text)
	}
	if fault.ClassOf(err) != fault.Invalid {
		t.Errorf("class %d, want Invalid", fault.ClassOf(err))
	}
}

// TestRefusedText: faults below the level of JSON values.
func TestRefusedText(t *testing.T) {
	whole := string(encodeJSON(t, small()))
	tests := []struct{ name, text, want string }{
		{"empty", "", "not valid json"},
		{"not json", "hello", "not valid json"},
		{"a list", "[]", "holds an array where an object belongs"},
		{"cut short", whole[:len(whole)/2], "not valid json"},
		{"more behind it", whole + "{}", "not valid json"},
		{"a key twice", strings.Replace(whole, `"version":"1.0"`, `"version":"1.0","version":"1.0"`, 1), "duplicate"},
		{"a token twice", strings.Replace(whole, `"vocab":{`, `"vocab":{"<s>":0,`, 1), "duplicate"},
		{"not utf-8", strings.Replace(whole, `"vocab":{`, `"vocab":{"`+"\xff"+`":300,`, 1), "UTF-8"},
		{"half a surrogate", strings.Replace(whole, `"vocab":{`, `"vocab":{"\ud800":300,`, 1), "surrogate"},
		{"an endless key", strings.Replace(whole, `{`, `{"`+strings.Repeat("x", 1<<16)+`":1,`, 1), "is unknown"},
		{"a line break in a key", strings.Replace(whole, `{`, `{"a\nb":1,`, 1), `a\nb`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(folder(map[string][]byte{"tokenizer.json": []byte(tt.text)}), "m", Options{})
			checkRefused(t, err, "m/tokenizer.json", tt.want)
		})
	}
}

func TestRefusedFolders(t *testing.T) {
	with := func(name, text string) map[string][]byte {
		files := olderFiles(t)
		files[name] = []byte(text)
		return files
	}
	without := func(name string) map[string][]byte {
		files := olderFiles(t)
		delete(files, name)
		return files
	}
	lines := "#version: 0.2\n" + strings.Join(smallMerges, "\n") + "\n"
	tests := []struct {
		name       string
		files      map[string][]byte
		file, want string
	}{
		{"nothing", map[string][]byte{"other": nil}, "m", "holds no tokenizer"},
		{"no merges", without("merges.txt"), "m", "has vocab.json, but RobertaTokenizer reads tokenizer.json, or vocab.json and merges.txt"},
		{"merges alone", without("vocab.json"), "m", "holds no tokenizer"},
		{"merges of another model", with("vocab.json", `{"a":0}`), "m/merges.txt", `line 2: the merge needs "t"`},
		{"a vocabulary of another kind", with("tokenizer.model", ""), "m/tokenizer.model", "copy the model's tokenizer.json beside it"},
		{"a list", with("vocab.json", `[]`), "m/vocab.json", "where an object belongs"},
		{"a token twice", with("vocab.json", `{"a":0,"a":1}`), "m/vocab.json", "duplicate"},
		{"an unknown result", with("merges.txt", lines+"z z\n"), "m/merges.txt", `line 12: the merge needs "zz"`},
		{"one token", with("merges.txt", lines+"z\n"), "m/merges.txt", `line 12: "z" is not two tokens`},
		{"three tokens", with("merges.txt", "t h e\n"), "m/merges.txt", "line 1"},
		{"an empty line", with("merges.txt", "t h\n\na b\n"), "m/merges.txt", `line 2: "" is not two tokens`},
		{"not utf-8", with("merges.txt", "t h\n\xff a\n"), "m/merges.txt", "line 2 is not utf-8"},
		{"a merge twice", with("merges.txt", lines+"t h\n"), "m/merges.txt", "line 12: the merge repeats m/merges.txt: line 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(folder(tt.files), "m", Options{})
			checkRefused(t, err, tt.file, tt.want)
		})
	}
	t.Run("too large", func(t *testing.T) {
		_, err := Load(folder(map[string][]byte{"tokenizer.json": make([]byte, largestFile+1)}), "m", Options{})
		checkRefused(t, err, "m/tokenizer.json", "larger than 64 MiB")
	})
	t.Run("no folder", func(t *testing.T) {
		_, err := Load(folder(nil), "m", Options{})
		checkRefused(t, err, "m", "holds no tokenizer")
	})
	t.Run("a folder by that name", func(t *testing.T) {
		_, err := Load(folder(map[string][]byte{"tokenizer.json/x": nil}), "m", Options{})
		checkRefused(t, err, "m/tokenizer.json", "cannot be")
	})
}
