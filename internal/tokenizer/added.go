package tokenizer

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// addedToken is a token that is recognised in the text before it is cut, or in normalised
// text. Its fields are those of tokenizer.json.
type addedToken struct {
	ID         int32
	Content    string
	SingleWord bool // only where no word character touches it
	LStrip     bool // takes the white space on its left with it
	RStrip     bool // and on its right
	Normalized bool // matched after those that are not
	Special    bool // of no effect on encoding
}

// UnmarshalJSONFrom wants all keys, as the library does.
func (a *addedToken) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var f struct {
		ID         *int32  `json:"id"`
		Content    *string `json:"content"`
		SingleWord *bool   `json:"single_word"`
		LStrip     *bool   `json:"lstrip"`
		RStrip     *bool   `json:"rstrip"`
		Normalized *bool   `json:"normalized"`
		Special    *bool   `json:"special"`
	}
	if err := json.UnmarshalDecode(d, &f); err != nil {
		return err
	}
	if f.ID == nil || f.Content == nil || f.SingleWord == nil || f.LStrip == nil || f.RStrip == nil || f.Normalized == nil || f.Special == nil {
		return errors.New("id, content, single_word, lstrip, rstrip, normalized or special is missing")
	}
	*a = addedToken{ID: *f.ID, Content: *f.Content, SingleWord: *f.SingleWord, LStrip: *f.LStrip, RStrip: *f.RStrip, Normalized: *f.Normalized, Special: *f.Special}
	return nil
}

// matcher finds added tokens, the leftmost and of those the longest, by a trie of their
// bytes. Source: find_matches in the library's tokenizer/added_vocabulary.rs.
type matcher struct {
	tokens []addedToken
	edges  map[edge]int32
	ends   []int32   // by node: which of tokens ends there, or none
	begins [256]bool // bytes that a token begins with
}

type edge struct {
	node int32
	b    byte
}

// match is an added token in a text: [start, stop) with the white space it takes along;
// the search goes on at next, where the token itself ends.
type match struct {
	id                int32
	start, stop, next int
}

// newMatcher builds the trie; no token may be empty.
func newMatcher(tokens []addedToken) matcher {
	m := matcher{tokens: tokens, edges: map[edge]int32{}, ends: []int32{none}}
	for i, t := range tokens {
		m.begins[t.Content[0]] = true
		node := int32(0)
		for _, b := range []byte(t.Content) {
			next, ok := m.edges[edge{node, b}]
			if !ok {
				next = int32(len(m.ends))
				m.edges[edge{node, b}] = next
				m.ends = append(m.ends, none)
			}
			node = next
		}
		m.ends[node] = int32(i)
	}
	return m
}

// find returns the first added token of text at or after from; done is where the match
// before it stopped.
func (m *matcher) find(text string, from, done int) (match, bool) {
	for at := from; at < len(text); at++ {
		if !m.begins[text[at]] {
			continue
		}
		which, n := m.longest(text[at:])
		if which == none {
			continue
		}
		t, end := &m.tokens[which], at+n
		if t.SingleWord && (endsInWord(text[:at]) || startsInWord(text[end:])) {
			at = end - 1
			continue
		}
		found := match{id: t.ID, start: at, stop: end, next: end}
		if t.LStrip { // what the match before took is not taken again
			found.start = done
			if done < at {
				found.start += len(strings.TrimRightFunc(text[done:at], unicode.IsSpace))
			}
		}
		if t.RStrip { // up to done it is white space already, by the match before
			found.stop = len(text) - len(strings.TrimLeftFunc(text[max(done, end):], unicode.IsSpace))
		}
		return found, true
	}
	return match{}, false
}

// longest returns the longest token that s begins with, and its length.
func (m *matcher) longest(s string) (which int32, n int) {
	which = none
	node := int32(0)
	for i := range len(s) {
		next, ok := m.edges[edge{node, s[i]}]
		if !ok {
			break
		}
		node = next
		if m.ends[node] != none {
			which, n = m.ends[node], i+1
		}
	}
	return which, n
}

func endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && inWord(r)
}

func startsInWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && inWord(r)
}

// inWord is \w of the Rust regex library (Unicode TR 18, annex C).
func inWord(r rune) bool {
	return isLetter(r) || unicode.In(r, newNumbers, newWordMarks) ||
		unicode.In(r, unicode.M, unicode.Nd, unicode.Nl, unicode.Other_Alphabetic, unicode.Pc, unicode.Join_Control)
}
