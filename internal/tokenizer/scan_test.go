package tokenizer

import (
	"slices"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func split(text string) (words []string) {
	for text != "" {
		n := nextWord(text)
		words = append(words, text[:n])
		text = text[n:]
	}
	return words
}

func TestNextWord(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"words take one blank", "Hello my friend", []string{"Hello", " my", " friend"}},
		{"punctuation stands alone", "How, is it?", []string{"How", ",", " is", " it", "?"}},
		{"letters and digits part", "abc123 45x", []string{"abc", "123", " 45", "x"}},
		{"contractions", "don't we've I'll he'd I'm you're it's",
			[]string{"don", "'t", " we", "'ve", " I", "'ll", " he", "'d", " I", "'m", " you", "'re", " it", "'s"}},
		{"contractions are lower case", "I'LL", []string{"I", "'", "LL"}},
		{"a contraction takes what it can", "'store", []string{"'s", "tore"}},
		{"an apostrophe after a blank is punctuation", " 's", []string{" '", "s"}},
		{"apostrophes in a row", "''s", []string{"''", "s"}},
		{"an apostrophe at the end", "dogs'", []string{"dogs", "'"}},
		{"v alone is no contraction", "'v", []string{"'", "v"}},
		{"a run of blanks leaves one", "a    b", []string{"a", "   ", " b"}},
		{"a run before punctuation too", "a   .", []string{"a", "  ", " ."}},
		{"a run at the end stays whole", "a   ", []string{"a", "   "}},
		{"only a blank", " ", []string{" "}},
		{"only blanks", "   ", []string{"   "}},
		{"a tab is no word's", "a\tb", []string{"a", "\t", "b"}},
		{"the last of a run is left alone", "a \t\nb", []string{"a", " \t", "\n", "b"}},
		{"a blank after tabs", "\t\t b", []string{"\t\t", " b"}},
		{"a tab after a blank", "a \tb", []string{"a", " ", "\t", "b"}},
		{"line ends", "a\r\nb", []string{"a", "\r", "\n", "b"}},
		{"wide spaces", "a\u3000\u00a0b", []string{"a", "\u3000", "\u00a0", "b"}},
		{"next line is a space", "a\u0085b", []string{"a", "\u0085", "b"}},
		{"zero width space is not", "a\u200bb", []string{"a", "\u200b", "b"}},
		{"letters of other scripts", "日本語 тест", []string{"日本語", " тест"}},
		{"a combining mark is no letter", "e\u0301a", []string{"e", "\u0301", "a"}},
		{"numbers of other kinds", "½Ⅷ²١", []string{"½Ⅷ²١"}},
		{"emoji", "👍🏽 ok", []string{"👍🏽", " ok"}},
		{"not utf-8", "a\xff\xfe b", []string{"a", "\xff\xfe", " b"}},
		{"half a character", "\xe6\x97x", []string{"\xe6\x97", "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, split(tt.text)); diff != "" {
				t.Errorf("words of %q (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// TestNewCharacters: what Unicode 16 added counts, whatever the tables that Go has.
func TestNewCharacters(t *testing.T) {
	for table, want := range map[*unicode.RangeTable]class{newLetters: letter, newNumbers: number} {
		for _, r := range table.R32 {
			for _, c := range []rune{rune(r.Lo), rune(r.Hi)} {
				if got, n := classify(string(c)); got != want || n != 4 {
					t.Errorf("%U is of class %d and %d bytes, want %d and 4", c, got, n, want)
				}
			}
		}
	}
	if got, _ := classify("\u1c8a"); got != letter {
		t.Errorf("U+1C8A is of class %d, want letter", got)
	}
	if got, _ := classify("\u1c8b"); got != other {
		t.Errorf("U+1C8B, unassigned, is of class %d, want other", got)
	}
}

// TestClassesOfASCII: the short cut says what the tables say.
func TestClassesOfASCII(t *testing.T) {
	for r := range rune(128) {
		want := other
		switch {
		case unicode.IsLetter(r):
			want = letter
		case unicode.IsNumber(r):
			want = number
		case unicode.IsSpace(r):
			want = space
		}
		if got, n := classify(string(r)); got != want || n != 1 {
			t.Errorf("%q: class %d of %d bytes, want %d", r, got, n, want)
		}
	}
}

// genText draws what trips tokenizers: every class, blanks in runs, apostrophes, special
// tokens, bytes that are not UTF-8.
func genText(more ...string) *rapid.Generator[string] {
	pieces := append([]string{"the", " cat", "abab", "'s", "'ll", "'", " ", "  ", "\t", "\n", "\u3000", "é", "日", "½", "7",
		"!", "...", "👍🏽", "\xff", "\xe6\x97", "<s>", "</s>", "<mask>", "<mask", "mask>", "\x00", "aaaaaaa"}, more...)
	return rapid.Custom(func(t *rapid.T) string {
		text := ""
		for range rapid.IntRange(0, 12).Draw(t, "pieces") {
			if rapid.Bool().Draw(t, "known") {
				text += rapid.SampledFrom(pieces).Draw(t, "piece")
			} else {
				text += rapid.String().Draw(t, "any")
			}
		}
		return text
	})
}

// TestWordsAreUniform: a word is of one class but for the blank before it, and a run that
// ends a text is never split.
func TestWordsAreUniform(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := genText().Draw(t, "text")
		words := split(text)
		for i, w := range words {
			if contraction(w) == len(w) {
				continue
			}
			body := w
			if w[0] == ' ' && len(w) > 1 {
				if c, _ := classify(w[1:]); c != space {
					body = w[1:]
				}
			}
			c, _ := classify(body)
			if run(body, c) != len(body) {
				t.Fatalf("word %q of %q mixes classes", w, text)
			}
			if i > 0 && c == space && i == len(words)-1 && run(words[i-1], space) == len(words[i-1]) {
				t.Fatalf("%q ends in two words of white space", text)
			}
		}
	})
}

func TestWordsOfALongRun(t *testing.T) {
	// Linear: a scanner that looked back at each step would not come to an end here.
	long := slices.Repeat([]byte(" \t"), 1<<19)
	if got := split(string(long) + "x"); len(got) != 3 {
		t.Errorf("%d words, want the run, its last tab, x", len(got))
	}
}
