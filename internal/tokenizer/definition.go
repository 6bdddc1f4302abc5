package tokenizer

import (
	"github.com/dylora/dylora/internal/fault"
)

const (
	idLimit      = 1 << 24 // ids stay below; the largest vocabularies have 10⁶
	longestToken = 1024    // bytes of an added token
)

// definition is the content of a tokenizer's files, in whichever format: the steps of the Rust
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
	size, err := d.checkVocab()
	if err != nil {
		return nil, err
	}
	added, err := d.checkAdded()
	if err != nil {
		return nil, err
	}
	for _, token := range d.post.tokens() {
		if err := d.checkSpecial(token, added); err != nil {
			return nil, err
		}
	}
	if err := d.checkFirst(); err != nil {
		return nil, err
	}
	byteLevel := d.cuts.bytesLast() && d.model.readsBytes()
	t := &Tokenizer{normal: d.normalizers, cuts: d.cuts.asCharacters(byteLevel).fused(), post: d.post, left: d.cutLeft}
	t.own, t.size = size, size
	for id := range added {
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

// checkVocab refuses ids out of range and ids of two tokens, and returns one more than the
// largest. Ids that no token has are harmless: the embedding has a row for them all the same.
func (d *definition) checkVocab() (size int, err error) {
	for content, id := range d.vocab {
		if id < 0 || id >= idLimit {
			return 0, fault.Invalidf("%s: vocabulary: %s has the id %d, which is not in [0, %d): get the file anew",
				d.file, printable(content), id, idLimit)
		}
		size = max(size, int(id)+1)
	}
	taken := make([]bool, size)
	for content, id := range d.vocab {
		if taken[id] {
			return 0, d.twins(content, id)
		}
		taken[id] = true
	}
	return size, nil
}

// twins refuses two tokens of the same id, of which content is one.
func (d *definition) twins(content string, id int32) error {
	for twin, same := range d.vocab {
		if same == id && twin != content {
			first, second := min(content, twin), max(content, twin)
			return fault.Invalidf("%s: vocabulary: %s and %s both have the id %d: get the file anew", d.file, printable(first), printable(second), id)
		}
	}
	return nil
}

// checkAdded checks the added tokens and returns them by id.
func (d *definition) checkAdded() (map[int32]string, error) {
	added := make(map[int32]string, len(d.added))
	for _, a := range d.added {
		switch {
		case len(a.Content) > longestToken:
			return nil, fault.Invalidf("%s: the added token %s has %d bytes, more than %d: remove it", d.file, printable(a.Content), len(a.Content), longestToken)
		case a.ID >= idLimit:
			return nil, fault.Invalidf("%s: the added token %s has the id %d, which is not below %d: remove it", d.file, printable(a.Content), a.ID, idLimit)
		}
		added[a.ID] = a.Content
	}
	return added, nil
}

// vocabSize is the number of ids in the vocabulary; in that of Unigram tokens may repeat.
func (d *definition) vocabSize() int32 {
	if s, ok := d.model.(*unigramSettings); ok {
		return int32(len(s.tokens))
	}
	return int32(len(d.vocab))
}

// checkSpecial refuses a token of the post-processor whose id is another token's.
func (d *definition) checkSpecial(s specialToken, added map[int32]string) error {
	content, ok := added[s.id]
	if !ok {
		id, known := d.vocab[s.content]
		content, ok = s.content, known && id == s.id
	}
	if !ok || content != s.content {
		return fault.Invalidf("%s: post_processor: %s does not have the id %d: make them agree", d.file, printable(s.content), s.id)
	}
	return nil
}
