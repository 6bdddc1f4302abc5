package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// bertNormal is BERT's normalisation of text, with its switches: control characters go and
// white space becomes blanks, Chinese characters stand alone, accents go, case goes.
// Source: normalizers/bert.rs of the library.
type bertNormal struct{ clean, chinese, strip, lower bool }

// apply normalises text.
func (n bertNormal) apply(text string) string {
	if printableASCII(text) { // most texts: nothing but case can change
		if n.lower {
			return strings.ToLower(text)
		}
		return text
	}
	if n.clean || n.chinese {
		text = n.spaced(text)
	}
	if n.strip {
		text = strings.Map(func(r rune) rune {
			if isMark(r) {
				return -1
			}
			return r
		}, form{}.apply(text))
	}
	if n.lower {
		text = lower(text)
	}
	return text
}

// printableASCII says whether text is printable ASCII.
func printableASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// spaced cleans text and sets Chinese characters apart. Bytes that are not UTF-8 are the
// replacement character, which cleaning removes.
func (n bertNormal) spaced(text string) string {
	var s strings.Builder
	s.Grow(len(text) + 16)
	for _, r := range text {
		switch {
		case n.clean && (r == 0 || r == utf8.RuneError || isControl(r)):
		case n.clean && unicode.IsSpace(r):
			s.WriteByte(' ')
		case n.chinese && isChinese(r):
			s.WriteByte(' ')
			s.WriteRune(r)
			s.WriteByte(' ')
		default:
			s.WriteRune(r)
		}
	}
	return s.String()
}

// lower is the lower case of every character for itself: no final sigma.
func lower(text string) string {
	var s strings.Builder
	s.Grow(len(text))
	for _, r := range text {
		if r == 'İ' {
			s.WriteString("i\u0307")
			continue
		}
		if r > unicode.MaxASCII {
			r = newCase.ToLower(r)
		} else if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		s.WriteRune(r)
	}
	return s.String()
}

// isControl is category "other" but for what is white space to BERT, and unassigned code
// points, which are kept.
func isControl(r rune) bool {
	if r == '\t' || r == '\n' || r == '\r' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) && !unicode.Is(newFormats, r)
}

// isMark is category Mn.
func isMark(r rune) bool {
	return unicode.Is(unicode.Mn, r) && !unicode.Is(newMarks, r) || r == 0x1734
}

// isPunctuation is category P and the symbols of ASCII.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return unicode.IsPunct(r) || unicode.IsSymbol(r)
	}
	return unicode.Is(unicode.P, r) && !unicode.Is(newPunctuation, r) || r == 0x166d || r == 0x111c9
}

// isChinese is the library's list of blocks, one of which begins 256 characters late.
func isChinese(r rune) bool { return unicode.Is(chinese, r) }

var chinese = &unicode.RangeTable{
	R16: []unicode.Range16{{0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1}, {0xf900, 0xfaff, 1}},
	R32: []unicode.Range32{
		{0x20000, 0x2a6df, 1}, {0x2a700, 0x2b73f, 1}, {0x2b740, 0x2b81f, 1}, {0x2b920, 0x2ceaf, 1}, {0x2f800, 0x2fa1f, 1},
	},
}
