package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// decodeSmall turns ids back into bytes, those of the small tokenizer.
func decodeSmall(t testing.TB, ids []int32) string {
	return strings.Join(tokens(t, ids, nil), "")
}

// TestRoundTrip: but for the white space that <mask> takes, encoding loses nothing.
func TestRoundTrip(t *testing.T) {
	tok := loadSmall(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.ReplaceAll(genText().Draw(rt, "text"), "<mask>", "<unk>")
		if got := decodeSmall(t, tok.Encode(text)); got != text {
			rt.Fatalf("%q came back as %q", text, got)
		}
	})
}

// FuzzEncode: nothing is lost, nothing panics, and the cache changes nothing.
func FuzzEncode(f *testing.F) {
	for _, text := range []string{"", "the cat", "<mask> x", " \t ", "don't", "\xff\xfe", "日本 <s>", "aaaaaaa"} {
		f.Add(text)
	}
	tok := loadSmall(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		ids := tok.Encode(text)
		if again := tok.Encode(text); !slices.Equal(ids, again) {
			t.Fatalf("%q: %v, then %v", text, ids, again)
		}
		got := decodeSmall(t, ids)
		if !strings.Contains(text, "<mask>") && got != text {
			t.Fatalf("%q came back as %q", text, got)
		}
		if ids, _ := tok.Sequence(text, &text, 9); len(ids) > 9 {
			t.Fatalf("%q: %d tokens, limit 9", text, len(ids))
		}
	})
}

// FuzzTokenizerJSON: a file is refused in one line, or gives a tokenizer that works and
// whose ids lie below VocabSize.
func FuzzTokenizerJSON(f *testing.F) {
	f.Add(encodeJSON(f, small()))
	f.Add([]byte(`{"version":"1.0","added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],` +
		`"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true},"post_processor":{"type":"BertProcessing","cls":["<s>",0],"sep":["</s>",1]},` +
		`"model":{"vocab":{},"merges":[]}}`))
	f.Add([]byte(`{"model":{"type":"WordPiece"}}`))
	f.Add(encodeJSON(f, smallBERT()))
	u := loadUnigramForms(f)
	for i := range u.Forms {
		f.Add(u.form(f, i))
	}
	p := readPipelines(f)
	for i := 0; i < len(p.Cases); i += 9 {
		f.Add(encodeJSON(f, p.file(p.Cases[i])))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tok, err := Load(folder(map[string][]byte{"tokenizer.json": b}), "m", Options{})
		if err != nil {
			if text := err.Error(); strings.Contains(text, "\n") || !utf8.ValidString(text) || len(text) > 2000 {
				t.Fatalf("message %q", text)
			}
			return
		}
		ids, _ := tok.Sequence("the cat <mask> don't é\xff", nil, 0)
		for _, id := range ids {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d of %d", id, tok.VocabSize())
			}
		}
	})
}
