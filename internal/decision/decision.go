// Package decision records what the files of a model folder settle, and why: which tokenizer
// they describe, the order of the labels, the activation. The packages that read a folder add
// to a Log; dylora inspect prints it.
package decision

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Decision is one question that the files of a model folder settle.
type Decision struct {
	About  string `json:"about"`  // what is decided: "tokenizer", "lower case", "activation", "labels"
	Value  string `json:"value"`  // what it is
	Source string `json:"source"` // the file and the key that say so, such as "config.json: model_type"
	Reason string `json:"reason"` // why that decides
}

// Log collects decisions in the order in which they are made. A nil *Log takes nothing, so
// that readers need not ask whether anybody listens. It is not for several goroutines at once.
type Log struct{ list []Decision }

// Add appends a decision. What comes out of a file may hold anything: characters that cannot
// be printed are escaped, and a text without end is cut.
func (l *Log) Add(about, value, source, reason string) {
	if l != nil {
		l.list = append(l.list, Decision{printable(about), printable(value), printable(source), printable(reason)})
	}
}

// longest is how many bytes of a text are kept.
const longest = 2000

// printable is text on one line, in valid UTF-8.
func printable(text string) string {
	end := ""
	if len(text) > longest {
		text, end = strings.ToValidUTF8(text[:longest], ""), "…"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		quoted := strconv.Quote(text)
		text = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	}
	return text + end
}

// All gives the decisions in the order in which they were added; the slice is a copy.
func (l *Log) All() []Decision {
	if l == nil {
		return nil
	}
	return slices.Clone(l.list)
}
