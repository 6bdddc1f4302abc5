package tokenizer

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// alphabet is GPT-2's bytes_to_unicode, written as it was published: printable bytes
// first, then the others in order from U+0100.
func alphabet() (runes [256]rune) {
	next := rune(0x100)
	for b := range 256 {
		if '!' <= b && b <= '~' || 0xa1 <= b && b <= 0xac || 0xae <= b {
			runes[b] = rune(b)
		} else {
			runes[b] = next
			next++
		}
	}
	return runes
}

// spell writes text as the vocabulary does: a character for each byte.
func spell(text string) string {
	runes := alphabet()
	var s strings.Builder
	for _, b := range []byte(text) {
		s.WriteRune(runes[b])
	}
	return s.String()
}

// smallMerges build "the", " the", " cat", "abab" and, by an earlier rank, "bc".
var smallMerges = []string{"t h", "th e", "Ġ the", "Ġ c", "a t", "Ġc at", "b c", "a b", "ab ab", "a a"}

const (
	firstByte  = 4   // the id of byte 0
	firstMerge = 260 // the id of what the first merge gives
	maskID     = 270
)

// small is a whole tokenizer.json: special tokens 0 to 3, the bytes, the merges' results
// in order, <mask>.
func small() map[string]any {
	vocab := map[string]any{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": maskID}
	for b, r := range alphabet() {
		vocab[string(r)] = firstByte + b
	}
	merges := make([]any, len(smallMerges))
	for i, m := range smallMerges {
		vocab[strings.ReplaceAll(m, " ", "")] = firstMerge + i
		merges[i] = m
	}
	var added []any
	for i, content := range []string{"<s>", "<pad>", "</s>", "<unk>"} {
		added = append(added, addition(i, content))
	}
	mask := addition(maskID, "<mask>")
	mask["lstrip"] = true
	return map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "normalizer": nil, "decoder": nil,
		"added_tokens":  append(added, mask),
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
		"post_processor": map[string]any{"type": "RobertaProcessing", "cls": []any{"<s>", 0}, "sep": []any{"</s>", 2},
			"trim_offsets": true, "add_prefix_space": false},
		"model": map[string]any{"type": "BPE", "vocab": vocab, "merges": merges},
	}
}

// addition is an entry of added_tokens.
func addition(id int, content string) map[string]any {
	return map[string]any{"id": id, "content": content, "single_word": false,
		"lstrip": false, "rstrip": false, "normalized": false, "special": true}
}

// at returns the object under keys.
func at(m map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		m = m[k].(map[string]any)
	}
	return m
}

func encodeJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// folder is a file system with these files in folder "m".
func folder(files map[string][]byte) fs.FS {
	fsys := fstest.MapFS{}
	for name, b := range files {
		fsys[name] = &fstest.MapFile{Data: b}
	}
	return fsys
}

// loadSmall loads the small tokenizer after an edit.
func loadSmall(t testing.TB, edit func(map[string]any)) *Tokenizer {
	t.Helper()
	m := small()
	if edit != nil {
		edit(m)
	}
	tok, err := Load(folder(map[string][]byte{"tokenizer.json": encodeJSON(t, m)}), "m", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// tokens names ids for messages: the contents, byte tokens as the text they stand for.
func tokens(t testing.TB, ids []int32, more map[int32]string) []string {
	t.Helper()
	names := map[int32]string{0: "<s>", 1: "<pad>", 2: "</s>", 3: "<unk>", maskID: "<mask>"}
	for b := range 256 {
		names[int32(firstByte+b)] = string([]byte{byte(b)})
	}
	for i, m := range smallMerges {
		names[int32(firstMerge+i)] = strings.NewReplacer(" ", "", "Ġ", " ").Replace(m)
	}
	for id, name := range more {
		names[id] = name
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		name, ok := names[id]
		if !ok {
			t.Fatalf("id %d is no token", id)
		}
		out[i] = name
	}
	return out
}
