package tokenizer

import (
	"slices"

	"github.com/dylora/dylora/internal/fault"
)

// named are the special tokens of a tokenizer by their keys, without those that are null.
type named struct {
	keys   []string // in the order in which they are added
	values map[string]specialValue
}

// named finds out the special tokens that the arguments and the class name. What the files
// list with flags goes before what the arguments say. Source: _from_pretrained, and __init__ of
// PreTrainedTokenizerBase and of the class.
func (a *arguments) named(c *tokenizerClass) (n named, err error) {
	n.values = map[string]specialValue{}
	for _, key := range specialKeys {
		s, given := a.get(key)
		v, ok := c.usual[key]
		if key == "pad_token" && c == backendClass && a.padding != nil {
			v, ok = textValue(*a.padding), true
		}
		if given {
			if v, ok, err = s.special(); err != nil {
				return n, err
			}
			if better, known := a.byText[v.content]; ok && known {
				v = better
			}
			if usual := c.usual[key]; ok && v.text && !usual.text && usual.content != "" {
				v.text, v.left, v.isSpecial = false, usual.left, usual.isSpecial
			}
		}
		if ok {
			n.enter(key, v)
		}
	}
	return n, a.ownNamed(&n)
}

// ownNamed enters the special tokens of other names: first those of the arguments that are
// left in the list, then those that were taken out of it.
func (a *arguments) ownNamed(n *named) error {
	for _, s := range a.list {
		if kind := orNull(s.value).Kind(); !isOwnToken(s.name) || kind != '"' && kind != '{' {
			continue
		}
		v, _, err := s.special()
		if err != nil {
			continue // an object that is no token has no effect
		}
		n.enter(s.name, v)
	}
	for _, s := range a.specific {
		v, ok, err := s.special()
		if err != nil {
			return err
		}
		if !ok {
			return fault.Invalidf("%s: key %s holds null: remove it", s.file, printable(s.key))
		}
		n.enter(s.name, v)
	}
	return nil
}

func (n *named) enter(key string, v specialValue) {
	if !slices.Contains(n.keys, key) {
		n.keys = append(n.keys, key)
	}
	n.values[key] = v
}

// contents says which texts are named.
func (n *named) contents() map[string]bool {
	all := map[string]bool{}
	for _, v := range n.values {
		all[v.content] = true
	}
	return all
}

// extras are the special tokens without a name.
func (a *arguments) extras(c *tokenizerClass) (all []specialValue, err error) {
	s, ok := a.get(extraKey)
	if !ok {
		if s, ok = a.get(additionalKey); !ok || s.null() {
			return c.extras, nil
		}
	}
	if s.null() {
		return nil, nil
	}
	elements, err := s.elements()
	if err != nil {
		return nil, err
	}
	for _, e := range elements {
		v, ok, err := argument{entry: e}.special()
		if err == nil && !ok {
			err = fault.Invalidf("%s: key %s holds null: remove it", e.file, printable(e.key))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	for _, v := range s.more {
		if !slices.ContainsFunc(all, func(w specialValue) bool { return v.kind() == w.kind() }) {
			all = append(all, v)
		}
	}
	return all, nil
}

// toAdd are the tokens that Transformers adds to a tokenizer that has the added tokens have.
// Source: TokenizersBackend.__init__.
func (a *arguments) toAdd(c *tokenizerClass, n named, have []addedToken) ([]addedToken, error) {
	extras, err := a.extras(c)
	if err != nil {
		return nil, err
	}
	list := a.inOrder()
	known := map[string]bool{}
	for _, t := range have {
		known[t.Content] = true
	}
	for _, v := range list {
		known[v.content] = true
	}
	seen := map[specialKind]bool{}
	add := func(v specialValue) {
		if k := v.kind(); !known[v.content] && !seen[k] {
			list = append(list, v)
			seen[k] = true
		}
	}
	for _, key := range n.keys {
		add(n.values[key])
	}
	for _, v := range extras {
		add(v)
	}
	contents := n.contents()
	added := make([]addedToken, len(list))
	for i, v := range list {
		if yes := true; !v.text && contents[v.content] {
			v.isSpecial = &yes
		}
		added[i] = v.token()
	}
	return added, nil
}
