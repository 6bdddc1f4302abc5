package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// unigram cuts a piece into the tokens whose scores, which are log probabilities, have the
// largest sum (Kudo 2018, section 3.2). A character that is no token is an unknown one of
// the lowest score less 10, and unknown ones in a row are one. Sums are float64, made from
// the left, and of equal ones the first found stays, as in the library: its
// Unigram.encode_optimized in models/unigram/model.rs.
type unigram struct {
	trie         *trie
	scores       []float64 // by id
	unknown      int32
	unknownScore float64
	bytes        *[256]int32 // the tokens "<0x00>" to "<0xFF>" or none, which stand for unknown text; nil without byte_fallback
	cache        cache
}

// unknownPenalty is subtracted from the worst token's score for an unknown character.
const unknownPenalty = 10

// pathNode is the best way to a position: the token that ends there and where it begins.
type pathNode struct {
	score float64
	start int32 // or none: nothing leads here yet
	id    int32
}

// shortPiece is the length in bytes up to which a path needs no memory of its own.
const shortPiece = 63

// encode appends the ids of piece.
func (u *unigram) encode(ids []int32, piece string) []int32 {
	if known, ok := u.cache.get(piece); ok {
		return append(ids, known...)
	}
	before := len(ids)
	for len(piece) > longestWord {
		ids = u.cut(ids, piece[:longestWord])
		piece = piece[longestWord:]
	}
	ids = u.cut(ids, piece)
	u.cache.put(piece, ids[before:])
	return ids
}

// cut appends the tokens of the best path through piece.
func (u *unigram) cut(ids []int32, piece string) []int32 {
	var short [shortPiece + 1]pathNode
	path := short[:]
	if len(piece) > shortPiece {
		path = make([]pathNode, len(piece)+1)
	}
	path = path[:len(piece)+1]
	for i := range path[1:] {
		path[1+i].start = none
	}
	for at := 0; at < len(piece); {
		at += u.extend(path, piece, at)
	}
	before := len(ids)
	ids = u.trace(ids, path, piece)
	slices.Reverse(ids[before:])
	return ids
}

// extend enters the tokens that begin at a position, and returns the length of the
// character there.
func (u *unigram) extend(path []pathNode, piece string, at int) int {
	_, size := utf8.DecodeRuneInString(piece[at:])
	till, single := path[at].score, false
	node := int32(0)
	for end := at; end < len(piece); {
		if node = u.trie.child(node, piece[end]); node == 0 {
			break
		}
		end++
		id := u.trie.ids[node]
		if id == none {
			continue
		}
		single = single || end == at+size
		path[end].improve(u.scores[id]+till, at, id)
	}
	if !single {
		path[at+size].improve(u.unknownScore+till, at, u.unknown)
	}
	return size
}

// improve enters a path if it is the first or better than the one that is there.
func (n *pathNode) improve(score float64, start int, id int32) {
	if n.start == none || score > n.score {
		*n = pathNode{score, int32(start), id}
	}
}

// trace appends the tokens of the path from its end.
func (u *unigram) trace(ids []int32, path []pathNode, piece string) []int32 {
	for end := len(piece); end > 0; {
		n := path[end]
		start := int(n.start)
		if n.id != u.unknown {
			ids = append(ids, n.id)
			end = start
			continue
		}
		for start > 0 && path[start].id == u.unknown {
			start = int(path[start].start)
		}
		ids = u.appendUnknown(ids, piece[start:end])
		end = start
	}
	return ids
}

// appendUnknown appends what stands for a run of unknown characters, the last byte first:
// the token that it is as a whole, or its bytes, or the unknown token.
func (u *unigram) appendUnknown(ids []int32, run string) []int32 {
	if id, ok := u.trie.find(run); ok {
		return append(ids, id)
	}
	if u.bytes == nil {
		return append(ids, u.unknown)
	}
	before := len(ids)
	for i := len(run) - 1; i >= 0; i-- {
		id := u.bytes[run[i]]
		if id == none {
			return append(ids[:before], u.unknown)
		}
		ids = append(ids, id)
	}
	return ids
}

// unigramSettings are the settings of Unigram in a file: tokens and scores by id.
type unigramSettings struct {
	tokens       []string
	scores       []float64 // as the library reads them
	decimals     []float64 // the nearest to what is written, which Transformers' own classes take
	unknown      *int64
	byteFallback bool
}

func (s *unigramSettings) readsBytes() bool { return false }

// build makes the trie and the table of bytes. The scores were checked when they were read.
func (s *unigramSettings) build(d *definition, _ bool) (model, error) {
	if s.unknown == nil {
		return nil, fault.Invalidf("%s: model.unk_id is null, so text that is no token has no id: name the unknown token", d.file)
	}
	if *s.unknown < 0 || *s.unknown >= int64(len(s.tokens)) {
		return nil, fault.Invalidf("%s: model.unk_id %d is not in [0, %d): get the file anew", d.file, *s.unknown, len(s.tokens))
	}
	u := &unigram{trie: newTrie(s.tokens), scores: s.scores, unknown: int32(*s.unknown), cache: newCache()}
	lowest := math.Inf(1)
	for _, score := range s.scores {
		lowest = min(lowest, score)
	}
	u.unknownScore = lowest - unknownPenalty
	if s.byteFallback {
		u.bytes = new([256]int32)
		for b := range u.bytes {
			u.bytes[b], _ = u.trie.find(fmt.Sprintf("<0x%02X>", b))
		}
	}
	return u, nil
}
