package tokenizer

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// aroundFile is a post-processor of RoBERTa's or BERT's kind. The library tells the two by
// the keys that only RoBERTa's has, not by the type; what would be read as the other kind is
// refused.
type aroundFile struct {
	Type           string        `json:"type"`
	Sep            *specialToken `json:"sep"`
	Cls            *specialToken `json:"cls"`
	TrimOffsets    *bool         `json:"trim_offsets"`     // offsets are not computed
	AddPrefixSpace *bool         `json:"add_prefix_space"` // of use for offsets only
}

// templateFile is a post-processor of two templates, BERT's since release 0.9.
type templateFile struct {
	Type          string                  `json:"type"`
	Single        []templatePart          `json:"single"`
	Pair          []templatePart          `json:"pair"`
	SpecialTokens map[string]templateName `json:"special_tokens"`
}

// templatePart is one of SpecialToken and Sequence.
type templatePart struct {
	SpecialToken *templateItem `json:"SpecialToken"`
	Sequence     *templateItem `json:"Sequence"`
}

type templateItem struct {
	ID     string `json:"id"`
	TypeID int32  `json:"type_id"`
}

type templateName struct {
	ID     string   `json:"id"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
}

const (
	longestTemplate = 64   // parts
	typeLimit       = 1024 // token types stay below, as in model's configuration
)

// readPostProcessor reads the post-processor, which may be null, or a Sequence in which one
// at most is not of the kind ByteLevel.
func readPostProcessor(e entry) (template, error) {
	all, err := readTemplates(e)
	switch {
	case err != nil:
		return template{}, err
	case len(all) == 0:
		return plainTemplate(), nil
	case len(all) > 1:
		return template{}, fault.Invalidf("%s: %s: several that add tokens in a Sequence are not supported: write them as one", e.file, e.name())
	}
	return all[0], nil
}

// readTemplates reads a post-processor as the templates of those in it that add tokens.
func readTemplates(e entry) ([]template, error) {
	all, err := readSequence(e, 0, "processors", templatesOf)
	return slices.Concat(all...), err
}

// templatesOf is the template of a post-processor of a kind; none of one that adds no tokens.
func templatesOf(e entry, kind string) ([]template, error) {
	var t template
	var err error
	switch kind {
	case "ByteLevel": // moves offsets
		_, err := readByteLevel(e)
		return nil, err
	case "RobertaProcessing", "BertProcessing":
		t, err = readAround(e, kind)
	case "TemplateProcessing":
		t, err = readTemplate(e)
	default:
		return nil, e.unsupported(kind, `"RobertaProcessing", "BertProcessing", "TemplateProcessing", "ByteLevel" or "Sequence"`)
	}
	return []template{t}, err
}

func readAround(e entry, kind string) (t template, err error) {
	var f aroundFile
	if err := e.decode(&f); err != nil {
		return t, err
	}
	roberta := f.TrimOffsets != nil && f.AddPrefixSpace != nil
	switch {
	case f.Sep == nil || f.Cls == nil:
		return t, e.missing("sep or cls")
	case kind == "RobertaProcessing" && !roberta:
		return t, e.missing("trim_offsets or add_prefix_space")
	case kind == "RobertaProcessing":
		return robertaTemplate(*f.Cls, *f.Sep), nil
	case roberta:
		return t, fault.Invalidf("%s: %s has the keys of RobertaProcessing, but the type \"BertProcessing\": remove trim_offsets and add_prefix_space, or name the other type", e.file, e.name())
	}
	return bertTemplate(*f.Cls, *f.Sep), nil
}

func readTemplate(e entry) (t template, err error) {
	var f templateFile
	if err := e.decode(&f); err != nil {
		return t, err
	}
	if f.Single == nil || f.Pair == nil || f.SpecialTokens == nil {
		return t, e.missing("single, pair or special_tokens")
	}
	if t.single, err = f.parts(e, "single", f.Single, 1); err != nil {
		return t, err
	}
	t.pair, err = f.parts(e, "pair", f.Pair, 2)
	return t, err
}

// parts reads a template of so many texts. Each may stand in it once at most: the library
// takes others, too, but does not count the second for the length.
func (f *templateFile) parts(e entry, key string, list []templatePart, texts int) (parts []part, err error) {
	refuse := func(i int, why string) ([]part, error) {
		return nil, fault.Invalidf("%s: %s.%s[%d] %s: use a template of one text A, or of A and B, and of special_tokens", e.file, e.name(), key, i, why)
	}
	seen := map[which]bool{}
	for i, p := range list {
		item, text := p.SpecialToken, noText
		if p.Sequence != nil {
			item, text = p.Sequence, map[string]which{"A": firstText, "B": secondText}[p.Sequence.ID]
		}
		switch {
		case item == nil || p.SpecialToken != nil && p.Sequence != nil:
			return refuse(i, "is not one of SpecialToken and Sequence")
		case item.TypeID < 0 || item.TypeID >= typeLimit:
			return refuse(i, "has a type_id out of range")
		case p.Sequence != nil && (text == noText || int(text) > texts):
			return refuse(i, "names no text")
		case seen[text]:
			return refuse(i, "repeats a text")
		}
		if text != noText {
			seen[text] = true
			parts = append(parts, part{text: text, kind: item.TypeID})
			continue
		}
		name, known := f.SpecialTokens[item.ID]
		if !known || len(name.IDs) != len(name.Tokens) {
			return refuse(i, "is not in special_tokens, or has not as many ids as tokens there")
		}
		for j, id := range name.IDs {
			parts = append(parts, part{token: specialToken{name.Tokens[j], id}, kind: item.TypeID})
		}
		if len(parts) > longestTemplate {
			return refuse(i, "is one of too many")
		}
	}
	return parts, nil
}

// UnmarshalJSONFrom reads the array of token and id.
func (s *specialToken) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var pair [2]jsontext.Value
	if err := json.UnmarshalDecode(d, &pair); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[0], &s.content); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &s.id)
}
