package tokenizer

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// enter lists an added token; a later one of the same index replaces it.
func (a *arguments) enter(index int64, v specialValue) {
	a.listed[index] = v
	a.byText[v.content] = v
}

// inOrder are the listed tokens by their indices.
func (a *arguments) inOrder() (all []specialValue) {
	for _, index := range slices.Sorted(maps.Keys(a.listed)) {
		all = append(all, a.listed[index])
	}
	return all
}

// mostListed bounds the added tokens of a file.
const mostListed = 1 << 16

// readDecoder reads added_tokens_decoder: {"5": {"content": "<e>", "lstrip": false, …}, …}.
func (a *arguments) readDecoder(e argument) error {
	members, err := e.members()
	if err != nil {
		return err
	}
	if err := e.few(len(members)); err != nil {
		return err
	}
	a.from = e.file
	for _, m := range members {
		index, err := strconv.ParseInt(m.name, 10, 64)
		if err != nil {
			return fault.Invalidf("%s: %s: the key %s is no number: get the file anew", e.file, decoderKey, printable(m.name))
		}
		v, err := m.object("")
		if err != nil {
			return err
		}
		a.enter(index, v)
	}
	return nil
}

func (e entry) few(n int) error {
	if n > mostListed {
		return fault.Invalidf("%s: %d added tokens, more than %d: get the file anew", e.file, n, mostListed)
	}
	return nil
}

// readMap puts special_tokens_map.json over the arguments, key by key.
func (a *arguments) readMap(f *modelFolder) error {
	members, err := f.object(mapFile)
	if err != nil {
		return err
	}
	for _, m := range members {
		m.mapped = true
		if m.name == extraKey && orNull(m.value).Kind() == '[' {
			if err := a.joinExtra(m); err != nil {
				return err
			}
			continue
		}
		a.set(m)
	}
	return a.extraObject()
}

// joinExtra appends a list of special_tokens_map.json to that of tokenizer_config.json.
func (a *arguments) joinExtra(m argument) error {
	have, ok := a.get(extraKey)
	if !ok || !a.truthy(extraKey) {
		have = argument{entry: entry{m.file, m.key, jsontext.Value("[]")}, name: extraKey}
	}
	elements, err := m.elements()
	if err != nil {
		return err
	}
	for _, e := range elements {
		var v specialValue
		if orNull(e.value).Kind() == '{' {
			yes := true
			if v, err = e.object(""); err == nil && v.isSpecial != nil {
				err = fault.Invalidf("%s: key %s says whether it is special, which all of these are: remove that", e.file, printable(e.key))
			}
			v.isSpecial = &yes
		} else {
			v, _, err = argument{entry: e}.special()
		}
		if err != nil {
			return err
		}
		have.more = append(have.more, v)
	}
	a.set(have)
	return nil
}

// elements are those of an array.
func (e entry) elements() (list []entry, err error) {
	var values []jsontext.Value
	if err := e.decode(&values); err != nil {
		return nil, err
	}
	if err := e.few(len(values)); err != nil {
		return nil, err
	}
	for i, v := range values {
		list = append(list, entry{e.file, e.key + "/" + strconv.Itoa(i), v})
	}
	return list, nil
}

// readAdded reads added_tokens.json: {"<e>": 5, …}. A token that the arguments name is special.
func (a *arguments) readAdded(f *modelFolder) error {
	members, err := f.object(addedFile)
	if err != nil || len(members) == 0 {
		return err
	}
	if err := members[0].few(len(members)); err != nil {
		return err
	}
	special, err := a.specialTexts()
	if err != nil {
		return err
	}
	a.from = path.Join(f.dir, addedFile)
	for _, m := range members {
		var index int64
		if err := m.decode(&index); err != nil || m.null() {
			return cmp.Or(err, fault.Invalidf("%s: key %s holds null where a whole number belongs: get the file anew", m.file, printable(m.key)))
		}
		is := slices.Contains(special, m.name)
		not := !is
		a.enter(index, specialValue{content: m.name, normal: &not, isSpecial: &is})
	}
	return nil
}

// specialTexts are the special tokens that the arguments name, as far as they are texts or of
// special_tokens_map.json: objects of tokenizer_config.json are not read yet at this point.
func (a *arguments) specialTexts() (all []string, err error) {
	var values []argument
	for _, key := range specialKeys {
		if s, ok := a.get(key); ok {
			values = append(values, s)
		}
	}
	if extra, ok := a.get(extraKey); ok && !extra.null() {
		elements, err := extra.elements()
		if err != nil {
			return nil, err
		}
		for _, e := range elements {
			values = append(values, argument{entry: e})
		}
		for _, v := range extra.more {
			all = append(all, v.content)
		}
	}
	for _, s := range values {
		if !s.mapped && orNull(s.value).Kind() != '"' {
			continue
		}
		v, ok, err := s.special()
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, v.content)
		}
	}
	return all, nil
}

// readWhole enters the added tokens of tokenizer.json.
func (a *arguments) readWhole(f *modelFolder) error {
	if f.whole == nil {
		return nil
	}
	for _, t := range f.whole.AddedTokens {
		a.enter(int64(t.ID), specialValue{content: t.Content, single: &t.SingleWord, left: &t.LStrip, right: &t.RStrip, normal: &t.Normalized, isSpecial: &t.Special})
	}
	if len(f.whole.AddedTokens) > 0 && a.from == "" {
		a.from = path.Join(f.dir, jsonFile)
	}
	return nil
}
