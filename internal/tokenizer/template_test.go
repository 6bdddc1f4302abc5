package tokenizer

import (
	"slices"
	"testing"
)

func TestTemplates(t *testing.T) {
	cls, sep := specialToken{"<s>", 0}, specialToken{"</s>", 2}
	a, b := "the", "cat"
	for _, tt := range []struct {
		name       string
		post       template
		ids, types []int32 // of the pair; 10 and 11 are the texts
		count      int
	}{
		{"RoBERTa's", robertaTemplate(cls, sep), []int32{0, 10, 2, 2, 11, 2}, nil, 1},
		{"BERT's", bertTemplate(cls, sep), []int32{0, 10, 2, 11, 2}, []int32{0, 0, 0, 1, 1}, 2},
		{"BERT's without types", bertTemplate(cls, sep).untyped(), []int32{0, 10, 2, 11, 2}, nil, 1},
		{"none", plainTemplate(), []int32{10, 11}, []int32{0, 1}, 2},
		{"the second text alone", template{pair: []part{{text: secondText, kind: 4}}}, []int32{11}, []int32{4}, 5},
		{"nothing", template{}, []int32{}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tok := &Tokenizer{post: tt.post, model: wholeTexts{a: 10, b: 11}, added: [2]matcher{newMatcher(nil), newMatcher(nil)}}
			ids, types := tok.Sequence(a, &b, 0)
			if !slices.Equal(ids, tt.ids) || !slices.Equal(types, tt.types) || tok.TypeCount() != tt.count {
				t.Errorf("%v of types %v, count %d; want %v of %v, %d", ids, types, tok.TypeCount(), tt.ids, tt.types, tt.count)
			}
		})
	}
	if got := bertTemplate(cls, sep).tokens(); !slices.Equal(got, []specialToken{cls, sep}) {
		t.Errorf("tokens %v", got)
	}
}

// wholeTexts is a model that knows texts.
type wholeTexts map[string]int32

func (w wholeTexts) encode(ids []int32, piece string) []int32 { return append(ids, w[piece]) }
