package data

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A label is compared by what it means: a number by its value, a truth value as such, and
// any other text letter by letter. So 1, 1.0 and "1" are one label, as are true and "True".

// labelKind is the type that a label's text is read as.
type labelKind int

const (
	textLabel labelKind = iota
	numberLabel
	truthLabel
)

// labelKey is equal for two texts that are one label.
type labelKey struct {
	kind   labelKind
	text   string  // of a text, and of a truth value in lower case
	number decimal // of a number
}

// decimal is the value of a decimal number: ±digits × 10^exponent, where digits has no zero
// at either end. Zero has no digits. No precision is lost, as it would be in a float64.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

var decimalSyntax = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?$`)

// parseDecimal reads a number. plain says that it is written as JSON would have it, without a
// plus sign and without leading zeros, which codes such as 007 have and quantities do not.
func parseDecimal(s string) (d decimal, plain, ok bool) {
	m := decimalSyntax.FindStringSubmatch(s)
	if m == nil || m[2]+m[3] == "" {
		return d, false, false
	}
	exponent, _ := strconv.Atoi(m[4]) // 0 without one
	digits := strings.TrimLeft(m[2]+m[3], "0")
	d.digits = strings.TrimRight(digits, "0")
	if d.digits != "" {
		d.negative = m[1] == "-"
		d.exponent = exponent - len(m[3]) + len(digits) - len(d.digits)
	}
	return d, m[1] != "+" && m[2] != "" && (m[2] == "0" || m[2][0] != '0'), true
}

// integer writes a whole number of at most 18 digits as an integer.
func (d decimal) integer() (string, bool) {
	if d.digits == "" {
		return "0", true
	}
	if d.exponent < 0 || len(d.digits)+d.exponent > 18 {
		return "", false
	}
	s := d.digits + strings.Repeat("0", d.exponent)
	if d.negative {
		s = "-" + s
	}
	return s, true
}

// truths are the spellings of truth values in JSON and CSV, which are those that pandas reads.
var truths = map[string]bool{"true": true, "True": true, "TRUE": true, "false": false, "False": false, "FALSE": false}

// keyOf reads a label's text, without blanks around it. value is that of a number, in
// whichever way it is written, and 1 or 0 for a truth value; valued is false for other texts.
func keyOf(text string) (key labelKey, value decimal, valued bool) {
	if truth, ok := truths[text]; ok {
		if truth {
			value.digits = "1"
		}
		return labelKey{kind: truthLabel, text: strings.ToLower(text)}, value, true
	}
	value, plain, ok := parseDecimal(text)
	if ok && plain {
		return labelKey{kind: numberLabel, number: value}, value, true
	}
	return labelKey{kind: textLabel, text: text}, value, ok
}

// spelling is how a label is written, and where first.
type spelling struct {
	key  labelKey
	text string
	at   place
}

// labelSet gathers the labels of a column.
type labelSet struct {
	found    map[labelKey]*spelling
	values   map[decimal]*spelling // the first label of each value
	integers bool                  // some number is written as an integer
}

func newLabelSet() *labelSet {
	return &labelSet{found: map[labelKey]*spelling{}, values: map[decimal]*spelling{}}
}

// add takes a label's text, without blanks around it. It gives another label that stands for
// the same number, where there is one: 1 and true, or 7 and 007. Whether these are one label
// cannot be known.
func (s *labelSet) add(at place, text string) (rival *spelling) {
	text = strings.Clone(text)
	key, value, valued := keyOf(text)
	if key.kind == numberLabel && !strings.ContainsAny(text, ".eE") {
		s.integers = true
	}
	if known := s.found[key]; known != nil {
		known.prefer(text)
		return nil
	}
	added := &spelling{key: key, text: text, at: at}
	if valued {
		if first := s.values[value]; first != nil {
			return first
		}
		s.values[value] = added
	}
	s.found[key] = added
	return nil
}

// prefer takes another text for the same label if it is the better name: for a truth value
// lower case, for a number the shortest.
func (s *spelling) prefer(text string) {
	switch {
	case text == s.text:
	case s.key.kind == truthLabel:
		s.text = s.key.text
	case cmp.Or(cmp.Compare(len(text), len(s.text)), cmp.Compare(text, s.text)) < 0:
		s.text = text
	}
}

// names are the labels in the order of their classes: whole numbers by value, else sorted as
// text. Where some number is written as an integer, all whole numbers are: 0.0 and 1 give 0 and 1.
func (s *labelSet) names() []string {
	names := make([]string, 0, len(s.found))
	for _, l := range s.found {
		name := l.text
		if whole, ok := l.key.number.integer(); ok && s.integers && l.key.kind == numberLabel {
			name = whole
		}
		names = append(names, name)
	}
	slices.Sort(names) // the order of a map is random
	sortLabels(names)
	return names
}

// labelIndex finds the class of a label's text.
type labelIndex struct {
	exact map[string]int32
	keys  map[labelKey]int32 // NoLabel for a key that several labels share
	folds map[string]int32   // likewise, by the label without regard to case
}

func newLabelIndex(labels []string) *labelIndex {
	x := &labelIndex{exact: map[string]int32{}, keys: map[labelKey]int32{}, folds: map[string]int32{}}
	for i, l := range labels {
		x.exact[l] = int32(i)
		key, _, _ := keyOf(strings.TrimSpace(l))
		setOnce(x.keys, key, int32(i))
		setOnce(x.folds, fold(l), int32(i))
	}
	return x
}

// setOnce sets a key to a class, and a key that several classes have to NoLabel.
func setOnce[K comparable](classes map[K]int32, key K, class int32) {
	if _, taken := classes[key]; taken {
		class = NoLabel
	}
	classes[key] = class
}

// class is NoLabel for a text that is none of the labels. A label that is written letter by
// letter as it was trained is found first: adapters of earlier versions may know 1 and 1.0 as two.
// A text that is a label but for the case of its letters is found last, where it is one alone.
func (x *labelIndex) class(text string) int32 {
	for _, s := range []string{text, strings.TrimSpace(text)} {
		if c, ok := x.exact[s]; ok {
			return c
		}
	}
	key, _, _ := keyOf(strings.TrimSpace(text))
	if c, ok := x.keys[key]; ok {
		return c
	}
	if c, ok := x.folds[fold(text)]; ok && key.kind == textLabel {
		return c
	}
	return NoLabel
}
