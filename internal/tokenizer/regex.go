package tokenizer

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

const longestRegex = 1000 // bytes

// patternFile has one of its keys.
type patternFile struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

// finder makes the finder of a pattern under the key e.
func (p patternFile) finder(e entry) (finder, error) {
	switch {
	case (p.String == nil) == (p.Regex == nil):
		return nil, e.missing("pattern.String or pattern.Regex")
	case p.String != nil && *p.String == "":
		return nil, fault.Invalidf("%s: %s.pattern.String is empty: remove the step", e.file, e.name())
	case p.String != nil:
		return literal(*p.String), nil
	}
	r, why := translate(*p.Regex)
	if why != "" {
		return nil, fault.Invalidf("%s: %s.pattern.Regex %s is not supported, because it has %s: write it otherwise", e.file, e.name(), printable(*p.Regex), why)
	}
	return expression{r}, nil
}

// translate compiles a regular expression of Oniguruma, which the library uses, if Go's
// find the same with it, or says what they might differ in. Both take the leftmost match
// and the first alternative; Go's lack what looks around, and know other characters.
func translate(text string) (r *regexp.Regexp, why string) {
	if len(text) > longestRegex {
		return nil, fmt.Sprintf("more than %d bytes", longestRegex)
	}
	t := translation{rest: text}
	for t.rest != "" && t.why == "" {
		t.step()
	}
	if t.why != "" {
		return nil, t.why
	}
	tree, err := syntax.Parse(t.out.String(), syntax.Perl)
	if err != nil {
		return nil, "a fault"
	}
	if shortest(tree) == 0 {
		return nil, "a match of nothing"
	}
	if repeatsNothing(tree) {
		return nil, "a repetition of what may be nothing"
	}
	if repetitions(tree) > 1 {
		return nil, "a repetition in another"
	}
	if r, err = regexp.Compile(t.out.String()); err != nil {
		return nil, "a fault"
	}
	return r, ""
}

// translation is a regular expression in the making.
type translation struct {
	rest  string // not yet translated
	out   strings.Builder
	inSet bool // between brackets
	after bool // something that can be repeated
	why   string
}

// step translates one character, escape or quantifier.
func (t *translation) step() {
	r, n := utf8.DecodeRuneInString(t.rest)
	head := t.rest[:n]
	t.rest = t.rest[n:]
	repeatable := true
	switch {
	case r == '\\':
		t.escape()
	case t.inSet:
		t.setCharacter(r, head)
	case r == '[':
		t.inSet, repeatable = true, false
		t.out.WriteByte('[')
		if strings.HasPrefix(t.rest, "^") {
			t.out.WriteByte('^')
			t.rest = t.rest[1:]
		}
		if strings.HasPrefix(t.rest, "]") {
			t.why = "a bracket that opens a set"
		}
	case r == '(':
		repeatable = false
		t.out.WriteByte('(')
		if rest, ok := strings.CutPrefix(t.rest, "?:"); ok {
			t.out.WriteString("?:")
			t.rest = rest
		} else if strings.HasPrefix(t.rest, "?") || strings.HasPrefix(t.rest, "*") {
			t.why = "a group that is not plain"
		}
	case r == '|':
		repeatable = false
		t.out.WriteByte('|')
	case strings.ContainsRune("*+?{", r):
		t.quantifier(r)
		repeatable = false
	case r == '^' || r == '$' || r == '}' || r == ']':
		t.why = fmt.Sprintf("%q", r)
	default:
		t.out.WriteString(head)
	}
	t.after = repeatable
}

// setCharacter translates a character between brackets.
func (t *translation) setCharacter(r rune, head string) {
	switch {
	case r == '[' || r == '&' && strings.HasPrefix(t.rest, "&"):
		t.why = "a set in a set"
	case r == ']':
		t.inSet = false
		t.out.WriteByte(']')
	default:
		t.out.WriteString(head)
	}
}

// quantifier translates *, +, ? and {n,m}, lazy or not.
func (t *translation) quantifier(r rune) {
	if !t.after {
		t.why = fmt.Sprintf("%q after nothing that it repeats", r)
		return
	}
	t.out.WriteRune(r)
	if r == '{' {
		inside, rest, ok := strings.Cut(t.rest, "}")
		if !ok || !counts.MatchString(inside) {
			t.why = "a brace that counts nothing"
			return
		}
		t.out.WriteString(inside + "}")
		t.rest = rest
	} else if rest, lazy := strings.CutPrefix(t.rest, "?"); lazy {
		t.out.WriteByte('?')
		t.rest = rest
	}
	if t.rest != "" && strings.ContainsRune("*+?{", rune(t.rest[0])) {
		t.why = "a quantifier after another"
	}
}

var counts = regexp.MustCompile(`^[0-9]{1,3}(,([0-9]{1,3})?)?$`)

// escape translates what follows a backslash.
func (t *translation) escape() {
	for name, set := range map[string]string{"s": spaces, "n": `\n`, "r": `\r`, "t": `\t`, "p{L}": letters, "p{N}": numbers} {
		if rest, ok := strings.CutPrefix(t.rest, name); ok {
			t.rest = rest
			if t.inSet {
				t.out.WriteString(set)
			} else {
				t.out.WriteString("[" + set + "]")
			}
			return
		}
	}
	if t.rest == "" || !strings.Contains(escapable, t.rest[:1]) {
		t.why = "an escape that is not plain"
		return
	}
	t.out.WriteString(`\` + t.rest[:1])
	t.rest = t.rest[1:]
}

// escapable stand for themselves after a backslash.
const escapable = `\.+*?()[]{}|^$-/ !"#%&,:;=@_~`

// What \s, \p{L} and \p{N} are to the library, as parts of a set.
var (
	spaces  = `\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	letters = `\p{L}` + asSet(newLetters)
	numbers = `\p{N}` + asSet(newNumbers)
)

func asSet(t *unicode.RangeTable) string {
	var s strings.Builder
	for _, r := range t.R16 {
		fmt.Fprintf(&s, `\x{%x}-\x{%x}`, r.Lo, r.Hi)
	}
	for _, r := range t.R32 {
		fmt.Fprintf(&s, `\x{%x}-\x{%x}`, r.Lo, r.Hi)
	}
	return s.String()
}
