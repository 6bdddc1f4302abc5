package tokenizer

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// bpeSettings are the settings of BPE in a file.
type bpeSettings struct {
	merges       []merge // the first ranks first
	mergeAt      func(line int) string
	unknown      *string // stands for symbols that the vocabulary lacks; nil: they are dropped
	fuse         bool    // neighbouring unknown symbols become one
	byteFallback bool    // a symbol without an id is a token for each of its bytes, "<0x0A>"
	wholeWords   bool    // a word that is a token is left as it is (ignore_merges)
	prefix       string  // of symbols that do not begin a word
	suffix       string  // of the symbol that ends a word
}

// merge joins two neighbouring tokens; line is where the file has it.
type merge struct {
	left, right string
	line        int
}

func (s *bpeSettings) readsBytes() bool { return true }

// build makes the merge table. Both sides of a merge and its result must be tokens.
// Source: BpeBuilder.build in the library's models/bpe/model.rs.
func (s *bpeSettings) build(d *definition, byteLevel bool) (model, error) {
	b := &bpe{unknown: none, fuse: s.fuse, merges: make(map[uint64]merged, len(s.merges)), cache: newCache()}
	all := s.enterBytes(b, d.vocab, byteLevel)
	if !byteLevel || s.prefix != "" || s.suffix != "" || s.byteFallback && !all {
		b.spelt = s.spelling(d.vocab, byteLevel)
	}
	if s.unknown != nil && (!all || b.spelt != nil) {
		var err error
		if b.unknown, err = d.unknownToken(*s.unknown); err != nil {
			return nil, err
		}
	}
	if s.wholeWords {
		b.tokens = d.vocab
		if byteLevel {
			b.tokens = asBytes(d.vocab)
		}
	}
	return b, s.enterMerges(b, d)
}

// enterBytes fills the table of single bytes, or of ASCII where symbols are characters, and
// says whether it has all that it can have.
func (s *bpeSettings) enterBytes(b *bpe, vocab map[string]int32, byteLevel bool) (all bool) {
	all = true
	for i := range b.bytes {
		b.bytes[i] = none
		symbol := string(byteRune(byte(i)))
		if !byteLevel {
			symbol = string(rune(i))
		}
		if id, ok := vocab[symbol]; ok && (byteLevel || i < utf8.RuneSelf) {
			b.bytes[i] = id
		} else {
			all = false
		}
	}
	return all
}

// enterMerges fills the merge table. The right side has the prefix once more, which the
// result has not.
func (s *bpeSettings) enterMerges(b *bpe, d *definition) error {
	for rank, m := range s.merges {
		rest, prefixed := strings.CutPrefix(m.right, s.prefix)
		if !prefixed {
			return fault.Invalidf("%s: the merge's right side %s lacks the prefix %s: get the file anew", s.mergeAt(m.line), printable(m.right), printable(s.prefix))
		}
		left, okLeft := d.vocab[m.left]
		right, okRight := d.vocab[m.right]
		id, ok := d.vocab[m.left+rest]
		if !ok || !okLeft || !okRight {
			missing := cmp.Or(missing(okLeft, m.left), missing(okRight, m.right), missing(ok, m.left+rest))
			return fault.Invalidf("%s: the merge needs %s, which the vocabulary lacks: get both files from the same model",
				s.mergeAt(m.line), printable(missing))
		}
		if first, twice := b.merges[pairOf(left, right)]; twice {
			return fault.Invalidf("%s: the merge repeats %s: remove one of them", s.mergeAt(m.line), s.mergeAt(s.merges[first.rank].line))
		}
		b.merges[pairOf(left, right)] = merged{uint32(rank), id}
	}
	return nil
}

// missing is content unless it was found.
func missing(found bool, content string) string {
	if found {
		return ""
	}
	return content
}

// asBytes is the vocabulary with tokens as the bytes that their characters stand for; other
// tokens no text can be.
func asBytes(vocab map[string]int32) map[string]int32 {
	bytes := make(map[rune]byte, 256)
	for i := range 256 {
		bytes[byteRune(byte(i))] = byte(i)
	}
	out := make(map[string]int32, len(vocab))
next:
	for token, id := range vocab {
		text := make([]byte, 0, len(token))
		for _, r := range token {
			b, ok := bytes[r]
			if !ok {
				continue next
			}
			text = append(text, b)
		}
		out[string(text)] = id
	}
	return out
}
