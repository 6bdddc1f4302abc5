package tokenizer

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// wordPieceClass makes what BertTokenizer and MPNetTokenizer put around a vocabulary.
func (c *tokenizerClass) wordPieceClass(f *modelFolder, a *arguments, n named, d *definition) error {
	unknown, ok := n.values["unk_token"]
	if !ok {
		return a.null(f, "unk_token")
	}
	lower, place, err := a.flag("do_lower_case", true)
	if err != nil {
		return err
	}
	f.log("lower case", strconv.FormatBool(lower), place, "text is lower-cased before it is cut, or not")
	chinese, place, err := a.flag("tokenize_chinese_chars", true)
	if err != nil {
		return err
	}
	f.log("Chinese characters apart", strconv.FormatBool(chinese), place, "each is a word of its own, or not")
	strip := lower
	if s, ok := a.get("strip_accents"); ok && !s.null() {
		if strip, place, err = a.flag("strip_accents", strip); err != nil {
			return err
		}
		f.log("accents", keptOrNot(strip), place, "it is not null")
	} else {
		f.log("accents", keptOrNot(strip), "the default of the class", "as do_lower_case says")
	}
	d.normalizers = normalizers{bertNormal{clean: true, chinese: chinese, strip: strip, lower: lower}}
	d.cuts = preTokenizers{bertWords{}}
	d.model = &wordPieceSettings{prefix: "##", most: 100, unknown: unknown.content}
	return nil
}

func keptOrNot(strip bool) string {
	if strip {
		return "removed"
	}
	return "kept"
}

// byteLevelClass makes what RobertaTokenizer puts around a vocabulary and its merges.
func (c *tokenizerClass) byteLevelClass(f *modelFolder, a *arguments, _ named, d *definition) error {
	prefix, place, err := a.flag("add_prefix_space", false)
	if err != nil {
		return err
	}
	if _, _, err := a.flag("trim_offsets", true); err != nil {
		return err
	}
	f.log("blank before the text", strconv.FormatBool(prefix), place, "text is read as if it began with a blank, or not")
	s, ok := d.model.(*bpeSettings)
	if !ok {
		return fault.Invalidf("%s: the model is not BPE: get the file anew", d.file)
	}
	d.model = &bpeSettings{merges: s.merges, mergeAt: s.mergeAt}
	d.cuts = preTokenizers{byteLevel{prefixSpace: prefix}}
	d.normalizers = nil
	return nil
}

// null refuses a special token that is null.
func (a *arguments) null(f *modelFolder, key string) error {
	file := path.Join(f.dir, configFile)
	if s, ok := a.get(key); ok {
		file = s.file
	}
	return fault.Invalidf("%s: %s is null, but every text needs it: name the token", file, key)
}

// around makes the template of a class with the tokens that the arguments name.
func (c *tokenizerClass) around(f *modelFolder, a *arguments, n named, d *definition) (template, error) {
	var tokens [2]specialToken
	for i, key := range c.edges {
		v, ok := n.values[key]
		if !ok {
			return template{}, a.null(f, key)
		}
		j := slices.IndexFunc(d.added, func(t addedToken) bool { return t.Content == v.content })
		if j < 0 {
			return template{}, fault.Invalidf("%s: %s is empty: name the token", d.file, key)
		}
		tokens[i] = specialToken{v.content, d.added[j].ID}
	}
	f.log("around a text", fmt.Sprintf("%s (id %d) and %s (id %d)", tokens[0].content, tokens[0].id, tokens[1].content, tokens[1].id),
		strings.Join(c.edges[:], " and "), c.name+" puts them there")
	return c.template(tokens[0], tokens[1]), nil
}

// finish decides what all classes have in common: token types and the side that is cut.
func (f *modelFolder) finish(c *tokenizerClass, a *arguments, d *definition) error {
	types, place, err := a.types(c.types)
	if err != nil {
		return err
	}
	if types && slices.Contains([]string{"distilbert", "mpnet"}, f.modelType) {
		types, place = false, f.typePlace // Transformers drops those that it is given
	}
	if d.post.types() > 1 {
		f.log("token types", strconv.FormatBool(types), place, "the second text of a pair has another type for the model, or not")
		if !types {
			d.post = d.post.untyped()
		}
	}
	if f.whole != nil && f.whole.Truncation.Kind() == '{' {
		e := entry{path.Join(f.dir, jsonFile), "/truncation", f.whole.Truncation}
		var t truncationFile
		if err := e.decode(&t); err != nil {
			return err
		}
		d.cutLeft = t.Direction == "Left"
		place = jsonFile + ": truncation.direction"
	}
	if s, ok := a.get("truncation_side"); ok {
		if d.cutLeft, err = s.side(); err != nil {
			return err
		}
		place = s.place()
	}
	if d.cutLeft {
		f.log("long texts", "lose their beginning", place, "the side that is cut is the left one")
	}
	return nil
}

// types says whether the model is given token types.
func (a *arguments) types(usual bool) (bool, string, error) {
	s, ok := a.get("model_input_names")
	if !ok {
		return usual, "the default of the class", nil
	}
	elements, err := s.elements()
	if err == nil && s.null() {
		err = fault.Invalidf("%s: model_input_names is null: remove it", s.file)
	}
	if err != nil {
		return false, "", err
	}
	for _, e := range elements {
		var name string
		if err := e.decode(&name); err != nil {
			return false, "", err
		}
		if name == "token_type_ids" {
			return true, s.place(), nil
		}
	}
	return false, s.place(), nil
}

// logAdded tells the added tokens that the vocabulary lacks, and where they are from.
func (f *modelFolder) logAdded(a *arguments, d *definition) {
	var more []string
	for _, t := range d.added {
		if _, known := d.vocab[t.Content]; !known {
			more = append(more, fmt.Sprintf("%s (id %d)", t.Content, t.ID))
		}
	}
	if len(more) == 0 {
		return
	}
	source := a.from
	if source == "" {
		source = "the special tokens that are named"
	}
	f.log("added tokens", strings.Join(more[:min(len(more), 20)], ", "), source, fmt.Sprintf("%d tokens that the vocabulary lacks get the ids behind it", len(more)))
}
