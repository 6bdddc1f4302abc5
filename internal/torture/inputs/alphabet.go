package inputs

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// blockSize is a whole part of every block of Unicode.
const blockSize = 16

// blocks are the parts of Unicode that have assigned characters, by their first one. Of private use and
// of the large scripts, one part of many stands for all.
func blocks() (all []rune) {
	for first := rune(0); first <= unicode.MaxRune; first += blockSize {
		wide := first >= 0x3400 && first < 0xd7a0 || first >= 0xe000 && first < 0xf900 || first >= 0x17000
		if wide && first%(16*blockSize) != 0 {
			continue
		}
		for r := first; r < first+blockSize; r++ {
			if unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C) && !unicode.Is(unicode.Cs, r) {
				all = append(all, first)
				break
			}
		}
	}
	return all
}

// pieces are what tokenizers treat in ways of their own.
func pieces() []string {
	return []string{" ", "  ", "\n", "\t", "\r\n", "\u00a0", "\u2003", "\u3000", "\u0085", "\u200b", "\u00ad", "\ufeff", "\x00", "\x7f", "the", "a", "don't", "we'll", "'S", "ing",
		"<s>", "</s>", "<mask>", " <mask>", "<unk>", "<pad>", "[CLS]", "[SEP]", "[MASK] ", "[UNK]", "##ing", "▁", "▁the", "Ġ", "é", "e\u0301", "ÅÅ", "ﬁ", "½", "Ⅷ", "ｆｕｌｌ", "ß", "İ", "ı", "ς", "Σ",
		"한국", "각\u11a8", "日本語", "𠀀", "👩‍👩‍👧", "🇩🇪", "👍🏽", "e\u0315\u0300\u05ae", "\u0344", "1234567", "3.14", "a1b2", "...", "!?", "https://example.org/?q=1", "user@example.org", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "क्षि", "ก็", "\u202e", "\ufffd"}
}

// text is one of at most some forty characters: mostly of the block, among what has ways of its own.
func text(random *rand.Rand, block rune, pieces []string) string {
	var b strings.Builder
	for range 1 + random.IntN(24) {
		switch random.IntN(6) {
		case 0, 1, 2:
			if r := block + rune(random.IntN(blockSize)); utf8.ValidRune(r) {
				b.WriteRune(r)
			}
		case 3:
			b.WriteString(pieces[random.IntN(len(pieces))])
		case 4:
			b.WriteByte(' ')
		default:
			b.WriteByte(byte(33 + random.IntN(94)))
		}
	}
	return b.String()
}
