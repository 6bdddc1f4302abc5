package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestTranslate: what Oniguruma and Go find alike is taken, all else is refused with the
// reason. That what is taken gives the library's pieces, TestPipelines shows.
func TestTranslate(t *testing.T) {
	for regex, want := range map[string][]string{
		` {2,}`:               {"a|  |b|   |", "a  b   "},
		`\s+`:                 {"a|\u3000\t|b", "a\u3000\tb"},
		`[\s,]`:               {"a|,|b| |c", "a,b c"},
		`[^\s\p{L}\p{N}]+`:    {"a1|-+|b", "a1-+b"},
		`\p{N}{1,2}`:          {"x|12||34||5|", "x12345"},
		`(?:ab)+`:             {"x|abab|c", "xababc"},
		`(ab|a)b`:             {"|abb||ab|", "abbab"},
		`a+?`:                 {"|a||a|b", "aab"},
		`a.c`:                 {"|abc|a\nc", "abca\nc"},
		`\.\*\[\-\]`:          {"x|.*[-]|", "x.*[-]"},
		`[a\-z]`:              {"b|-|c|z|", "b-cz"},
		`é`:                   {"caf|é|", "café"},
		`\n\r?\t*`:            {"a|\n\r\t|b", "a\n\r\tb"},
		`x{3}`:                {"|xxx|x", "xxxx"},
		"\u0661|\\p{N}\\p{L}": {"|\u0661|a|1b|", "\u0661a1b"},
	} {
		r, why := translate(regex)
		if why != "" {
			t.Errorf("%q is refused: %s", regex, why)
			continue
		}
		var got []string
		text := want[1]
		f := expression{r}
		start, stop := f.find(text)
		for ; start < len(text); start, stop = f.find(text) {
			got = append(got, text[:start], text[start:stop])
			text = text[stop:]
		}
		if all := strings.Join(append(got, text), "|"); all != want[0] {
			t.Errorf("%q cuts %q into %q, want %q", regex, want[1], all, want[0])
		}
	}
	for regex, why := range map[string]string{
		`a*`: "a match of nothing", `a|b?`: "a match of nothing", ``: "a match of nothing", `(a?)+b`: "a repetition of what may be nothing",
		`(a+b*)+`: "a repetition in another", `(?:a{2,})*b`: "a repetition in another",
		`^a`: `'^'`, `a$`: `'$'`, `a}`: `'}'`, `a]`: `']'`,
		`(?=a)b`: "a group that is not plain", `(?i)a`: "a group that is not plain", `(?<x>a)`: "a group that is not plain", `(?>a)`: "a group that is not plain",
		`\w`: "an escape that is not plain", `\bx`: "an escape that is not plain", `\d`: "an escape that is not plain", `\1`: "an escape that is not plain", `a\`: "an escape that is not plain",
		`\S`: "an escape that is not plain", `\p{Lu}`: "an escape that is not plain", `\x41`: "an escape that is not plain",
		`[a[b]]`: "a set in a set", `[a&&b]`: "a set in a set", `[[:alpha:]]`: "a set in a set", `[]a]`: "a bracket that opens a set", `[^]a]`: "a bracket that opens a set",
		`a++`: "a quantifier after another", `a?+`: "a quantifier after another", `a{2}{3}`: "a quantifier after another", `a{2}?`: "a quantifier after another", `a**`: "a quantifier after another",
		`a{,3}`: "a brace that counts nothing", `a{b}`: "a brace that counts nothing", `a{9999}`: "a brace that counts nothing", `a{1`: "a brace that counts nothing",
		`*a`: `'*' after nothing`, `(+a)`: `'+' after nothing`, `a|?b`: `'?' after nothing`,
		`(a`: "a fault", `a)`: "a fault", `[a`: "a fault", `[z-a]`: "a fault", `a{3,2}`: "a fault",
		strings.Repeat("a", 2000): "more than 1000 bytes",
	} {
		if _, got := translate(regex); !strings.Contains(got, why) || why == "" {
			t.Errorf("%q: %q, want %q", regex, got, why)
		}
	}
}

// FuzzTranslate: a regular expression is refused with a reason, or finds what is not empty,
// and a text is cut into pieces that are all of it.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{` {2,}`, `\s+|[^\s]`, `(?:ab)+?`, `[\-\]]`, `a{1,2}`, `\p{L}|\p{N}`, "(", `\`, "[", "é|日", "a\xff"} {
		f.Add(s, "ab  12\u3000éa-]")
	}
	f.Fuzz(func(t *testing.T, regex, text string) {
		r, why := translate(regex)
		if r == nil {
			if why == "" || !utf8.ValidString(why) {
				t.Fatalf("%q: refused because of %q", regex, why)
			}
			return
		}
		for _, how := range behaviors {
			for _, invert := range []bool{false, true} {
				checkCover(t, splitter{finder: expression{r}, invert: invert, how: how}, text)
			}
		}
	})
}
