package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// bertWords is BERT's pre-tokenizer: words end at white space, every punctuation character
// is a word. Source: pre_tokenizers/bert.rs of the library.
type bertWords struct{ whole }

func (bertWords) next(text string) (start, stop, rest int) {
	for at := 0; at < len(text); {
		kind, n := kindInWords(text, at)
		switch {
		case kind == inside:
			at += n
			continue
		case start < at:
			return start, at, at
		case kind == between:
			start, at = at+n, at+n
			continue
		}
		return at, at + n, at + n
	}
	return start, len(text), len(text)
}

// wordKind is the role of a character in bertWords.
type wordKind uint8

const (
	inside  wordKind = iota // a word
	between                 // two words
	alone                   // a word of its own
)

// kindInWords is the kind of the character at a position of text, and its length.
func kindInWords(text string, at int) (kind wordKind, n int) {
	if c := text[at]; c < utf8.RuneSelf {
		return asciiInWords[c], 1
	}
	r, n := utf8.DecodeRuneInString(text[at:])
	return runeInWords(r), n
}

func runeInWords(r rune) wordKind {
	switch {
	case unicode.IsSpace(r):
		return between
	case isPunctuation(r):
		return alone
	}
	return inside
}

// asciiInWords are the kinds of ASCII's characters.
var asciiInWords = func() (kinds [utf8.RuneSelf]wordKind) {
	for c := range kinds {
		kinds[c] = runeInWords(rune(c))
	}
	return kinds
}()
