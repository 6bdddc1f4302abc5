package tokenizer

import (
	"strconv"
	"strings"
	"testing"
)

func TestByteRune(t *testing.T) {
	seen := map[rune]int{}
	for b, want := range alphabet() {
		got := byteRune(byte(b))
		if got != want {
			t.Errorf("byte %#x is %q, want %q", b, got, want)
		}
		if first, twice := seen[got]; twice {
			t.Errorf("bytes %#x and %#x are both %q", first, b, got)
		}
		seen[got] = b
	}
	for text, want := range map[string]string{" a\n": "ĠaĊ", "é": "Ã©", "\u00ad": "ÂŃ", "\x7f": "ġ"} {
		if got := spell(text); got != want {
			t.Errorf("%q is spelled %q, want %q", text, got, want)
		}
	}
}

func TestPrefixSpace(t *testing.T) {
	tok := loadSmall(t, func(m map[string]any) { at(m, "pre_tokenizer")["add_prefix_space"] = true })
	tests := []struct{ text, want string }{
		{"", ""},
		{"cat", " cat"},
		{" cat", " cat"},
		{"\tcat", " |\t|c|at"},
		{"<s>", "<s>"},
		{"the<mask>cat", " the|<mask>| cat"}, // every stretch between added tokens gets its own
	}
	for _, tt := range tests {
		if got := strings.Join(tokens(t, tok.Encode(tt.text), nil), "|"); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

// TestCache: a slot holds one word, a long word none, and what is kept is a copy.
func TestCache(t *testing.T) {
	c := newCache()
	if _, ok := c.get("a"); ok {
		t.Error("an empty cache knows a word")
	}
	ids := []int32{1, 2}
	c.put("a", ids)
	ids[0] = 9
	if got, ok := c.get("a"); !ok || len(got) != 2 || got[0] != 1 {
		t.Errorf("get(a) = %v, %v, want [1 2]", got, ok)
	}
	c.put("", nil)
	if got, ok := c.get(""); !ok || len(got) != 0 {
		t.Errorf("a word without ids: %v, %v", got, ok)
	}
	long := strings.Repeat("x", cachedWord+1)
	c.put(long, ids)
	if _, ok := c.get(long); ok {
		t.Error("a long word is kept")
	}
	other := ""
	for i := 0; other == "" || c.slot(other) != c.slot("a"); i++ {
		other = strconv.Itoa(i)
	}
	if _, ok := c.get(other); ok {
		t.Errorf("%q was never put, but shares a slot", other)
	}
	c.put(other, []int32{7})
	if got, ok := c.get(other); !ok || got[0] != 7 {
		t.Errorf("get(%q) = %v, %v after put", other, got, ok)
	}
	if _, ok := c.get("a"); ok {
		t.Error("two words in one slot")
	}
}
