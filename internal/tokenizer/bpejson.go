package tokenizer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

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

// readBPE reads a model of this kind into d.
func readBPE(e entry, d *definition) error {
	var f bpeFile
	if err := e.decode(&f); err != nil {
		return err
	}
	switch {
	case f.Vocab == nil || f.Merges == nil:
		return e.missing("vocab or merges")
	case f.Dropout != nil && *f.Dropout != 0:
		return fault.Invalidf("%s: %s.dropout is not supported, only null or 0: with it, the ids of a text are random", e.file, e.name())
	}
	d.vocab = f.Vocab
	s := &bpeSettings{
		mergeAt: func(line int) string { return fmt.Sprintf("%s: %s.merges[%d]", e.file, e.name(), line) },
		unknown: f.UnkToken, fuse: f.FuseUnk, byteFallback: f.ByteFallback, wholeWords: f.IgnoreMerges,
		prefix: content(f.ContinuingSubwordPrefix), suffix: content(f.EndOfWordSuffix),
	}
	for i, m := range f.Merges {
		s.merges = append(s.merges, merge{m.left, m.right, i})
	}
	d.model = s
	return nil
}

// content is the text of a key that may be null.
func content(s *string) string {
	if s == nil {
		return ""
	}
	return *s
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
