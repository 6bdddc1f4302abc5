package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// metaspace is a pre-tokenizer that writes blanks as a visible character and cuts before
// each. Source: pre_tokenizers/metaspace.rs of the library.
type metaspace struct {
	splitter
	space  string // one character, "▁"
	prefix prefixScheme
	cut    bool
}

// prefixScheme says which texts get a space in front if they have none.
type prefixScheme uint8

const (
	always prefixScheme = iota
	first               // where the input begins
	never
)

var prefixSchemes = map[string]prefixScheme{"always": always, "first": first, "never": never}

// usualSpace is SentencePiece's, U+2581.
const usualSpace = "▁"

func newMetaspace(space string, prefix prefixScheme, cut bool) metaspace {
	return metaspace{splitter: splitter{finder: literal(space), how: mergedWithNext}, space: space, prefix: prefix, cut: cut}
}

func (m metaspace) prepare(text string, begins bool) string {
	text = strings.ReplaceAll(text, " ", m.space)
	if (m.prefix == always || m.prefix == first && begins) && !strings.HasPrefix(text, m.space) {
		return m.space + text
	}
	return text
}

func (m metaspace) next(text string) (start, stop, rest int) {
	if !m.cut {
		return m.whole.next(text)
	}
	return m.splitter.next(text)
}

type metaspaceFile struct {
	Type        string  `json:"type"`
	Replacement *string `json:"replacement"`
	PrefixSpace *bool   `json:"add_prefix_space"` // older than prepend_scheme
	Prefix      *string `json:"prepend_scheme"`   // "always" if absent
	Split       *bool   `json:"split"`            // true if absent
	Rep         *string `json:"str_rep"`          // of no effect
}

// readMetaspace reads the forms of all releases. As in the library, add_prefix_space false
// contradicts every prepend_scheme but "never", and its default too.
func readMetaspace(e entry) (m metaspace, err error) {
	var f metaspaceFile
	if err := e.decode(&f); err != nil {
		return m, err
	}
	if f.Replacement == nil || utf8.RuneCountInString(*f.Replacement) != 1 {
		return m, fault.Invalidf("%s: %s.replacement is not one character: get the file anew", e.file, e.name())
	}
	prefix, known := always, true
	if f.Prefix != nil {
		prefix, known = prefixSchemes[*f.Prefix]
	}
	if !known {
		return m, fault.Invalidf("%s: %s.prepend_scheme %s is not \"always\", \"first\" or \"never\": get the file anew", e.file, e.name(), printable(*f.Prefix))
	}
	if f.PrefixSpace != nil && !*f.PrefixSpace && prefix != never {
		return m, fault.Invalidf("%s: %s.add_prefix_space false contradicts prepend_scheme, which is \"always\" if it is absent: set that to \"never\"", e.file, e.name())
	}
	return newMetaspace(*f.Replacement, prefix, f.Split == nil || *f.Split), nil
}

// spacedWords does what WhitespaceSplit and then metaspace with always and cut do, as one
// step: every word, which white space ends, gets a space in front if it has none, and is
// cut before each further space.
type spacedWords struct{ metaspace }

func (w spacedWords) prepare(text string, _ bool) string {
	var s strings.Builder
	s.Grow(len(text) + len(w.space)*(1+strings.Count(text, " ")))
	for word := range strings.FieldsSeq(text) {
		if !strings.HasPrefix(word, w.space) {
			s.WriteString(w.space)
		}
		s.WriteString(word)
	}
	return s.String()
}

// whitespaceSplit is a pre-tokenizer that cuts at white space, which goes.
type whitespaceSplit struct{ splitter }

func newWhitespaceSplit() whitespaceSplit {
	return whitespaceSplit{splitter{finder: characters(unicode.IsSpace)}}
}

// fused is the list with WhitespaceSplit and metaspace as one step where that is the same.
func (list preTokenizers) fused() preTokenizers {
	if len(list) != 2 {
		return list
	}
	_, words := list[0].(whitespaceSplit)
	m, spaces := list[1].(metaspace)
	if words && spaces && m.cut && m.prefix == always {
		return preTokenizers{spacedWords{m}}
	}
	return list
}

// checkFirst refuses a prefix for what begins the input where steps before it may move what
// the library takes for the beginning.
func (d *definition) checkFirst() error {
	moved := slices.ContainsFunc(d.added, func(a addedToken) bool { return a.Normalized })
	for i, p := range d.cuts {
		if m, ok := p.(metaspace); ok && m.prefix == first && len(d.normalizers) > 0 && (i > 0 || moved) {
			return fault.Invalidf("%s: pre_tokenizer: prepend_scheme \"first\" is not supported behind another pre-tokenizer or added tokens that are normalized, unless normalizer is null: use \"always\" or \"never\"",
				d.file)
		}
	}
	return nil
}
