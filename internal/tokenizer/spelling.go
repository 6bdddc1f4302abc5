package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// spelling finds the symbols of words where a table of bytes does not tell them: in
// characters that are not ASCII, with a prefix or a suffix, or in the bytes of what is
// unknown. Source: BPE.merge_word in the library's models/bpe/model.rs.
type spelling struct {
	vocab     map[string]int32
	byteLevel bool
	prefix    string      // of symbols that do not begin a word
	suffix    string      // of the symbol that ends one
	fallback  *[256]int32 // the token of each byte, or none; nil: without
}

// spelling makes the tables for such symbols.
func (s *bpeSettings) spelling(vocab map[string]int32, byteLevel bool) *spelling {
	p := &spelling{vocab: vocab, byteLevel: byteLevel, prefix: s.prefix, suffix: s.suffix}
	if s.byteFallback {
		p.fallback = new([256]int32)
		for i := range p.fallback {
			p.fallback[i] = none
			if id, ok := vocab[fmt.Sprintf("<0x%02X>", i)]; ok {
				p.fallback[i] = id
			}
		}
	}
	return p
}

// symbols returns the list of word's symbols. As in the library, an unknown token takes its
// place when the next known symbol comes, so bytes of the fallback pass it.
func (p *spelling) symbols(b *bpe, word string) []symbol {
	list := make(symbolList, 0, len(word))
	waiting := false // an unknown token
	for at := 0; at < len(word); {
		id, text, n := p.symbol(b, word, at)
		at += n
		switch {
		case id != none:
			if waiting {
				list.add(b.unknown)
				waiting = false
			}
			list.add(id)
		case p.fallback != nil && p.inBytes(&list, text):
		case b.unknown != none:
			if waiting && !b.fuse {
				list.add(b.unknown)
			}
			waiting = true
		}
	}
	if waiting {
		list.add(b.unknown)
	}
	return list.linked()
}

// symbol returns the symbol of word at a position: its id or none, what is looked up, which is
// needed only without an id, and its length in word.
func (p *spelling) symbol(b *bpe, word string, at int) (id int32, text string, n int) {
	n = 1
	if !p.byteLevel && word[at] >= utf8.RuneSelf {
		_, n = utf8.DecodeRuneInString(word[at:])
	}
	affix := p.prefix != "" && at > 0 || p.suffix != "" && at+n == len(word)
	if !affix && n == 1 && (p.byteLevel || word[at] < utf8.RuneSelf) {
		if id = b.bytes[word[at]]; id != none {
			return id, "", n
		}
	}
	text = word[at : at+n]
	if p.byteLevel {
		text = byteText(text)
	}
	if at > 0 {
		text = p.prefix + text
	}
	if at+n == len(word) {
		text += p.suffix
	}
	if id, ok := p.vocab[text]; ok {
		return id, text, n
	}
	return none, text, n
}

// inBytes adds a token for each byte of text, if all have one.
func (p *spelling) inBytes(list *symbolList, text string) bool {
	for i := range len(text) {
		if p.fallback[text[i]] == none {
			return false
		}
	}
	for i := range len(text) {
		list.add(p.fallback[text[i]])
	}
	return true
}
