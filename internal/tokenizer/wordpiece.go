package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// wordPiece cuts a word into the longest tokens that it can be cut into from the left.
// Source: models/wordpiece/mod.rs of the library.
type wordPiece struct {
	first   map[string]int32 // tokens at the start of a word
	later   map[string]int32 // tokens inside one, without their prefix "##"
	longest int              // bytes of a token
	most    int              // characters of a word, longer ones are unknown
	unknown int32
	cache   cache
}

// encode appends the ids of one word.
func (p *wordPiece) encode(ids []int32, word string) []int32 {
	if known, ok := p.cache.get(word); ok {
		return append(ids, known...)
	}
	before := len(ids)
	ids = p.cut(ids, word)
	p.cache.put(word, ids[before:])
	return ids
}

// cut appends the tokens of word, or the unknown token where there is a part without one.
func (p *wordPiece) cut(ids []int32, word string) []int32 {
	if len(word) > p.most && utf8.RuneCountInString(word) > p.most {
		return append(ids, p.unknown)
	}
	before := len(ids)
	tokens := p.first
	for rest := word; rest != ""; tokens = p.later {
		id, n := longest(tokens, rest[:min(len(rest), p.longest)])
		if n == 0 {
			return append(ids[:before], p.unknown)
		}
		ids, rest = append(ids, id), rest[n:]
	}
	return ids
}

// longest is the longest token that text begins with, and its length; 0 if there is none.
func longest(tokens map[string]int32, text string) (id int32, n int) {
	for n = len(text); n > 0; n-- {
		if n < len(text) && !utf8.RuneStart(text[n]) {
			continue
		}
		if id, ok := tokens[text[:n]]; ok {
			return id, n
		}
	}
	return 0, 0
}

// wordPieceSettings are the settings of WordPiece in a file.
type wordPieceSettings struct {
	prefix  string // of tokens inside a word
	most    int
	unknown string
}

func (s *wordPieceSettings) readsBytes() bool { return false }

// build makes the tables for encoding.
func (s *wordPieceSettings) build(d *definition, _ bool) (model, error) {
	p := &wordPiece{first: d.vocab, later: map[string]int32{}, most: s.most, cache: newCache()}
	var err error
	if p.unknown, err = d.unknownToken(s.unknown); err != nil {
		return nil, err
	}
	for token, id := range d.vocab {
		p.longest = max(p.longest, len(token))
		if rest, ok := strings.CutPrefix(token, s.prefix); ok {
			p.later[rest] = id
		}
	}
	return p, nil
}
