package tokenizer

import (
	"slices"
	"testing"
	"unicode/utf8"
)

// TestClusters: each rule of Unicode Standard Annex #29; "|" stands for a boundary.
func TestClusters(t *testing.T) {
	for _, want := range [][]string{
		{"a", "b"}, {"\r\n", "\n", "\r"}, {"a", "\t", "\u0301", "b"},
		{"e\u0301\u0308", "x"}, {"a\u200d", "b"}, {"क\u0903", "x"}, {"\u0600\u0600x", "y"}, {"\u0600", "\n"},
		{"\u1100\u1161\u11a8", "\u1100\u1100가", "각\u11a8", "가\u1161\u11a8", "\u1161\u1161"},
		{"क\u094dक", "क"}, {"क\u094d\u0301\u094dक\u094dक"}, {"क\u0301", "क"}, {"क\u094d\u200dक"}, {"क\u094d\u200c", "क"}, {"a\u094d", "क"},
		{"👩\u200d👩\u200d👧", "👩"}, {"👩🏽\u200d👩"}, {"a\u200d", "👩"}, {"👩\u200d\u200d", "👩"},
		{"🇩🇪", "🇫🇷", "🇪"}, {"🇩\u200d", "🇪"}, {"\u0600🇩🇪", "🇫"},
		{"\xff", "\xff\u0301", "a"},
	} {
		text, got := "", []string(nil)
		for _, c := range want {
			text += c
		}
		for rest := text; rest != ""; {
			n := cluster(rest)
			got = append(got, rest[:n])
			rest = rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestClusterRanges: the generated table is in order, and covers what it should.
func TestClusterRanges(t *testing.T) {
	last, counts := rune(-1), map[clusterKind]rune{}
	for _, c := range clusterRanges {
		if c.low <= last || c.high < c.low || c.high > utf8.MaxRune {
			t.Errorf("%x to %x after %x", c.low, c.high, last)
		}
		last = c.high
		counts[c.kind] += c.high - c.low + 1
	}
	for kind, want := range map[clusterKind]rune{carriageReturn: 1, lineFeed: 1, joiner: 1, regional: 26} {
		if counts[kind] != want {
			t.Errorf("kind %d has %d characters, not %d", kind, counts[kind], want)
		}
	}
}
