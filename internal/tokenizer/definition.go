package tokenizer

import (
	"github.com/dylora/dylora/internal/fault"
)

const (
	idLimit      = 1 << 24 // ids stay below; the largest vocabularies have 10⁶
	longestToken = 1024    // bytes of an added token
)

// definition is what a tokenizer's files say, in whichever format: the steps of the Rust
// library's pipeline, as data.
type definition struct {
	file        string // where vocab and added are from, for messages
	added       []addedToken
	normalizers normalizers
	cuts        preTokenizers
	vocab       map[string]int32 // of the model
	model       modelSettings
	post        template
	cutLeft     bool // a text that is too long loses its beginning
}

// tokenizer checks the definition and builds the tables for encoding.
func (d *definition) tokenizer() (*Tokenizer, error) {
	byID, err := d.checkVocab()
	if err != nil {
		return nil, err
	}
	if err := d.checkAdded(byID); err != nil {
		return nil, err
	}
	for _, token := range d.post.tokens() {
		if err := d.checkSpecial(token, byID); err != nil {
			return nil, err
		}
	}
	if err := d.checkFirst(); err != nil {
		return nil, err
	}
	byteLevel := d.cuts.bytesLast() && d.model.readsBytes()
	t := &Tokenizer{normal: d.normalizers, cuts: d.cuts.asCharacters(byteLevel).fused(), post: d.post, left: d.cutLeft}
	for id := range byID {
		t.size = max(t.size, int(id)+1)
	}
	if t.model, err = d.model.build(d, byteLevel); err != nil {
		return nil, err
	}
	t.added, err = d.matchers()
	return t, err
}

// matchers find the added tokens: first those that are matched in the text as it is, then
// those that are matched, normalised themselves, in normalised text.
func (d *definition) matchers() (m [2]matcher, err error) {
	var raw, normalized []addedToken
	seen := map[string]string{}
	for _, a := range d.added {
		if !a.Normalized {
			raw = append(raw, a)
			continue
		}
		content := a.Content
		a.Content = d.normalizers.apply(content)
		if twin, twice := seen[a.Content]; a.Content == "" || twice {
			return m, fault.Invalidf("%s: added_tokens: nothing is left of %s, or what is left of %s, after normalisation: remove the token",
				d.file, printable(content), printable(twin))
		}
		seen[a.Content] = content
		normalized = append(normalized, a)
	}
	return [2]matcher{newMatcher(raw), newMatcher(normalized)}, nil
}

// unknownToken is the id of what stands for text without a token.
func (d *definition) unknownToken(content string) (int32, error) {
	id, ok := d.vocab[content]
	if !ok {
		return 0, fault.Invalidf("%s: unk_token %s is not in the vocabulary: add it or name another", d.file, printable(content))
	}
	return id, nil
}

// checkVocab refuses ids out of range and ids of two tokens, and returns the tokens by id.
// Ids that no token has are harmless: the embedding has a row for them all the same.
func (d *definition) checkVocab() (map[int32]string, error) {
	byID := make(map[int32]string, len(d.vocab))
	for content, id := range d.vocab {
		if id < 0 || id >= idLimit {
			return nil, fault.Invalidf("%s: vocabulary: %s has the id %d, which is not in [0, %d): get the file anew",
				d.file, printable(content), id, idLimit)
		}
		if twin, taken := byID[id]; taken {
			first, second := min(content, twin), max(content, twin)
			return nil, fault.Invalidf("%s: vocabulary: %s and %s both have the id %d: get the file anew",
				d.file, printable(first), printable(second), id)
		}
		byID[id] = content
	}
	return byID, nil
}

// checkAdded checks the added tokens and enters them into byID.
func (d *definition) checkAdded(byID map[int32]string) error {
	for _, a := range d.added {
		switch {
		case len(a.Content) > longestToken:
			return fault.Invalidf("%s: the added token %s has %d bytes, more than %d: remove it", d.file, printable(a.Content), len(a.Content), longestToken)
		case a.ID >= idLimit:
			return fault.Invalidf("%s: the added token %s has the id %d, which is not below %d: remove it", d.file, printable(a.Content), a.ID, idLimit)
		}
		byID[a.ID] = a.Content
	}
	return nil
}

// vocabSize is the number of ids in the vocabulary; in that of Unigram tokens may repeat.
func (d *definition) vocabSize() int32 {
	if s, ok := d.model.(*unigramSettings); ok {
		return int32(len(s.tokens))
	}
	return int32(len(d.vocab))
}

// checkSpecial refuses a token of the post-processor whose id is another token's.
func (d *definition) checkSpecial(s specialToken, byID map[int32]string) error {
	if content, ok := byID[s.id]; !ok || content != s.content {
		return fault.Invalidf("%s: post_processor: %s does not have the id %d: make them agree", d.file, printable(s.content), s.id)
	}
	return nil
}
