package tokenizer

import (
	"testing"
	"unicode"
)

// TestUnicode holds each step of BERT's normalisation, and the classes that words are
// found by, against the library's answers for every character there is. The sums are of
// lines "code point, tab, answer" in hexadecimal, made with tokenizers 0.23.3 in Python:
// BertNormalizer with one step switched on, and BertPreTokenizer on "a", it and "a": three
// words are p(unctuation), two w(hite space), one x. A failure after a change of Go's
// Unicode tables means that unicode.go wants the characters that came to it.
func TestUnicode(t *testing.T) {
	class := func(r rune) string {
		switch {
		case unicode.IsSpace(r):
			return "w"
		case isPunctuation(r):
			return "p"
		}
		return "x"
	}
	for name, tt := range map[string]struct {
		answer func(r rune) string
		want   string
	}{
		"clean":   {func(r rune) string { return points(bertNormal{clean: true}.apply(string(r))) }, "c3155cdf4616daeac8d4f126ecec63bcb90f0b29833d0fd47ca68930835bb1ae"},
		"chinese": {func(r rune) string { return points(bertNormal{chinese: true}.apply(string(r))) }, "a3454f3afbaa6979c2b114afee90084bf189944d694731f70d15cee16d5dbfab"},
		"strip":   {func(r rune) string { return points(bertNormal{strip: true}.apply(string(r))) }, "65bbc09fa6431f0ba2cdc4b9b0faecd6b7851a475cd3662df178d14cc0c2d9fc"},
		"lower":   {func(r rune) string { return points(bertNormal{lower: true}.apply(string(r))) }, "0f87b73ef5534cdb14d5b2c01ff3401b94a8eb94eaae38eeb7daa1e09524b118"},
		"words":   {class, "fc378a5e69788b378c073c9e8c50b0d9ae7e56a065dfa52612ffd273cb3bdbc5"},
	} {
		if got := everyCharacter(tt.answer, func(rune) bool { return true }); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestNormal(t *testing.T) {
	all := bertNormal{clean: true, chinese: true, strip: true, lower: true}
	for _, tt := range []struct {
		name string
		n    bertNormal
		text string
		want string
	}{
		{"ascii", all, "The Cat, 42!", "the cat, 42!"},
		{"ascii is not touched", bertNormal{}, "The Cat", "The Cat"},
		{"nothing is asked for", bertNormal{}, "É\x00漢\n", "É\x00漢\n"},
		{"all", all, "É\x00x漢\n", "ex 漢  "},
		{"accents without case", bertNormal{strip: true}, "ÉÅ한", "EA\u1112\u1161\u11ab"},
		{"case without accents", bertNormal{lower: true}, "ÉΑΣ ΟΔΟΣ İ", "éασ οδοσ i̇"},
		{"an accent alone", all, "\u0301", ""},
	} {
		if got := tt.n.apply(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
