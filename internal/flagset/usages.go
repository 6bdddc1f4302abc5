package flagset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// helpIndent is where the help of a flag begins; a longer flag has it on the next line. It leaves room for most names, and
// for most of a line on a narrow terminal.
const helpIndent = 30

// usages lists flags with their help, wrapped to width columns. pflag's own list begins the help behind the longest flag, which
// leaves little room for it, and puts the default on a line that it does not break.
func usages(flags *pflag.FlagSet, width int) string {
	var b strings.Builder
	indent := min(helpIndent, width/3)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name, help := pflag.UnquoteUsage(f)
		head := "      --" + f.Name
		if f.Shorthand != "" {
			head = "  -" + f.Shorthand + ", --" + f.Name
		}
		if name != "" {
			head += " " + name
		}
		if d := defaultText(f); d != "" {
			help += " (default " + d + ")"
		}
		lines := wrapped(help, width-indent)
		if len([]rune(head)) > indent-2 {
			fmt.Fprintln(&b, head)
			head = ""
		}
		for _, line := range lines {
			fmt.Fprintf(&b, "%-*s%s\n", indent, head, line)
			head = ""
		}
	})
	return b.String()
}

// defaultText is the default of a flag as help shows it, "" for one that says nothing.
func defaultText(f *pflag.Flag) string {
	switch d := f.DefValue; {
	case d == "" || d == "0" || d == "false" || d == "[]":
		return ""
	case f.Value.Type() == "string":
		return fmt.Sprintf("%q", d)
	default:
		return d
	}
}

// wrapped breaks text between words into lines of at most width characters, and a longer word behind a comma; one without
// has a line of its own.
func wrapped(text string, width int) (lines []string) {
	line, n := "", 0
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		word := words[i]
		if at := strings.LastIndexByte(word[:min(width, len(word)-1)], ','); len(word) > width && at >= 0 {
			words = slices.Insert(words, i+1, word[at+1:])
			word = word[:at+1]
		}
		letters := len([]rune(word))
		if n > 0 && n+1+letters > width {
			lines, line, n = append(lines, line), "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+letters
	}
	if n > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}
