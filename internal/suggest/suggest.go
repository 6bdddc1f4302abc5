// Package suggest finds the name that somebody meant: of a command, a flag, a setting's value or a column. It knows
// names alone, so every package may use it.
package suggest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is the number of letters up to which names are compared; what is longer is no typing mistake of a name, and
// comparing takes time in proportion to both lengths.
const longest = 64

// Closest is the name among known that given is most likely a mistyped form of; ok is false where none is near. A known name is no mistake. Case, blanks,
// marks that cannot be seen, and what stands between words do not count. Otherwise a name may differ in one
// letter of three, a letter too many, too few, another one, or two neighbours exchanged; or one of the two begins the other, with
// three letters at least, and that of no other name. Of names that are equally near the first is taken.
func Closest(given string, known []string) (name string, ok bool) {
	g := folded(given)
	if len(g) == 0 || len(g) > longest || slices.Contains(known, given) {
		return "", false
	}
	best, begun, begins := longest, 0, ""
	for _, k := range known {
		f := folded(k)
		if len(f) == 0 || len(f) > longest {
			continue
		}
		if d := distance(g, f); d < best && d <= max(len(g), len(f))/3 {
			best, name, ok = d, k, true
		}
		if min(len(g), len(f)) >= 3 && (strings.HasPrefix(string(f), string(g)) || strings.HasPrefix(string(g), string(f))) {
			begun, begins = begun+1, k
		}
	}
	if !ok && begun == 1 {
		return begins, true
	}
	return name, ok
}

// Hint is the end of a message on a name that is not known: ` (did you mean "sst2"?)`, or "" where none is near. The name is
// quoted, so that what cannot be seen of it is shown.
func Hint(given string, known []string) string {
	if name, ok := Closest(given, known); ok {
		return fmt.Sprintf(" (did you mean %q?)", name)
	}
	return ""
}

// Quoted lists names in quotes, with commas between and marks that cannot be seen as escapes: `"text", "label\u00a0"`.
func Quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ")
}

// folded is a name without what people do not see or mix up.
func folded(name string) []rune {
	f := make([]rune, 0, min(len(name), longest+1))
	for _, r := range name {
		switch {
		case r == '_', r == '-', unicode.IsSpace(r), r == utf8.RuneError, !unicode.IsGraphic(r):
			continue
		}
		if f = append(f, unicode.ToLower(r)); len(f) > longest {
			break
		}
	}
	return f
}

// distance is the number of letters to insert, delete, replace or exchange with their neighbour that make b of a: the
// optimal string alignment distance, by three rows of its table.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
