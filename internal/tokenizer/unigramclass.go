package tokenizer

import (
	"path"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// unigramClass makes what XLMRobertaTokenizer and CamembertTokenizer put around a vocabulary:
// of the normalizer, SentencePiece's map of characters stays.
func (c *tokenizerClass) unigramClass(f *modelFolder, a *arguments, n named, d *definition) error {
	s, ok := d.model.(*unigramSettings)
	if !ok {
		return fault.Invalidf("%s: the model is not Unigram: get the file anew", d.file)
	}
	prefix, place, err := a.flag("add_prefix_space", true)
	if given, ok := a.get("add_prefix_space"); ok && given.null() {
		prefix, place, err = false, given.place(), nil
	}
	if err != nil {
		return err
	}
	f.log("blank before each word", strconv.FormatBool(prefix), place, "words are read as if a blank stood before them, or not")
	scheme := never
	if prefix {
		scheme = always
	}
	unknown := int64(unigramUnknown)
	if c.byText {
		v := n.values["unk_token"]
		unknown = max(0, int64(slices.Index(s.tokens, v.content)))
	}
	d.model = &unigramSettings{tokens: s.tokens, scores: s.decimals, unknown: &unknown}
	d.cuts = preTokenizers{newWhitespaceSplit(), newMetaspace(usualSpace, scheme, true)}
	if f.whole != nil {
		d.normalizers, err = f.charactersMap()
	}
	return err
}

// unigramUnknown is the id that stands for unknown characters in XLMRobertaTokenizer, whatever
// the files say.
const unigramUnknown = 3

// charactersMap is the first map of characters in tokenizer.json's normalizer, which may stand
// in one Sequence.
func (f *modelFolder) charactersMap() (normalizers, error) {
	e := entry{path.Join(f.dir, jsonFile), "/normalizer", f.whole.Normalizer}
	if e.null() {
		return nil, nil
	}
	kind, err := e.kind()
	if err != nil {
		return nil, err
	}
	list := []entry{e}
	if kind == "Sequence" {
		if list, err = e.list("normalizers", 0); err != nil {
			return nil, err
		}
	}
	for _, e := range list {
		if kind, err = e.kind(); err != nil {
			return nil, err
		}
		var keys map[string]jsontext.Value
		if err := e.decode(&keys); err != nil {
			return nil, err
		}
		if _, has := keys["precompiled_charsmap"]; kind == "Precompiled" && has {
			m, err := readPrecompiled(e)
			return normalizers{m}, err
		}
	}
	return nil, nil
}
