package tokenizer

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSequence(t *testing.T) {
	tok := loadSmall(t, nil)
	pair := func(s string) *string { return &s }
	tests := []struct {
		name      string
		a         string
		b         *string
		maxLength int
		want      string
	}{
		{"one text", "the cat", nil, 0, "<s>|the| cat|</s>"},
		{"a pair", "the", pair("cat"), 0, "<s>|the|</s>|</s>|c|at|</s>"},
		{"no tokens", "", nil, 0, "<s>|</s>"},
		{"no tokens in either", "", pair(""), 0, "<s>|</s>|</s>|</s>"},
		{"it fits", "the cat", nil, 4, "<s>|the| cat|</s>"},
		{"cut at the end", "the cat", nil, 3, "<s>|the|</s>"},
		{"room for the special tokens", "the cat", nil, 2, "<s>|</s>"},
		{"less than that", "the cat", nil, 1, "<s>|</s>"},
		{"a pair, less than that", "the", pair("cat"), 1, "<s>|</s>|</s>|</s>"},
		{"the longer is cut", "wxyz", pair("the"), 7, "<s>|w|x|</s>|</s>|the|</s>"},
		{"equals: the second keeps the odd one", "wxyz", pair("wxyz"), 7, "<s>|w|</s>|</s>|w|x|</s>"},
		{"the first was longer and keeps it", "vwxyz", pair("wxyz"), 7, "<s>|v|w|</s>|</s>|w|</s>"},
		{"negative is none", "the cat", nil, -1, "<s>|the| cat|</s>"},
		{"special tokens spelled out", "</s><mask>", nil, 0, "<s>|</s>|<mask>|</s>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, _ := tok.Sequence(tt.a, tt.b, tt.maxLength)
			if got := strings.Join(tokens(t, ids, nil), "|"); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestLongestFirst: the table of the Rust library's own test at limit 7, for texts of 0,
// 2, 4 and 8 tokens.
func TestLongestFirst(t *testing.T) {
	for _, tt := range [][4]int{
		{0, 0, 0, 0}, {0, 2, 0, 2}, {0, 4, 0, 4}, {0, 8, 0, 7},
		{2, 0, 2, 0}, {2, 2, 2, 2}, {2, 4, 2, 4}, {2, 8, 2, 5},
		{4, 0, 4, 0}, {4, 2, 4, 2}, {4, 4, 3, 4}, {4, 8, 3, 4},
		{8, 0, 7, 0}, {8, 2, 5, 2}, {8, 4, 4, 3}, {8, 8, 3, 4},
	} {
		if n1, n2 := longestFirst(tt[0], tt[1], 7); n1 != tt[2] || n2 != tt[3] {
			t.Errorf("longestFirst(%d, %d, 7) = %d, %d, want %d, %d", tt[0], tt[1], n1, n2, tt[2], tt[3])
		}
	}
}

// TestLongestFirstIsFair: all of the limit is used, nothing grows, and a text is only cut
// to what the other one has, or one less.
func TestLongestFirstIsFair(t *testing.T) {
	length := rapid.IntRange(0, 30)
	rapid.Check(t, func(t *rapid.T) {
		a, b, limit := length.Draw(t, "a"), length.Draw(t, "b"), length.Draw(t, "limit")
		n1, n2 := longestFirst(a, b, limit)
		switch {
		case n1 < 0 || n2 < 0 || n1 > a || n2 > b:
			t.Fatalf("%d and %d of %d and %d", n1, n2, a, b)
		case n1+n2 != min(limit, a+b):
			t.Fatalf("%d and %d do not fill %d", n1, n2, limit)
		case n1 < a && n1 < n2-1, n2 < b && n2 < n1-1:
			t.Fatalf("%d of %d and %d of %d: the shorter was cut", n1, a, n2, b)
		}
	})
}

// TestSequenceIsWhole: whatever the limit, what stays are beginnings of both texts between
// all special tokens.
func TestSequenceIsWhole(t *testing.T) {
	tok := loadSmall(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		a, b := genText().Draw(t, "a"), genText().Draw(t, "b")
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		first, second := tok.Encode(a), tok.Encode(b)
		n1, n2 := longestFirst(len(first), len(second), max(0, limit-4))
		want := slices.Concat([]int32{0}, first[:n1], []int32{2, 2}, second[:n2], []int32{2})
		got, _ := tok.Sequence(a, &b, limit)
		if !slices.Equal(got, want) || len(got) > max(4, limit) {
			t.Fatalf("limit %d: %v, want %v", limit, got, want)
		}
	})
}
