package tokenizer

import (
	"maps"
	"slices"

	"github.com/dylora/dylora/internal/fault"
)

// addedSet numbers added tokens as the Rust library does. Source: AddedVocabulary in
// tokenizer/added_vocabulary.rs.
type addedSet struct {
	vocab map[string]int32 // of the model
	size  int32            // tokens of the model
	ids   map[string]int32 // of the added tokens
	byID  map[int32]addedToken
}

func newAddedSet(d *definition) *addedSet {
	return &addedSet{vocab: d.vocab, size: d.vocabSize(), ids: map[string]int32{}, byID: map[int32]addedToken{}}
}

// add adds tokens. One that the vocabulary has keeps its id, others get the next ones, from
// the number of tokens in the vocabulary on: where that has larger ids than tokens, it may be
// the id of one of them. A token that is added again gets the new flags, and of two of the same
// id the second one stays.
func (s *addedSet) add(tokens []addedToken) {
	next := s.size
	for id := range s.byID {
		next = max(next, id+1)
	}
	for _, t := range tokens {
		if t.Content == "" {
			continue
		}
		id, known := s.ids[t.Content]
		if !known {
			id, known = s.vocab[t.Content]
		}
		if !known {
			id = next
			next++
		}
		t.ID = id
		s.ids[t.Content], s.byID[id] = id, t
	}
}

// tokens are the added tokens in the order of their ids.
func (s *addedSet) tokens() (all []addedToken) {
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		all = append(all, s.byID[id])
	}
	return all
}

// added finds out the added tokens of a class over the vocabulary of d, and the id of each
// named special token, which is one of them.
func (a *arguments) added(c *tokenizerClass, d *definition) (named, error) {
	n, err := a.named(c)
	if err != nil {
		return n, err
	}
	set := newAddedSet(d)
	set.add(d.added)
	if err := checkFile(d, set); err != nil {
		return n, err
	}
	more, err := a.toAdd(c, n, d.added)
	if err != nil {
		return n, err
	}
	set.add(more)
	d.added = set.tokens()
	return n, nil
}

// checkFile refuses a tokenizer.json whose added tokens are faulty, or have other ids there than
// the library gives them.
func checkFile(d *definition, set *addedSet) error {
	seen := make(map[string]bool, len(d.added))
	for i, t := range d.added {
		if t.Content == "" || len(t.Content) > longestToken {
			return fault.Invalidf("%s: added_tokens[%d].content has %d bytes, not 1 to %d: remove the token", d.file, i, len(t.Content), longestToken)
		}
		if seen[t.Content] {
			return fault.Invalidf("%s: added_tokens[%d].content repeats %s: remove one of them", d.file, i, printable(t.Content))
		}
		seen[t.Content] = true
		if id := set.ids[t.Content]; id != t.ID {
			return fault.Invalidf("%s: added_tokens[%d]: %s has the id %d, but by the vocabulary it is %d: make them agree",
				d.file, i, printable(t.Content), t.ID, id)
		}
	}
	return nil
}
