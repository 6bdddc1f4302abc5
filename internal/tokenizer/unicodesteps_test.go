package tokenizer

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"testing"
	"unicode"
	"unicode/utf8"
)

// points writes text as its code points in hexadecimal.
func points(text string) string { return string(appendPoints(nil, text)) }

func appendPoints(out []byte, text string) []byte {
	for i, r := range text {
		if i > 0 {
			out = append(out, ' ')
		}
		out = strconv.AppendInt(out, int64(r), 16)
	}
	return out
}

// everyCharacter is the sum of a line "code point, tab, answer" for each character in a set.
func everyCharacter(answer func(r rune) string, in func(r rune) bool) string {
	sum := sha256.New()
	var lines []byte
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || !in(r) {
			continue
		}
		lines = append(appendPoints(lines, string(r)), '\t')
		lines = append(append(lines, answer(r)...), '\n')
		if len(lines) > 1<<16 {
			sum.Write(lines)
			lines = lines[:0]
		}
	}
	sum.Write(lines)
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// assigned leaves out the planes without characters, and those for private use.
func assigned(r rune) bool { return r < 0x32400 || 0xe0000 <= r && r < 0xe0200 }

// TestUnicodeSteps is TestUnicode for the steps that are not BERT's, and for assigned
// characters. A form is asked for the
// character alone and, which shows its combining class, between two marks; a cut for the
// number or the lengths of pieces.
func TestUnicodeSteps(t *testing.T) {
	twice := func(f form) func(r rune) string {
		return func(r rune) string {
			return points(f.apply(string(r))) + "," + points(f.apply("a\u0301"+string(r)+"\u0334"))
		}
	}
	alone := func(n normalizer) func(r rune) string {
		return func(r rune) string { return points(n.apply(string(r))) }
	}
	pieces := func(p preTokenizer, before, behind string) func(r rune) []int {
		return func(r rune) (lengths []int) {
			preTokenizers{p}.encode(nil, before+string(r)+behind, true, pieceFunc(func(piece string) {
				lengths = append(lengths, utf8.RuneCountInString(piece))
			}))
			return lengths
		}
	}
	digits := pieces(splitter{finder: characters(isNumeric), how: isolated}, "a", "a")
	words := pieces(splitter{finder: wordsOrNone{}, invert: true}, "a", "-")
	for name, tt := range map[string]struct {
		answer func(r rune) string
		want   string
	}{
		"NFC":              {twice(form{composed: true}), "a75c794740e115a509c6e9af65a00a5b38be696ea9d54aef58c59312e500c2dc"},
		"NFD":              {twice(form{}), "4d2e30bb46661df80acfb32620135e3b69708615a2a465d5bf7284971cf8010e"},
		"NFKC":             {twice(form{composed: true, compatible: true}), "04088a800ad1173d2349d158adc6b88a8e82db499e9fced83d532f1ae1ff7e4c"},
		"NFKD":             {twice(form{compatible: true}), "ab391d3fc4bddd4716f9f308eab85f3dd894c7ca1ba4fe40ff14d69c7748129f"},
		"StripAccents":     {alone(withoutMarks{}), "8097b2847919a8cc05b4555ca1cf2219886d69737d98f3bcee39064a26e13dc3"},
		"Lowercase":        {alone(lowercase{}), "23d78a48dd855ef46f140725e46d786153df8cd40ef6c7ba0af0bb4d5b56947b"},
		"Nmt":              {alone(nmt{}), "f99f6d86ff19b9758b36ccd434a40dd0bf923315c7f59b694a2685dc693ac7ac"},
		"Strip":            {alone(trim{left: true, right: true}), "35fdc971acf8430532eabc3e6c5815492b16c2b41ac8c1f2790e86a5428322f3"},
		"pieces of digits": {func(r rune) string { return strconv.Itoa(len(digits(r))) }, "9dfbdc1def47d72773aaae143a0ea3bf6aa3748a0229dbf11124af9a2d6bb968"},
		"words":            {func(r rune) string { return fmt.Sprint(words(r)) }, "b6aa8e6425493aac78e86534073d8a664f808ebd2bf1c8f287b3825d8bcb5f18"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := everyCharacter(tt.answer, assigned); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// pieceFunc is a model that gives its pieces to a function.
type pieceFunc func(piece string)

func (f pieceFunc) encode(ids []int32, piece string) []int32 {
	f(piece)
	return ids
}
