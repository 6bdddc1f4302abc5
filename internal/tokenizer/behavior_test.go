package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// pieces are the parts that a pre-tokenizer cuts text into.
func pieces(p preTokenizer, text string) (list []string) {
	preTokenizers{p}.encode(nil, text, true, pieceFunc(func(piece string) { list = append(list, piece) }))
	return list
}

// TestBehavior is the table of the library's own test of the behaviors, with delimiters in a
// row, at both ends, and inverted.
func TestBehavior(t *testing.T) {
	tests := []struct {
		how           behavior
		text          string
		want, inverse []string
	}{
		{removed, "-a--b-", []string{"a", "b"}, []string{"-", "-", "-", "-"}},
		{isolated, "-a--b-", []string{"-", "a", "-", "-", "b", "-"}, []string{"-", "a", "-", "-", "b", "-"}},
		{mergedWithPrevious, "-a--b-", []string{"-", "a-", "-", "b-"}, []string{"-a", "-", "-b", "-"}},
		{mergedWithNext, "-a--b-", []string{"-a", "-", "-b", "-"}, []string{"-", "a-", "-", "b-"}},
		{contiguous, "-a--b-", []string{"-", "a", "--", "b", "-"}, []string{"-", "a", "--", "b", "-"}},
		{removed, "the-final--countdown", []string{"the", "final", "countdown"}, []string{"-", "-", "-"}},
		{isolated, "the-final--countdown", []string{"the", "-", "final", "-", "-", "countdown"}, []string{"the", "-", "final", "-", "-", "countdown"}},
		{mergedWithPrevious, "the-final--countdown", []string{"the-", "final-", "-", "countdown"}, []string{"the", "-final", "-", "-countdown"}},
		{mergedWithNext, "the-final--countdown", []string{"the", "-final", "-", "-countdown"}, []string{"the-", "final-", "-", "countdown"}},
		{contiguous, "the-final--countdown", []string{"the", "-", "final", "--", "countdown"}, []string{"the", "-", "final", "--", "countdown"}},
		{removed, "---", nil, []string{"-", "-", "-"}},
		{removed, "abc", []string{"abc"}, nil},
	}
	for _, tt := range tests {
		for _, finder := range []finder{literal("-"), characters(func(r rune) bool { return r == '-' })} {
			if got := pieces(splitter{finder: finder, how: tt.how}, tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("behavior %d of %q: %q, want %q", tt.how, tt.text, got, tt.want)
			}
			if got := pieces(splitter{finder: finder, how: tt.how, invert: true}, tt.text); !slices.Equal(got, tt.inverse) {
				t.Errorf("behavior %d of %q, inverted: %q, want %q", tt.how, tt.text, got, tt.inverse)
			}
		}
	}
}

// checkCover: pieces are not empty, and all of the text in order; where delimiters are
// removed, a part of it.
func checkCover(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, s splitter, text string) {
	t.Helper()
	all, rest := pieces(s, text), text
	for _, piece := range all {
		_, behind, found := strings.Cut(rest, piece)
		if piece == "" || !found {
			t.Fatalf("behavior %d of %q: %q", s.how, text, all)
		}
		rest = behind
	}
	if whole := strings.Join(all, ""); s.how != removed && whole != text {
		t.Fatalf("behavior %d of %q: %q", s.how, text, all)
	}
}

func TestPiecesCoverText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := genText().Draw(t, "text")
		for _, f := range []finder{literal("the"), characters(unicode.IsLetter), characters(unicode.IsSpace), wordsOrNone{}} {
			for _, how := range behaviors {
				checkCover(t, splitter{finder: f, how: how}, text)
				checkCover(t, splitter{finder: f, how: how, invert: true}, text)
			}
		}
		if all := strings.Join(pieces(bertWords{}, text), ""); all != strings.Join(strings.Fields(text), "") {
			t.Fatalf("words of %q: %q", text, all)
		}
	})
}

func TestFixedLength(t *testing.T) {
	if got := pieces(fixedLength{characters: 2}, "aéi\U0001f6a4o"); !slices.Equal(got, []string{"aé", "i\U0001f6a4", "o"}) {
		t.Errorf("%q", got)
	}
}
