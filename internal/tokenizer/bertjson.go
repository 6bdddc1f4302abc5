package tokenizer

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

type bertNormalFile struct {
	Type               string `json:"type"`
	CleanText          *bool  `json:"clean_text"`
	HandleChineseChars *bool  `json:"handle_chinese_chars"`
	StripAccents       *bool  `json:"strip_accents"` // as lowercase if null
	Lowercase          *bool  `json:"lowercase"`
}

type bertPreFile struct {
	Type string `json:"type"`
}

type wordPieceFile struct {
	Type                    string           `json:"type"`
	UnkToken                *string          `json:"unk_token"`
	ContinuingSubwordPrefix *string          `json:"continuing_subword_prefix"`
	MaxInputCharsPerWord    *int32           `json:"max_input_chars_per_word"`
	Vocab                   map[string]int32 `json:"vocab"`
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

// bertPostFile is the older form.
type bertPostFile struct {
	Type string       `json:"type"`
	Sep  specialToken `json:"sep"`
	Cls  specialToken `json:"cls"`
}

// longestWordPiece bounds max_input_chars_per_word; it is 100 in every known file.
const longestWordPiece = 1000

// bert reads the sections of a WordPiece tokenizer.
func (f *tokenizerFile) bert(file string) (*definition, error) {
	var (
		normalizer bertNormalFile
		pre        bertPreFile
		model      wordPieceFile
	)
	if err := section(file, "normalizer", "BertNormalizer", f.Normalizer, &normalizer); err != nil {
		return nil, err
	}
	if err := section(file, "pre_tokenizer", "BertPreTokenizer", f.PreTokenizer, &pre); err != nil {
		return nil, err
	}
	if err := decode(file, "/model", f.Model, &model); err != nil {
		return nil, err
	}
	w, err := model.wordPiece(file)
	if err != nil {
		return nil, err
	}
	if w.normal, err = normalizer.normal(file); err != nil {
		return nil, err
	}
	d := &definition{file: file, vocab: model.Vocab, added: f.AddedTokens, wordPiece: w}
	d.cls, d.sep, err = bertTemplate(file, f.PostProcessor)
	return d, err
}

// wordPiece checks the model's settings.
func (m *wordPieceFile) wordPiece(file string) (*wordPiece, error) {
	if m.Vocab == nil || m.UnkToken == nil || m.ContinuingSubwordPrefix == nil || m.MaxInputCharsPerWord == nil {
		return nil, fault.Invalidf("%s: model.vocab, unk_token, continuing_subword_prefix or max_input_chars_per_word is missing: get the file anew", file)
	}
	if n := *m.MaxInputCharsPerWord; n < 1 || n > longestWordPiece {
		return nil, fault.Invalidf("%s: model.max_input_chars_per_word is %d, not 1 to %d: BERT's is 100", file, n, longestWordPiece)
	}
	return &wordPiece{unknown: *m.UnkToken, prefix: *m.ContinuingSubwordPrefix, most: int(*m.MaxInputCharsPerWord)}, nil
}

func (n *bertNormalFile) normal(file string) (normal, error) {
	if n.CleanText == nil || n.HandleChineseChars == nil || n.Lowercase == nil {
		return normal{}, fault.Invalidf("%s: normalizer.clean_text, handle_chinese_chars or lowercase is missing: get the file anew", file)
	}
	strip := *n.Lowercase
	if n.StripAccents != nil {
		strip = *n.StripAccents
	}
	return normal{clean: *n.CleanText, chinese: *n.HandleChineseChars, strip: strip, lower: *n.Lowercase}, nil
}

// bertTemplate reads the special tokens of a post-processor, in either form, that puts them
// where BERT has them.
func bertTemplate(file string, post jsontext.Value) (cls, sep specialToken, err error) {
	var keys map[string]jsontext.Value
	if err := decode(file, "/post_processor", orNull(post), &keys); err != nil {
		return cls, sep, err
	}
	if string(keys["type"]) == `"BertProcessing"` {
		var p bertPostFile
		err = decode(file, "/post_processor", post, &p)
		return p.Cls, p.Sep, err
	}
	var t templateFile
	if err := section(file, "post_processor", "TemplateProcessing", post, &t); err != nil {
		return cls, sep, err
	}
	single := []templateItem{{"", 0}, {"A", 0}, {"", 0}}
	pair := append(slices.Clone(single), templateItem{"B", 1}, templateItem{"", 1})
	first, last, ok := t.match(t.Single, single)
	if again, end, too := t.match(t.Pair, pair); !ok || !too || again != first || end != last {
		return cls, sep, fault.Invalidf("%s: post_processor: only [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with type 1 from B on, are supported", file)
	}
	return first, last, nil
}

// match holds the parts of a template against the wanted ones, where "" is a special token:
// the same one in every place but the first.
func (t *templateFile) match(parts []templatePart, want []templateItem) (first, last specialToken, ok bool) {
	if len(parts) != len(want) {
		return first, last, false
	}
	for i, p := range parts {
		w, is := want[i], p.Sequence
		if w.ID == "" {
			is = p.SpecialToken
		}
		if is == nil || p.Sequence != nil && p.SpecialToken != nil || is.TypeID != w.TypeID {
			return first, last, false
		}
		if w.ID != "" {
			if is.ID != w.ID {
				return first, last, false
			}
			continue
		}
		name, known := t.SpecialTokens[is.ID]
		if !known || len(name.IDs) != 1 || len(name.Tokens) != 1 {
			return first, last, false
		}
		token := specialToken{name.Tokens[0], name.IDs[0]}
		switch {
		case i == 0:
			first = token
		case i > 2 && token != last:
			return first, last, false
		default:
			last = token
		}
	}
	return first, last, true
}
