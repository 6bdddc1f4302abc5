package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// class is what GPT-2's pattern tells characters apart by.
type class uint8

const (
	other  class = iota // [^\s\p{L}\p{N}]
	letter              // \p{L}
	number              // \p{N}
	space               // \s
)

// nextWord returns the length in bytes of the first word of s, which must not be empty.
// Words are the matches of GPT-2's pattern, the first alternative that fits:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// They cover s without gaps. The last two alternatives mean that a run of white space
// before a word leaves its last character to that word, if it is a blank, or else alone.
func nextWord(s string) int {
	if n := contraction(s); n > 0 {
		return n
	}
	blank := 0
	if s[0] == ' ' && len(s) > 1 {
		blank = 1
	}
	if c, _ := classify(s[blank:]); c != space {
		return blank + run(s[blank:], c)
	}
	n := run(s, space)
	if n == len(s) {
		return n
	}
	if _, last := utf8.DecodeLastRuneInString(s[:n]); last < n {
		return n - last
	}
	return n
}

// contraction returns the length of the English suffix that s begins with, or 0.
func contraction(s string) int {
	if s[0] != '\'' {
		return 0
	}
	for _, suffix := range [...]string{"s", "t", "re", "ve", "m", "ll", "d"} {
		if strings.HasPrefix(s[1:], suffix) {
			return 1 + len(suffix)
		}
	}
	return 0
}

// run returns how many bytes at the start of s are characters of class c.
func run(s string, c class) int {
	n := 0
	for n < len(s) {
		is, size := classify(s[n:])
		if is != c {
			break
		}
		n += size
	}
	return n
}

// classify returns the class and the size of the first character of s. A byte that is not
// UTF-8 is a character of class other.
func classify(s string) (class, int) {
	if b := s[0]; b < utf8.RuneSelf {
		switch {
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			return letter, 1
		case '0' <= b && b <= '9':
			return number, 1
		case b == ' ' || '\t' <= b && b <= '\r':
			return space, 1
		}
		return other, 1
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case isLetter(r):
		return letter, size
	case isNumber(r):
		return number, size
	case unicode.IsSpace(r):
		return space, size
	}
	return other, size
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.Is(newLetters, r) }
func isNumber(r rune) bool { return unicode.IsNumber(r) || unicode.Is(newNumbers, r) }

// The Rust library's tables are of Unicode 16, Go's of 15. These are the letters and the
// numbers (decimal digits all) that came between; with newer tables in Go they change nothing.
var (
	newLetters = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x1c89, 0x1c8a, 1}, {0xa7cb, 0xa7cd, 1}, {0xa7da, 0xa7dc, 1},
		},
		R32: []unicode.Range32{
			{0x105c0, 0x105f3, 1}, {0x10d4a, 0x10d65, 1}, {0x10d6f, 0x10d85, 1}, {0x10ec2, 0x10ec4, 1},
			{0x11380, 0x11389, 1}, {0x1138b, 0x1138b, 1}, {0x1138e, 0x1138e, 1}, {0x11390, 0x113b5, 1},
			{0x113b7, 0x113b7, 1}, {0x113d1, 0x113d1, 1}, {0x113d3, 0x113d3, 1}, {0x11bc0, 0x11be0, 1},
			{0x13460, 0x143fa, 1}, {0x16100, 0x1611d, 1}, {0x16d40, 0x16d6c, 1}, {0x18cff, 0x18cff, 1},
			{0x1e5d0, 0x1e5ed, 1}, {0x1e5f0, 0x1e5f0, 1}, {0x2ebf0, 0x2ee5d, 1},
		},
	}
	newNumbers = &unicode.RangeTable{
		R32: []unicode.Range32{
			{0x10d40, 0x10d49, 1}, {0x116d0, 0x116e3, 1}, {0x11bf0, 0x11bf9, 1}, {0x16130, 0x16139, 1},
			{0x16d70, 0x16d79, 1}, {0x1ccf0, 0x1ccf9, 1}, {0x1e5f1, 0x1e5fa, 1},
		},
	}
)
