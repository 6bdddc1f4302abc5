package tokenizer

// words encodes text without added tokens: word by word, each by BPE.
type words struct {
	bpe         bpe
	cache       cache
	prefixSpace bool // text is read as if it began with a blank
}

// encode appends the ids of text.
func (w *words) encode(ids []int32, text string) []int32 {
	if w.prefixSpace && text != "" && text[0] != ' ' {
		text = " " + text
	}
	for text != "" {
		n := nextWord(text)
		ids = w.word(ids, text[:n])
		text = text[n:]
	}
	return ids
}

// word appends the ids of one word.
func (w *words) word(ids []int32, word string) []int32 {
	if known, ok := w.cache.get(word); ok {
		return append(ids, known...)
	}
	before := len(ids)
	ids = w.bpe.encode(ids, word)
	w.cache.put(word, ids[before:])
	return ids
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
