package tokenizer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// tokenizerFile is tokenizer.json. Truncation, padding and the decoder have no effect here:
// the caller says how long a sequence may be, and batches are packed.
type tokenizerFile struct {
	Version       string         `json:"version"`
	Truncation    jsontext.Value `json:"truncation"`
	Padding       jsontext.Value `json:"padding"`
	AddedTokens   []addedToken   `json:"added_tokens"`
	Normalizer    jsontext.Value `json:"normalizer"`
	PreTokenizer  jsontext.Value `json:"pre_tokenizer"`
	PostProcessor jsontext.Value `json:"post_processor"`
	Decoder       jsontext.Value `json:"decoder"`
	Model         jsontext.Value `json:"model"`
}

type byteLevelFile struct {
	Type           string `json:"type"`
	AddPrefixSpace bool   `json:"add_prefix_space"`
	TrimOffsets    bool   `json:"trim_offsets"` // offsets are not computed
	UseRegex       *bool  `json:"use_regex"`    // true if absent
}

type robertaFile struct {
	Type           string       `json:"type"`
	Sep            specialToken `json:"sep"`
	Cls            specialToken `json:"cls"`
	TrimOffsets    bool         `json:"trim_offsets"`     // as above
	AddPrefixSpace bool         `json:"add_prefix_space"` // of use for offsets only
}

type bpeFile struct {
	Type                    string           `json:"type"`
	Dropout                 *float64         `json:"dropout"`
	UnkToken                *string          `json:"unk_token"`
	ContinuingSubwordPrefix *string          `json:"continuing_subword_prefix"`
	EndOfWordSuffix         *string          `json:"end_of_word_suffix"`
	FuseUnk                 bool             `json:"fuse_unk"`
	ByteFallback            bool             `json:"byte_fallback"`
	IgnoreMerges            bool             `json:"ignore_merges"`
	Vocab                   map[string]int32 `json:"vocab"`
	Merges                  []mergeFile      `json:"merges"`
}

// parseTokenizerJSON reads tokenizer.json; file is its path, for messages.
func parseTokenizerJSON(file string, b []byte) (*definition, error) {
	var f tokenizerFile
	if err := decode(file, "", b, &f); err != nil {
		return nil, err
	}
	if f.Version != "1.0" {
		return nil, fault.Invalidf("%s: version is %s, known is \"1.0\": save it with a release of tokenizers that writes that", file, printable(f.Version))
	}
	switch kind, err := modelType(file, f.Model); {
	case err != nil:
		return nil, err
	case kind == "WordPiece":
		return f.bert(file)
	case kind != "BPE":
		return nil, fault.Invalidf("%s: model.type %s is not supported: use a RoBERTa or BERT model, whose types are \"BPE\" and \"WordPiece\"", file, printable(kind))
	}
	return f.definition(file)
}

// modelType tells the kinds of model apart. Files written before 2020's release 0.9 have
// no type; then the keys that only one kind has decide.
func modelType(file string, model jsontext.Value) (string, error) {
	var m map[string]jsontext.Value
	if err := decode(file, "/model", orNull(model), &m); err != nil {
		return "", err
	}
	if raw, ok := m["type"]; ok {
		var kind string
		err := decode(file, "/model/type", raw, &kind)
		return kind, err
	}
	if _, ok := m["merges"]; ok {
		return "BPE", nil
	}
	if _, ok := m["max_input_chars_per_word"]; ok {
		return "WordPiece", nil
	}
	return "", fault.Invalidf("%s: model.type is missing, and neither model.merges nor another key tells it: get the file anew", file)
}

// definition reads the sections of a byte-level BPE tokenizer.
func (f *tokenizerFile) definition(file string) (*definition, error) {
	if len(f.Normalizer) > 0 && f.Normalizer.Kind() != 'n' {
		return nil, fault.Invalidf("%s: normalizer is not supported with byte-level BPE: only null is", file)
	}
	var (
		pre   byteLevelFile
		post  robertaFile
		model bpeFile
	)
	if err := section(file, "pre_tokenizer", "ByteLevel", f.PreTokenizer, &pre); err != nil {
		return nil, err
	}
	if pre.UseRegex != nil && !*pre.UseRegex {
		return nil, fault.Invalidf("%s: pre_tokenizer.use_regex false is not supported: only true is", file)
	}
	if err := section(file, "post_processor", "RobertaProcessing", f.PostProcessor, &post); err != nil {
		return nil, err
	}
	if err := decode(file, "/model", f.Model, &model); err != nil {
		return nil, err
	}
	if err := model.supported(file); err != nil {
		return nil, err
	}
	d := &definition{
		file: file, vocab: model.Vocab, added: f.AddedTokens,
		mergeAt: func(line int) string { return fmt.Sprintf("%s: model.merges[%d]", file, line) },
		cls:     post.Cls, sep: post.Sep,
		unknown: model.UnkToken, fuseUnknown: model.FuseUnk, prefixSpace: pre.AddPrefixSpace,
	}
	for i, m := range model.Merges {
		d.merges = append(d.merges, merge{m.left, m.right, i})
	}
	return d, nil
}

// section reads an object under key whose type must be want.
func section(file, key, want string, value jsontext.Value, v any) error {
	var m map[string]jsontext.Value
	if err := decode(file, "/"+key, orNull(value), &m); err != nil {
		return err
	}
	var kind string
	if err := decode(file, "/"+key+"/type", orNull(m["type"]), &kind); err != nil {
		return err
	}
	if kind != want {
		return fault.Invalidf("%s: %s.type %s is not supported: only %q is", file, key, printable(kind), want)
	}
	return decode(file, "/"+key, value, v)
}

// orNull is the value of a key that may be missing.
func orNull(v jsontext.Value) jsontext.Value {
	if len(v) == 0 {
		return jsontext.Value("null")
	}
	return v
}

// supported refuses the settings of BPE that RoBERTa does not use and that change ids, and
// a model without its tables.
func (m *bpeFile) supported(file string) error {
	set := func(s *string) bool { return s != nil && *s != "" }
	if m.Vocab == nil || m.Merges == nil {
		return fault.Invalidf("%s: model.vocab or model.merges is missing: get the file anew", file)
	}
	refused := ""
	switch {
	case m.Dropout != nil && *m.Dropout != 0:
		refused = "dropout"
	case set(m.ContinuingSubwordPrefix):
		refused = "continuing_subword_prefix"
	case set(m.EndOfWordSuffix):
		refused = "end_of_word_suffix"
	case m.ByteFallback:
		refused = "byte_fallback"
	case m.IgnoreMerges:
		refused = "ignore_merges"
	}
	if refused != "" {
		return fault.Invalidf("%s: model.%s is not supported: only null, false or empty is", file, refused)
	}
	return nil
}

// mergeFile is one of model.merges: "left right" or, since release 0.20, ["left","right"].
type mergeFile struct{ left, right string }

// UnmarshalJSONFrom reads both forms.
func (m *mergeFile) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '[' {
		var pair [2]string
		if err := json.UnmarshalDecode(d, &pair); err != nil {
			return err
		}
		m.left, m.right = pair[0], pair[1]
		if m.left == "" || m.right == "" {
			return errors.New("a token to merge is empty")
		}
		return nil
	}
	var text string
	if err := json.UnmarshalDecode(d, &text); err != nil {
		return err
	}
	var ok bool
	if m.left, m.right, ok = splitMerge(text); !ok {
		return fmt.Errorf("%s is not two tokens with a blank between", printable(text))
	}
	return nil
}

// splitMerge parts "left right" at its only blank.
func splitMerge(text string) (left, right string, ok bool) {
	left, right, ok = strings.Cut(text, " ")
	return left, right, ok && left != "" && right != "" && !strings.Contains(right, " ")
}

// specialToken is ["</s>", 2].
type specialToken struct {
	content string
	id      int32
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
