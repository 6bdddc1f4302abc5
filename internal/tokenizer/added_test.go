package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// extra is an added token of the tests; its flags are letters: w single word, l and r
// strip, n normalized.
type extra struct{ content, flags string }

// loadExtra loads the small tokenizer with more added tokens, and returns their names by id.
func loadExtra(t testing.TB, extras []extra) (*Tokenizer, map[int32]string) {
	t.Helper()
	names := map[int32]string{}
	tok := loadSmall(t, func(m map[string]any) {
		for i, e := range extras {
			a := addition(maskID+1+i, e.content)
			a["single_word"] = strings.Contains(e.flags, "w")
			a["lstrip"] = strings.Contains(e.flags, "l")
			a["rstrip"] = strings.Contains(e.flags, "r")
			a["normalized"] = strings.Contains(e.flags, "n")
			m["added_tokens"] = append(m["added_tokens"].([]any), a)
			names[int32(maskID+1+i)] = "[" + e.content + "]"
		}
	})
	return tok, names
}

func TestAddedTokens(t *testing.T) {
	tests := []struct {
		name   string
		extras []extra
		text   string
		want   string
	}{
		{"mask takes the white space before", nil, "the \t<mask>  cat", "the|<mask>| | cat"},
		{"mask at the start", nil, "  <mask>", "<mask>"},
		{"others take none", nil, " </s> ", " |</s>| "},
		{"in a row", nil, "<s><s></s>", "<s>|<s>|</s>"},
		{"masks in a row", nil, "<mask> <mask>", "<mask>|<mask>"},
		{"inside a word", nil, "x<mask>y", "x|<mask>|y"},
		{"half a token is text", nil, "<s", "<|s"},
		{"a word cannot reach over a token", nil, "t<s>he", "t|<s>|h|e"},
		{"the longest wins", []extra{{"kl", ""}, {"klmn", ""}}, "klmklmn", "[kl]|m|[klmn]"},
		{"the leftmost wins over the longest", []extra{{"kl", ""}, {"lmno", ""}}, "klmno", "[kl]|m|n|o"},
		{"not normalized come first", []extra{{"kl", "n"}, {"lm", ""}}, "klm kl", "k|[lm]| |[kl]"},
		{"a single word", []extra{{"foo", "w"}}, "foo foo-x xfoo foo_ éfoo foo9 foo\u0301", "[foo]| |[foo]|-|x| |x|f|o|o| |f|o|o|_| |\xc3|\xa9|f|o|o| |f|o|o|9| |f|o|o|\xcc|\x81"},
		{"strips right", []extra{{"foo", "r"}}, "foo  \u3000x", "[foo]|x"},
		{"strips both, once", []extra{{"foo", "lr"}}, "x foo foo x", "x|[foo]|[foo]|x"},
		{"a token may begin with what was stripped", []extra{{"foo", "wr"}, {" bar", "lr"}}, "foo bar bar x", "[foo]|[ bar]|[ bar]|x"},
		{"a discarded match hides what it holds", []extra{{"foobar", "w"}, {"bar", ""}}, "foobarx", "f|o|o|b|a|r|x"},
		{"white space itself", []extra{{"\t", "nlr"}}, "x \t\t y", "x|[\t]|[\t]|y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tok, names := loadExtra(t, tt.extras)
			if got := strings.Join(tokens(t, tok.Encode(tt.text), names), "|"); got != tt.want {
				t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// TestFindTakesTheLongest compares the trie with a look at every token.
func TestFindTakesTheLongest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contents := rapid.SliceOfNDistinct(rapid.StringMatching("[ab]{1,4}"), 1, 6, rapid.ID[string]).Draw(t, "tokens")
		var added []addedToken
		for i, c := range contents {
			added = append(added, addedToken{ID: int32(i), Content: c})
		}
		m := newMatcher(added)
		text := rapid.StringMatching("[abc]{0,12}").Draw(t, "text")
		got, found := m.find(text, 0, 0)
		for start := range len(text) {
			best := ""
			for _, c := range contents {
				if strings.HasPrefix(text[start:], c) && len(c) > len(best) {
					best = c
				}
			}
			if best == "" {
				continue
			}
			if want := (match{int32(slices.Index(contents, best)), start, start + len(best), start + len(best)}); !found || got != want {
				t.Fatalf("%q: %+v, want %+v", text, got, want)
			}
			return
		}
		if found {
			t.Fatalf("%q: found %+v where there is none", text, got)
		}
	})
}

// TestStripping is linear also where every blank is a token that takes all blanks around.
func TestStripping(t *testing.T) {
	tok, _ := loadExtra(t, []extra{{" ", "lr"}})
	const n = 1 << 18
	if got := len(tok.Encode(strings.Repeat(" ", n))); got != n {
		t.Errorf("%d tokens, want %d", got, n)
	}
}
