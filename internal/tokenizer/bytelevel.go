package tokenizer

import "strings"

// byteLevel is GPT-2's pre-tokenizer: it cuts text into words (nextWord), whose bytes are the
// characters of the vocabulary. Source: pre_tokenizers/byte_level.rs of the library.
type byteLevel struct {
	prefixSpace bool // text is read as if it began with a blank
	uncut       bool // a text is one piece
}

func (b byteLevel) prepare(text string, _ bool) string {
	if b.prefixSpace && text[0] != ' ' {
		return " " + text
	}
	return text
}

func (b byteLevel) next(text string) (start, stop, rest int) {
	n := len(text)
	if !b.uncut {
		n = nextWord(text)
	}
	return 0, n, n
}

// byteCharacters writes each byte as the character that stands for it.
type byteCharacters struct{ whole }

func (byteCharacters) prepare(text string, _ bool) string { return byteText(text) }

// byteText writes each byte of text as its character.
func byteText(text string) string {
	var s strings.Builder
	s.Grow(2 * len(text))
	for i := range len(text) {
		s.WriteRune(byteRune(text[i]))
	}
	return s.String()
}

// byteRune is the character that stands for a byte in the vocabulary: itself where it is
// printable Latin-1, else the next free one from U+0100. Source: bytes_to_unicode of GPT-2.
func byteRune(b byte) rune {
	switch r := rune(b); {
	case b <= ' ':
		return 0x100 + r
	case 0x7f <= b && b <= 0xa0:
		return 0x100 + ' ' + 1 + r - 0x7f
	case b == 0xad: // the soft hyphen is the last one without a shape of its own
		return 0x100 + ' ' + 1 + 0xa0 - 0x7f + 1
	default:
		return r
	}
}
