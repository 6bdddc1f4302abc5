package terminal

import (
	"runtime"
	"strings"
)

// UTF8 says whether the user's locale writes text in UTF-8: by LC_ALL, else LC_CTYPE, else LANG, the first that is not empty. Where
// none is set, as in many containers, UTF-8 is assumed, and so it is on Windows, whose console takes it whatever these say.
func UTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8") || runtime.GOOS == "windows"
		}
	}
	return true
}

// plainLetters are what stands in ASCII for the signs that messages, tables and charts are made with. What a file's texts and
// names are written with is not touched otherwise.
var plainLetters = strings.NewReplacer(
	"─", "-", "│", "|", "┤", "|", "┼", "+", "├", "|", "└", "`", "╰", "`", "╭", ",", "╮", ".", "╯", "'", "┌", ",", "┐", ".", "┘", "'", "┬", "+", "┴", "+",
	"●", "*", "•", "*", "█", "#", "…", "...", "–", "-", "—", "-", "−", "-", "×", "x", "±", "+-", "·", "*", "√", "sqrt ", "‖", "||", "Δ", "d", "²", "^2", "≤", "<=", "≥", ">=", "→", "->", "µ", "u",
)

// ASCII is text without the signs that a locale other than UTF-8 cannot show.
func ASCII(text string) string { return plainLetters.Replace(text) }
