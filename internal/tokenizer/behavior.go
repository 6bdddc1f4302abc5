package tokenizer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// behavior says what becomes of the delimiters that a text is cut at.
// Source: SplitDelimiterBehavior in the library's tokenizer/normalizer.rs.
type behavior uint8

const (
	removed            behavior = iota
	isolated                    // a piece each
	mergedWithPrevious          // with the text before, if there is some
	mergedWithNext              // with the text behind, if there is some
	contiguous                  // one piece of all in a row
)

// behaviors are their names in files.
var behaviors = map[string]behavior{
	"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious, "MergedWithNext": mergedWithNext, "Contiguous": contiguous,
}

// splitter is a pre-tokenizer that cuts at delimiters.
type splitter struct {
	whole
	finder finder
	invert bool // what is between two delimiters is one, and the delimiters are text
	how    behavior
}

// finder finds delimiters. What is before or behind the text does not matter to it.
type finder interface {
	// find returns the first delimiter, text[start:stop], which is not empty; without one
	// start is the length of text.
	find(text string) (start, stop int)
}

func (s splitter) next(text string) (start, stop, rest int) {
	n, delimiter := s.segment(text)
	if s.how == removed && delimiter {
		return 0, 0, n
	}
	for s.how >= mergedWithPrevious && n < len(text) {
		more, too := s.segment(text[n:])
		switch {
		case s.how == contiguous && too == delimiter:
			n += more
			continue
		case s.how == mergedWithPrevious && !delimiter && too, s.how == mergedWithNext && delimiter && !too:
			n += more
		}
		break
	}
	return 0, n, n
}

// segment is the length of the first delimiter, or of what is before it.
func (s splitter) segment(text string) (n int, delimiter bool) {
	start, stop := s.finder.find(text)
	if start > 0 {
		return start, s.invert
	}
	return stop, !s.invert
}

// The finders.
type (
	characters  func(r rune) bool // a delimiter is one such character
	literal     string            // or this text, which is not empty
	expression  struct{ *regexp.Regexp }
	wordsOrNone struct{} // a run of word characters, or of others that are not white space
)

func (is characters) find(text string) (start, stop int) {
	for at, r := range text {
		if is(r) {
			_, n := utf8.DecodeRuneInString(text[at:])
			return at, at + n
		}
	}
	return len(text), len(text)
}

func (l literal) find(text string) (start, stop int) {
	at := strings.Index(text, string(l))
	if at < 0 {
		return len(text), len(text)
	}
	return at, at + len(l)
}

func (e expression) find(text string) (start, stop int) {
	at := e.FindStringIndex(text)
	if at == nil {
		return len(text), len(text)
	}
	return at[0], at[1]
}

func (wordsOrNone) find(text string) (start, stop int) {
	start = strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) })
	if start < 0 {
		return len(text), len(text)
	}
	first, _ := utf8.DecodeRuneInString(text[start:])
	word := inWord(first)
	n := strings.IndexFunc(text[start:], func(r rune) bool { return inWord(r) != word || !word && unicode.IsSpace(r) })
	if n < 0 {
		return start, len(text)
	}
	return start, start + n
}

// fixedLength cuts a text every so many characters.
// Source: pre_tokenizers/fixed_length.rs of the library.
type fixedLength struct {
	whole
	characters int
}

func (f fixedLength) next(text string) (start, stop, rest int) {
	n := 0
	for range f.characters {
		if n == len(text) {
			break
		}
		_, size := utf8.DecodeRuneInString(text[n:])
		n += size
	}
	return 0, n, n
}
