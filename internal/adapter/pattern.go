package adapter

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// PEFT writes regular expressions of Python's re into adapter_config.json. Only what re and
// Go's regexp read alike is taken; Go's matching takes time linear in the text.

// Limits on what a file may ask for.
const (
	maxPatterns     = 4096
	maxExpression   = 8 << 10  // bytes
	maxInstructions = 8 << 10  // of a compiled expression
	maxSteps        = 16 << 10 // instructions of all expressions of a field
	maxMatching     = 1 << 26  // instructions · characters of the paths, over all expressions
)

// expression compiles a pattern of Python that a whole path has to match.
func expression(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxExpression {
		return nil, fmt.Errorf("is longer than %d bytes", maxExpression)
	}
	if err := portable(pattern); err != nil {
		return nil, err
	}
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	if _, alone := syntax.Parse(pattern, syntax.Perl); alone != nil || err != nil {
		return nil, fmt.Errorf("is no regular expression that dylora reads")
	}
	if instructions(re) > maxInstructions {
		return nil, fmt.Errorf("is a regular expression of more than %d steps", maxInstructions)
	}
	return re, nil
}

// portable refuses what Python and Go read in different ways, and what only one reads.
func portable(pattern string) error {
	class := false // inside [ ]
	for i := 0; i < len(pattern); i++ {
		c, rest := pattern[i], pattern[i+1:]
		switch {
		case c < ' ' || c > '~':
			return fmt.Errorf("has characters other than printable ASCII")
		case c == '\\':
			if rest == "" || isWord(rest[0]) && !strings.ContainsRune("dDwWsSbBA_", rune(rest[0])) {
				return fmt.Errorf(`has the escape \%.1s, which is not supported`, rest)
			}
			i++
		case class && c == '[':
			return fmt.Errorf("has a [ inside a character class, which is not supported")
		case class:
			class = c != ']'
		case c == '[':
			class = true
			i += len(rest) - len(strings.TrimPrefix(strings.TrimPrefix(rest, "^"), "]")) // a ] here is a letter
		case c == '{' && strings.HasPrefix(rest, ","):
			return fmt.Errorf("has a repetition {,n}, which is not supported: write {0,n}")
		case c == '(' && strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "?:") && !strings.HasPrefix(rest, "?P<"):
			return fmt.Errorf("has a group (%.2s, which is not supported", rest)
		}
	}
	return nil
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// instructions is the size of re's program.
func instructions(re *regexp.Regexp) int {
	parsed, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

// patterns are the entries of rank_pattern or alpha_pattern in the order of the file, in
// which the first that matches a module's path counts.
type patterns struct {
	field string
	list  []pattern
	steps int // what one character of a path costs: instructions of all expressions, 1 for a name
}

type pattern struct {
	key   string
	re    *regexp.Regexp // nil: key is a name whose only metacharacters are dots
	value float64
}

// parsePatterns reads an object of numbers; null and {} are no patterns.
func parsePatterns(field string, v jsontext.Value) (*patterns, error) {
	p := &patterns{field: field}
	if len(v) == 0 || v.Kind() == 'n' {
		return p, nil
	}
	d := jsontext.NewDecoder(bytes.NewReader(v))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, fmt.Errorf("is %s, not an object of numbers", oneLine(string(v)))
	}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		n := pattern{key: t.String()}
		raw, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(raw, &n.value); err != nil || raw.Kind() != '0' || !(n.value > 0) {
			return nil, fmt.Errorf("has %s for %s, not a number above 0", oneLine(string(raw)), show(n.key))
		}
		if err := p.add(n); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *patterns) add(n pattern) (err error) {
	if len(p.list) == maxPatterns {
		return fmt.Errorf("has more than %d entries", maxPatterns)
	}
	if strings.ContainsFunc(n.key, func(c rune) bool { return c != '.' && (c > '~' || !isWord(byte(c))) }) {
		if n.re, err = expression(n.key); err != nil {
			return fmt.Errorf("key %s %w", show(n.key), err)
		}
		n.re = regexp.MustCompile(`^(?:.*\.)?(?:` + n.key + `)$`)
		if p.steps += instructions(n.re); p.steps > maxSteps {
			return fmt.Errorf("has expressions of more than %d steps together", maxSteps)
		}
	}
	p.steps++
	p.list = append(p.list, n)
	return nil
}

// value is that of the first entry which matches path as PEFT's get_pattern_key does: the
// path itself, or what follows one of its dots.
func (p *patterns) value(path string) (float64, bool) {
	for _, n := range p.list {
		if n.re == nil && endsIn(path, n.key) || n.re != nil && n.re.MatchString(path) {
			return n.value, true
		}
	}
	return 0, false
}

// endsIn says whether name, whose dots match any character, is path or the end of it
// behind a dot.
func endsIn(path, name string) bool {
	at := len(path) - len(name)
	if at < 0 || at > 0 && path[at-1] != '.' {
		return false
	}
	for i := range len(name) {
		if name[i] != '.' && name[i] != path[at+i] {
			return false
		}
	}
	return true
}

// affordable refuses expressions that would take long on that many characters of paths.
func affordable(file, field string, steps, characters int) error {
	if steps > 0 && characters > maxMatching/steps {
		return fault.Invalidf("%s: %s has too many or too large expressions for the modules of this adapter; name the modules instead", file, field)
	}
	return nil
}
