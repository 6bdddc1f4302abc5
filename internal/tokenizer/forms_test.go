package tokenizer

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// TestForms compares with package norm over letters, marks of several classes, letters of
// Hangul and composed characters, where both must agree: without characters that are young
// and runs of more than 30 marks.
func TestForms(t *testing.T) {
	alphabet := []rune("aeAo한각\u1100\u1161\u11a8\u0301\u0300\u0315\u05ae\u0323\u0307\u0344éậǖÅﬁⅧ½\u1e9b\u212b\u0f71\u0f72\u0f74\u09be\u09c7\u3099かが豈 ")
	plain := map[form]norm.Form{{}: norm.NFD, {composed: true}: norm.NFC, {compatible: true}: norm.NFKD, {composed: true, compatible: true}: norm.NFKC}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 12, -1).Draw(t, "text")
		for f, n := range plain {
			if got, want := f.apply(text), n.String(text); got != want {
				t.Fatalf("%+v of %+q: %+q, want %+q", f, text, got, want)
			}
			if got := f.apply(text); f.apply(got) != got {
				t.Fatalf("%+v of %+q is %+q, and of that another", f, text, got)
			}
		}
	})
}

// TestFormsOfTheLibrary: where package norm does something else.
func TestFormsOfTheLibrary(t *testing.T) {
	marks := strings.Repeat("\u0301", 40)
	for _, tt := range []struct {
		f    form
		text string
		want string
	}{
		{form{}, "é" + marks, "e\u0301" + marks},
		{form{composed: true}, "e\u0323" + marks, "ẹ" + marks},
		{form{}, "\U00011938", "\U00011938"},
		{form{composed: true}, "\U00011935\U00011930", "\U00011935\U00011930"},
		{form{}, "a\u0301\U0001e4ec\u0323", "a\u0301\U0001e4ec\u0323"}, // a young mark is no mark
		{form{composed: true}, "a\U0001e4ec\u0301", "a\U0001e4ec\u0301"},
	} {
		if got := tt.f.apply(tt.text); got != tt.want {
			t.Errorf("%+v of %+q: %+q, want %+q", tt.f, tt.text, got, tt.want)
		}
	}
	for r := range unicode.MaxRune {
		if unicode.Is(young, r) && (unicode.Is(newCombining, r) != unicode.Is(unicode.M, r)) {
			t.Errorf("%U is young: in newCombining %v, in M %v", r, unicode.Is(newCombining, r), unicode.Is(unicode.M, r))
		}
	}
}
