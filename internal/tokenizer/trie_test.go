package tokenizer

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTrie: the trie finds what a map has, and walks through each token to its id.
func TestTrie(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tokens := rapid.SliceOf(rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00é▁日")), 0, 12, -1)).Draw(rt, "tokens")
		want := map[string]int32{}
		for id, token := range tokens {
			want[token] = int32(id)
		}
		delete(want, "")
		tr := newTrie(tokens)
		for token, id := range want {
			if got, ok := tr.find(token); !ok || got != id {
				rt.Fatalf("%q: %d, %v, want %d", token, got, ok, id)
			}
		}
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00é▁日c")), 0, 12, -1).Draw(rt, "text")
		if id, ok := tr.find(text); ok != (want[text] == id && id != none) || ok != has(want, text) {
			rt.Fatalf("%q: %d, %v", text, id, ok)
		}
	})
}

func has(m map[string]int32, key string) bool {
	_, ok := m[key]
	return ok
}

func TestTrieEmpty(t *testing.T) {
	for _, tokens := range [][]string{nil, {""}, {"", ""}} {
		tr := newTrie(tokens)
		for _, text := range []string{"", "a", "\x00", "é"} {
			if id, ok := tr.find(text); ok {
				t.Errorf("%q of %q has the id %d", text, tokens, id)
			}
		}
	}
}

// TestTrieLong: a token as long as a file may have.
func TestTrieLong(t *testing.T) {
	long := strings.Repeat("a", 1<<16)
	tr := newTrie([]string{long, "a"})
	if id, ok := tr.find(long); !ok || id != 0 {
		t.Errorf("got %d, %v", id, ok)
	}
	if _, ok := tr.find(long[1:]); ok {
		t.Error("a beginning is no token")
	}
}
