package tokenizer

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

const (
	configFile = "tokenizer_config.json"
	mapFile    = "special_tokens_map.json"
	addedFile  = "added_tokens.json"
	jsonFile   = "tokenizer.json"
)

// argument is a key of a file that a class of Transformers is made with.
type argument struct {
	entry
	name   string
	mapped bool           // of special_tokens_map.json, whose objects are tokens without saying so
	more   []specialValue // what another file appends to a list
}

// arguments are the settings with which Transformers makes a tokenizer, from all files of a folder but the
// vocabulary. Source: PreTrainedTokenizerBase._from_pretrained.
type arguments struct {
	list     []argument             // in order
	specific []argument             // special tokens of names that only this model has
	listed   map[int64]specialValue // added tokens by the index in the files, which orders them; ids are given anew
	byText   map[string]specialValue
	from     string  // the file that lists added tokens, for messages
	padding  *string // the token that tokenizer.json pads with, where it does
}

// specialKeys are the named special tokens, in the order in which they are added.
var specialKeys = []string{"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}

const (
	extraKey      = "extra_special_tokens"
	additionalKey = "additional_special_tokens"
	specificKey   = "model_specific_special_tokens"
	decoderKey    = "added_tokens_decoder"
)

// readArguments reads the files beside tokenizer.json, whose own added tokens are tokens.
func readArguments(f *modelFolder) (*arguments, error) {
	a := &arguments{list: slices.Clone(f.config), listed: map[int64]specialValue{}, byText: map[string]specialValue{}}
	a.remove("tokenizer_class")
	if more, ok := a.get(additionalKey); ok && !a.truthy(extraKey) {
		a.remove(additionalKey)
		a.set(argument{entry: more.entry, name: extraKey})
	}
	if err := a.takeSpecific(); err != nil {
		return nil, err
	}
	read := []func(*modelFolder) error{a.readMap, a.readAdded, a.readWhole}
	if decoder, ok := a.get(decoderKey); ok { // the older files are not read then
		read = []func(*modelFolder) error{func(*modelFolder) error { return a.readDecoder(decoder) }}
	}
	for _, step := range append(read, a.readPadding, a.refuse) {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// get returns the argument of a name.
func (a *arguments) get(name string) (argument, bool) {
	i := slices.IndexFunc(a.list, func(s argument) bool { return s.name == name })
	if i < 0 {
		return argument{}, false
	}
	return a.list[i], true
}

// set replaces the argument of the same name, or appends it.
func (a *arguments) set(s argument) { a.list = replace(a.list, s) }

func replace(list []argument, s argument) []argument {
	if i := slices.IndexFunc(list, func(t argument) bool { return t.name == s.name }); i >= 0 {
		list[i] = s
		return list
	}
	return append(list, s)
}

func (a *arguments) remove(name string) {
	a.list = slices.DeleteFunc(a.list, func(s argument) bool { return s.name == name })
}

// truthy says whether Python takes the value of a name for true.
func (a *arguments) truthy(name string) bool {
	s, ok := a.get(name)
	if !ok {
		return false
	}
	switch text := string(bytes.TrimSpace(orNull(s.value))); orNull(s.value).Kind() {
	case 'n', 'f':
		return false
	case '"':
		return text != `""`
	case '[', '{':
		return strings.TrimSpace(text[1:len(text)-1]) != ""
	case '0':
		return strings.Trim(text, "-0.") != ""
	}
	return true
}

// members are the keys of an object, in their order.
func (e entry) members() (list []argument, err error) {
	var m map[string]jsontext.Value
	if e.null() {
		return nil, fault.Invalidf("%s: key %s holds null where an object belongs: get the file anew", e.file, printable(e.key+"/"))
	}
	if err := e.decode(&m); err != nil {
		return nil, err
	}
	d := jsontext.NewDecoder(bytes.NewReader(e.value))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		if err := d.SkipValue(); err != nil {
			return nil, err
		}
		list = append(list, argument{entry: entry{e.file, e.key + "/" + name, m[name]}, name: name})
	}
	return list, nil
}

// takeSpecific takes the special tokens of other names than the usual seven out of the list.
func (a *arguments) takeSpecific() error {
	for _, s := range slices.Clone(a.list) {
		if isOwnToken(s.name) && orNull(s.value).Kind() == '"' {
			a.specific = append(a.specific, s)
			a.remove(s.name)
		}
	}
	if err := a.extraObject(); err != nil {
		return err
	}
	given, ok := a.get(specificKey)
	a.remove(specificKey)
	if !ok || given.null() || len(a.specific) > 0 {
		return nil
	}
	var err error
	a.specific, err = given.members()
	return err
}

func isOwnToken(name string) bool {
	return strings.HasSuffix(name, "_token") && !slices.Contains(specialKeys, name)
}

// extraObject moves extra_special_tokens, where it is an object, to the tokens of own names.
func (a *arguments) extraObject() error {
	extra, ok := a.get(extraKey)
	if !ok || orNull(extra.value).Kind() != '{' {
		return nil
	}
	a.remove(extraKey)
	members, err := extra.members()
	for _, s := range members {
		if slices.Contains(specialKeys, s.name) {
			return fault.Invalidf("%s: %s names %s again: remove it there", s.file, extraKey, s.name)
		}
		a.specific = replace(a.specific, s)
	}
	return err
}

// readPadding takes the token for padding from tokenizer.json.
func (a *arguments) readPadding(f *modelFolder) error {
	if f.whole == nil || f.whole.Padding.Kind() != '{' {
		return nil
	}
	var keys map[string]jsontext.Value
	e := entry{path.Join(f.dir, jsonFile), "/padding", f.whole.Padding}
	if err := e.decode(&keys); err != nil {
		return err
	}
	return decode(e.file, e.key+"/pad_token", orNull(keys["pad_token"]), &a.padding)
}
