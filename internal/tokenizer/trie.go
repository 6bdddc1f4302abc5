package tokenizer

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// trie finds the tokens that a text begins with. Its nodes are numbered level by level, so
// that the children of a node, ordered by their bytes, have numbers in a row: half a
// million nodes are built in a few hundredths of a second and have 9 bytes each.
type trie struct {
	first []int32    // the children of node i are first[i] up to first[i+1]
	bytes []byte     // by which a node is reached
	ids   []int32    // of the token that ends at a node, or none
	root  [256]int32 // the root's children by byte, or 0
}

// trieKey is a token to be sorted.
type trieKey struct {
	token  string
	head   uint64 // its first eight bytes
	id     int32
	shared int32 // bytes that it has in common with the token before it
}

// newTrie builds the trie of tokens, whose ids are their positions. Of equal ones the last
// one counts; an empty one is never found.
func newTrie(tokens []string) *trie {
	keys := sortedKeys(tokens)
	next := levels(keys)
	n := next[len(next)-1]
	t := &trie{first: make([]int32, n+1), bytes: make([]byte, n), ids: make([]int32, n)}
	t.ids[0], t.first[0], t.first[n] = none, next[1], n
	for _, k := range keys {
		for depth := k.shared; depth < int32(len(k.token)); depth++ {
			node := next[depth+1]
			next[depth+1]++
			t.bytes[node], t.ids[node] = k.token[depth], none
			t.first[node] = next[depth+2] // where its children will be, if it gets some
		}
		t.ids[next[len(k.token)]-1] = k.id
	}
	for child := t.first[0]; child < t.first[1]; child++ {
		t.root[t.bytes[child]] = child
	}
	return t
}

// sortedKeys orders the tokens by their bytes, equal ones by their ids.
func sortedKeys(tokens []string) []trieKey {
	keys := make([]trieKey, 0, len(tokens))
	for id, token := range tokens {
		var head [8]byte
		copy(head[:], token)
		if token != "" {
			keys = append(keys, trieKey{token: token, head: binary.BigEndian.Uint64(head[:]), id: int32(id)})
		}
	}
	slices.SortFunc(keys, func(a, b trieKey) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(cmp.Compare(a.token, b.token), cmp.Compare(a.id, b.id))
	})
	before := ""
	for i := range keys {
		k := &keys[i]
		limit := int32(min(len(before), len(k.token)))
		for k.shared < limit && before[k.shared] == k.token[k.shared] {
			k.shared++
		}
		before = k.token
	}
	return keys
}

// levels returns the number of the first node of each level, the root's first, and last how
// many nodes there are. A token has a node of its own for each byte that it does not share.
func levels(keys []trieKey) []int32 {
	longest := 0
	for _, k := range keys {
		longest = max(longest, len(k.token))
	}
	next := make([]int32, longest+3)
	for _, k := range keys {
		for depth := k.shared; depth < int32(len(k.token)); depth++ {
			next[depth+2]++
		}
	}
	next[1] = 1
	for i := 2; i < len(next); i++ {
		next[i] += next[i-1]
	}
	return next
}

// child is the node that b leads to from node, or 0.
func (t *trie) child(node int32, b byte) int32 {
	if node == 0 {
		return t.root[b]
	}
	low, high := t.first[node], t.first[node+1]
	if at := bytes.IndexByte(t.bytes[low:high], b); at >= 0 {
		return low + int32(at)
	}
	return 0
}

// find returns the id of a token.
func (t *trie) find(token string) (id int32, ok bool) {
	node := int32(0)
	for i := range len(token) {
		if node = t.child(node, token[i]); node == 0 {
			return none, false
		}
	}
	return t.ids[node], t.ids[node] != none
}
