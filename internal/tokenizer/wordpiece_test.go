package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWordPiece(t *testing.T) {
	cased := func(m map[string]any) { at(m, "normalizer")["lowercase"] = false }
	accents := func(m map[string]any) { at(m, "normalizer")["strip_accents"] = false }
	long := strings.Repeat("a", 100)
	tests := []struct {
		name string
		edit func(map[string]any)
		text string
		want string
	}{
		{"nothing", nil, "", ""},
		{"blanks", nil, " \t\n\u00a0\u3000 ", ""},
		{"words", nil, "the cats", "the cat ##s"},
		{"the longest from the left", nil, "unaffable", "un ##aff ##able"},
		{"inside a word only the tokens for it", nil, "aff affaff", "aff aff ##aff"},
		{"the longest is not always best", nil, "aaaa", "a ##aa ##a"},
		{"a part is unknown, so all of it", nil, "catz the", "[UNK] the"},
		{"lower case", nil, "The CATS", "the cat ##s"},
		{"not in a cased model", cased, "The cats", "[UNK] cat ##s"},
		{"accents go", nil, "CAFÉ cafe\u0301", "cafe cafe"},
		{"accents stay", accents, "CAFÉ é", "café é"},
		{"a dotted capital keeps its dot", accents, "İ", "i̇"},
		{"cased keeps accents", cased, "café É", "café [UNK]"},
		{"punctuation is a word each", nil, "the!!'cat.", "the ! ! ' cat ."},
		{"symbols of ascii too", nil, "the#cat x##.", "the # cat x # # ."},
		{"chinese characters", nil, "漢字cat", "漢 字 cat"},
		{"not apart", func(m map[string]any) { at(m, "normalizer")["handle_chinese_chars"] = false }, "漢字 漢", "[UNK] 漢"},
		{"control characters go", nil, "c\x00a\u200dt\ufffd \x0b the\x7f", "cat the"},
		{"or stay", func(m map[string]any) { at(m, "normalizer")["clean_text"] = false }, "c\x00at the", "[UNK] the"},
		{"a tab is a blank", nil, "the\tcat", "the cat"},
		{"bytes that are not utf-8 go", nil, "c\xffat \xc3", "cat"},
		{"or stay and are unknown", func(m map[string]any) { n := at(m, "normalizer"); n["clean_text"], n["strip_accents"] = false, false }, "c\xffat the", "[UNK] the"},
		{"100 characters", nil, long, "a" + strings.Repeat(" ##aa", 49) + " ##a"},
		{"101 characters", nil, long + "a", "[UNK]"},
		{"100 characters of two bytes", accents, strings.Repeat("é", 100), "é" + strings.Repeat(" ##é", 99)},
		{"special tokens spelled out", nil, "the [MASK]cat[SEP] [mask]", "the [MASK] cat [SEP] [UNK] [UNK] [UNK]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tok := loadBERT(t, tt.edit)
			for range 2 { // the second time from the cache
				if got := spelled(tok.Encode(tt.text)); got != tt.want {
					t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
				}
			}
		})
	}
}

// TestNormalizedTokens: an added token with that flag is matched, normalised, in
// normalised text.
func TestNormalizedTokens(t *testing.T) {
	tok := loadBERT(t, func(m map[string]any) {
		a := addition(len(bertTokens), "Né X")
		a["normalized"] = true
		m["added_tokens"] = append(m["added_tokens"].([]any), a)
	})
	if got := spelled(tok.Encode("the NE x cat né")); got != "the ? cat [UNK]" {
		t.Errorf("%s", got)
	}
}

func TestBERTSequence(t *testing.T) {
	tok := loadBERT(t, nil)
	pair := func(s string) *string { return &s }
	for _, tt := range []struct {
		name      string
		a         string
		b         *string
		maxLength int
		want      string
		types     []int32
	}{
		{"one text", "the cat", nil, 0, "[CLS] the cat [SEP]", nil},
		{"a pair", "the", pair("cats"), 0, "[CLS] the [SEP] cat ##s [SEP]", []int32{0, 0, 0, 1, 1, 1}},
		{"no tokens", "", nil, 0, "[CLS] [SEP]", nil},
		{"no tokens in either", "", pair(""), 0, "[CLS] [SEP] [SEP]", []int32{0, 0, 1}},
		{"cut", "the cat cat", nil, 3, "[CLS] the [SEP]", nil},
		{"the longer is cut", "the cat cat cat", pair("the"), 6, "[CLS] the cat [SEP] the [SEP]", []int32{0, 0, 0, 0, 1, 1}},
		{"less than the special tokens", "the", pair("cat"), 1, "[CLS] [SEP] [SEP]", []int32{0, 0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ids, types := tok.Sequence(tt.a, tt.b, tt.maxLength)
			if got := spelled(ids); got != tt.want || !slices.Equal(types, tt.types) {
				t.Errorf("%s of types %v, want %s of %v", got, types, tt.want, tt.types)
			}
		})
	}
}

// TestCut compares with the plain algorithm over random vocabularies of few letters, where
// every prefix competes.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringMatching("[abé]{1,4}")
		p := &wordPiece{first: map[string]int32{}, later: map[string]int32{}, longest: 8, most: 30, unknown: 99, cache: newCache()}
		for i, s := range rapid.SliceOfNDistinct(letters, 0, 8, rapid.ID[string]).Draw(t, "first") {
			p.first[s] = int32(i)
		}
		for i, s := range rapid.SliceOfNDistinct(letters, 0, 8, rapid.ID[string]).Draw(t, "later") {
			p.later[s] = int32(100 + i)
		}
		word := rapid.StringMatching("[abé]{1,12}").Draw(t, "word")
		if got, want := p.cut(nil, word), slowCut(p, []rune(word)); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", word, got, want)
		}
	})
}

// slowCut is the algorithm as BERT published it.
func slowCut(p *wordPiece, word []rune) (ids []int32) {
	for start := 0; start < len(word); {
		end := len(word)
		for ; end > start; end-- {
			tokens := p.later
			if start == 0 {
				tokens = p.first
			}
			if id, ok := tokens[string(word[start:end])]; ok {
				ids = append(ids, id)
				break
			}
		}
		if end == start {
			return []int32{p.unknown}
		}
		start = end
	}
	return ids
}

// FuzzWordPiece: nothing panics, ids are of the vocabulary, words do not depend on what is
// around them, and the cache changes nothing.
func FuzzWordPiece(f *testing.F) {
	for _, text := range []string{"", "the cats", "[MASK] x", " \t ", "don't!", "\xff\xfe", "漢字 [SEP]", "aaaaaaa", "CAFÉ", "ǅ\u0345\u0301"} {
		f.Add(text)
	}
	tok := loadBERT(f, nil)
	cased := loadBERT(f, func(m map[string]any) { at(m, "normalizer")["lowercase"] = false })
	f.Fuzz(func(t *testing.T, text string) {
		ids := tok.Encode(text)
		if again := tok.Encode(text); !slices.Equal(ids, again) {
			t.Fatalf("%q: %v, then %v", text, ids, again)
		}
		if got := tok.Encode(text + " cat"); !strings.Contains(text, "[") && !slices.Equal(got, append(slices.Clone(ids), 6)) {
			t.Fatalf("%q: %v, with a word behind it %v", text, ids, got)
		}
		for _, id := range append(ids, cased.Encode(text)...) {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("%q: id %d of %d", text, id, tok.VocabSize())
			}
		}
		limited, types := tok.Sequence(text, &text, 9)
		if len(limited) > 9 || len(types) != len(limited) {
			t.Fatalf("%q: %d tokens and %d types, limit 9", text, len(limited), len(types))
		}
	})
}
