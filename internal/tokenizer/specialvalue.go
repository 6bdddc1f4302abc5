package tokenizer

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// specialValue is a token as a file has it: a text, or an object with flags. A flag that is
// nil is the default: normalized as special is not, the others false.
type specialValue struct {
	content                                string
	text                                   bool // no object
	single, left, right, normal, isSpecial *bool
}

// textValue is a token that is a text.
func textValue(content string) specialValue { return specialValue{content: content, text: true} }

// token is the token with all flags. A text that is added is special.
func (v specialValue) token() addedToken {
	is := func(flag *bool) bool { return flag != nil && *flag }
	t := addedToken{Content: v.content, SingleWord: is(v.single), LStrip: is(v.left), RStrip: is(v.right), Special: v.text || is(v.isSpecial)}
	t.Normalized = !t.Special
	if v.normal != nil {
		t.Normalized = *v.normal
	}
	return t
}

// specialKind is the type by which Python tells two values apart: a text is never equal to an object.
type specialKind struct {
	text  bool
	token addedToken
}

func (v specialValue) kind() specialKind { return specialKind{v.text, v.token()} }

// special reads a special token: a text, or an object that says that it is one. There is none
// where the value is null.
func (s argument) special() (v specialValue, ok bool, err error) {
	switch orNull(s.value).Kind() {
	case 'n':
		return v, false, nil
	case '"':
		err = s.decode(&v.content)
		v.text = true
		return v, true, err
	case '{':
		var m map[string]jsontext.Value
		if err := s.decode(&m); err != nil {
			return v, false, err
		}
		if s.mapped {
			v, err = s.object("special")
			yes := true
			v.isSpecial = &yes
			return v, true, err
		}
		if string(m["__type"]) == `"AddedToken"` {
			v, err = s.object("__type")
			return v, true, err
		}
	}
	return v, false, fault.Invalidf("%s: key %s is neither a text nor an object whose __type is \"AddedToken\": write one of them", s.file, printable(s.key))
}

// object reads a token's flags; a key of the name skip has no effect.
func (e entry) object(skip string) (v specialValue, err error) {
	members, err := e.members()
	if err != nil {
		return v, err
	}
	flags := map[string]**bool{"single_word": &v.single, "lstrip": &v.left, "rstrip": &v.right, "normalized": &v.normal, "special": &v.isSpecial}
	found := false
	for _, m := range members {
		flag, known := flags[m.name]
		switch {
		case m.name == skip:
			continue
		case m.null() && (known || m.name == "content"):
			return v, fault.Invalidf("%s: key %s holds null: remove it", m.file, printable(m.key))
		case m.name == "content":
			err, found = m.decode(&v.content), true
		case known:
			err = m.decode(flag)
		default: // has no effect
		}
		if err != nil {
			return v, err
		}
	}
	if !found {
		return v, fault.Invalidf("%s: key %s has no content, which a token needs: get the file anew", e.file, printable(e.key))
	}
	return v, nil
}
