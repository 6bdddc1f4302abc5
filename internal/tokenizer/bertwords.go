package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// bertWords is BERT's pre-tokenizer: words end at white space, every punctuation character
// is a word. Source: pre_tokenizers/bert.rs of the library.
type bertWords struct{ whole }

func (bertWords) next(text string) (start, stop, rest int) {
	for at, r := range text {
		switch {
		case unicode.IsSpace(r):
			if start < at {
				return start, at, at
			}
			_, n := utf8.DecodeRuneInString(text[at:])
			start = at + n
		case isPunctuation(r):
			if start < at {
				return start, at, at
			}
			_, n := utf8.DecodeRuneInString(text[at:])
			return at, at + n, at + n
		}
	}
	return start, len(text), len(text)
}
