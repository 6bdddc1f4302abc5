package tokenizer

import (
	"strings"
	"unicode"
)

// The normalizers of the library beside BERT's and the forms of Unicode. Sources:
// normalizers/utils.rs, strip.rs, replace.rs, prepend.rs, unicode.rs and byte_level.rs.
type (
	lowercase    struct{}                   // each character for itself
	trim         struct{ left, right bool } // white space at the ends goes
	withoutMarks struct{}                   // combining marks go
	replacement  struct {
		old  finder
		with string
	}
	prepend      struct{ text string } // stands before what is not empty
	nmt          struct{}              // control characters go, unusual spaces become blanks
	bytesAsRunes struct{}              // each byte becomes its character (byteRune)
)

func (lowercase) apply(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	return lower(text)
}

func (t trim) apply(text string) string {
	if t.left {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	if t.right {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return text
}

func (withoutMarks) apply(text string) string {
	if isASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if isCombining(r) {
			return -1
		}
		return r
	}, text)
}

func (r replacement) apply(text string) string {
	start, stop := r.old.find(text)
	if start == len(text) {
		return text
	}
	var s strings.Builder
	for ; start < len(text); start, stop = r.old.find(text) {
		s.WriteString(text[:start])
		s.WriteString(r.with)
		text = text[stop:]
	}
	s.WriteString(text)
	return s.String()
}

func (p prepend) apply(text string) string {
	if text == "" {
		return ""
	}
	return p.text + text
}

func (nmt) apply(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 0x01 <= r && r <= 0x08, r == 0x0b, 0x0e <= r && r <= 0x1f, r == 0x7f, r == 0x8f, r == 0x9f:
			return -1
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, 0x200b <= r && r <= 0x200f,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xfeff, r == 0xfffd:
			return ' '
		}
		return r
	}, text)
}

func (bytesAsRunes) apply(text string) string { return byteText(text) }
