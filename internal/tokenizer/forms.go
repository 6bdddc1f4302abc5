package tokenizer

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// form is a normalization form of Unicode: NFD, with composed NFC, with compatible NFKD and
// with both NFKC. The library's tables are of Unicode 9, so characters that came later stay
// as they are and where they are (young). The forms of package norm are not used for whole
// texts, as they part a run of more than 30 marks.
// Source: Unicode Standard Annex #15; the crate unicode-normalization-alignments 0.1.12.
type form struct{ composed, compatible bool }

// mark is a character with its combining class.
type mark struct {
	r     rune
	class uint8
}

func (f form) apply(text string) string {
	if isASCII(text) {
		return text
	}
	list := f.decompose(text)
	if f.composed {
		list = compose(list)
	}
	out := make([]byte, 0, len(text)+len(text)/2)
	for _, m := range list {
		out = utf8.AppendRune(out, m.r)
	}
	return string(out)
}

// isASCII says whether text is ASCII, which no form changes.
func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decompose parts characters and puts marks in their order.
func (f form) decompose(text string) []mark {
	tables := norm.NFD
	if f.compatible {
		tables = norm.NFKD
	}
	list := make([]mark, 0, len(text))
	sorted := 0 // up to here the order is final
	add := func(r rune, class uint8) {
		if class == 0 {
			sortMarks(list[sorted:])
			sorted = len(list) + 1
		}
		list = append(list, mark{r, class})
	}
	for at, r := range text {
		switch {
		case r < utf8.RuneSelf || unicode.Is(young, r):
			add(r, 0)
		case isHangul(r):
			for _, jamo := range hangulParts(r) {
				add(jamo, 0)
			}
		default:
			p := tables.PropertiesString(text[at:])
			parts := p.Decomposition()
			if parts == nil {
				add(r, p.CCC())
			}
			for len(parts) > 0 {
				r, n := utf8.DecodeRune(parts)
				add(r, norm.NFD.Properties(parts).CCC())
				parts = parts[n:]
			}
		}
	}
	sortMarks(list[sorted:])
	return list
}

func sortMarks(list []mark) {
	slices.SortStableFunc(list, func(a, b mark) int { return int(a.class) - int(b.class) })
}

// compose joins characters and marks in place: each with the last character of class 0
// before it, unless one between the two has its class or a higher one.
func compose(list []mark) []mark {
	out := list[:0]
	starter := -1
	for _, m := range list {
		last := len(out) - 1
		if starter >= 0 && (starter == last || out[last].class < m.class) {
			if r, ok := composition(out[starter].r, m.r); ok {
				out[starter].r = r
				continue
			}
		}
		if m.class == 0 {
			starter = len(out)
		}
		out = append(out, m)
	}
	return out
}

// composition is the character that two others are together.
func composition(a, b rune) (rune, bool) {
	if b < utf8.RuneSelf || unicode.Is(young, b) {
		return 0, false
	}
	if r, ok := hangulOf(a, b); ok {
		return r, true
	}
	both := norm.NFC.String(string([]rune{a, b}))
	r, n := utf8.DecodeRuneInString(both)
	return r, n == len(both) && !unicode.Is(young, r)
}

// The syllables of Hangul are computed. Source: The Unicode Standard, section 3.12.
const (
	hangulBase, hangulCount = 0xac00, leadCount * vowelCount * tailCount
	leadBase, leadCount     = 0x1100, 19
	vowelBase, vowelCount   = 0x1161, 21
	tailBase, tailCount     = 0x11a7, 28 // the first one is none
)

func isHangul(r rune) bool { return hangulBase <= r && r < hangulBase+hangulCount }

// hangulParts are the two or three letters of a syllable.
func hangulParts(r rune) []rune {
	i := r - hangulBase
	parts := []rune{leadBase + i/(vowelCount*tailCount), vowelBase + i%(vowelCount*tailCount)/tailCount}
	if tail := i % tailCount; tail > 0 {
		parts = append(parts, tailBase+tail)
	}
	return parts
}

// hangulOf joins two letters, or a syllable of two letters and a third.
func hangulOf(a, b rune) (rune, bool) {
	lead, vowel, tail := a-leadBase, b-vowelBase, b-tailBase
	switch {
	case 0 <= lead && lead < leadCount && 0 <= vowel && vowel < vowelCount:
		return hangulBase + (lead*vowelCount+vowel)*tailCount, true
	case isHangul(a) && (a-hangulBase)%tailCount == 0 && 0 < tail && tail < tailCount:
		return a + tail, true
	}
	return 0, false
}
