package tokenizer

// none marks a symbol or an unknown token without an id, and the end of a list of symbols.
const none = -1

// longestWord bounds the positions in a word, which have 32 bits; beyond it a word is cut.
const longestWord = 1 << 30

// bpe joins the symbols of a word by learned merges (Sennrich et al. 2016, section 3.2). A
// symbol is a character of the vocabulary: of byte level a byte, else a character of the text.
type bpe struct {
	bytes   [256]int32        // the id of each byte, or none; else that of each character of ASCII
	spelt   *spelling         // of symbols that bytes does not tell; nil: it tells all
	merges  map[uint64]merged // by pairOf(left, right)
	unknown int32             // stands for a symbol without an id; none: such symbols are dropped
	fuse    bool              // neighbouring unknown symbols become one unknown token
	tokens  map[string]int32  // words that are a token as they are; nil: merges decide
	cache   cache
}

// merged is what two neighbours become. Of several merges that apply, the lowest rank wins.
type merged struct {
	rank uint32
	id   int32
}

// symbol is a piece of a word in a list linked by positions. A symbol that was joined to
// its left neighbour has the id none.
type symbol struct{ id, prev, next int32 }

func pairOf(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// encode appends the ids of word.
func (b *bpe) encode(ids []int32, word string) []int32 {
	if known, ok := b.cache.get(word); ok {
		return append(ids, known...)
	}
	before := len(ids)
	ids = b.join(ids, word)
	b.cache.put(word, ids[before:])
	return ids
}

// join appends the ids of word, in O(n log n) for n bytes.
func (b *bpe) join(ids []int32, word string) []int32 {
	if id, ok := b.tokens[word]; ok {
		return append(ids, id)
	}
	for len(word) > longestWord {
		ids = b.join(ids, word[:longestWord])
		word = word[longestWord:]
	}
	symbols := b.symbols(word)
	b.merge(symbols)
	for _, s := range symbols {
		if s.id != none {
			ids = append(ids, s.id)
		}
	}
	return ids
}

// symbols returns the list of word's symbols.
func (b *bpe) symbols(word string) []symbol {
	if b.spelt != nil {
		return b.spelt.symbols(b, word)
	}
	list := make(symbolList, 0, len(word))
	afterUnknown := false
	for i := range len(word) {
		id := b.bytes[word[i]]
		isUnknown := id == none
		if isUnknown {
			id = b.unknown
		}
		if !isUnknown || id != none && !(b.fuse && afterUnknown) {
			list.add(id)
		}
		afterUnknown = isUnknown
	}
	return list.linked()
}

// symbolList is a list of symbols in the making.
type symbolList []symbol

func (l *symbolList) add(id int32) {
	n := int32(len(*l))
	*l = append(*l, symbol{id, n - 1, n + 1})
}

// linked ends the list.
func (l symbolList) linked() []symbol {
	if n := len(l); n > 0 {
		l[n-1].next = none
	}
	return l
}

// merge joins symbols until no merge applies: always the pair of lowest rank and, of
// equals, the leftmost. The queue holds candidates as rank<<32|position; a merge makes
// its neighbours' entries stale, which shows when they come up.
func (b *bpe) merge(symbols []symbol) {
	var queue queue
	candidate := func(at int32) {
		if m, ok := b.at(symbols, at); ok {
			queue.push(uint64(m.rank)<<32 | uint64(at))
		}
	}
	for at := range symbols {
		candidate(int32(at))
	}
	for len(queue) > 0 {
		top := queue.pop()
		at := int32(uint32(top))
		m, ok := b.at(symbols, at)
		if !ok || m.rank != uint32(top>>32) {
			continue
		}
		left := &symbols[at]
		right := &symbols[left.next]
		left.id, right.id = m.id, none
		left.next = right.next
		if left.next != none {
			symbols[left.next].prev = at
		}
		candidate(at)
		if left.prev != none {
			candidate(left.prev)
		}
	}
}

// at returns the merge of the symbol at a position with its right neighbour.
func (b *bpe) at(symbols []symbol, at int32) (merged, bool) {
	s := symbols[at]
	if s.id == none || s.next == none {
		return merged{}, false
	}
	m, ok := b.merges[pairOf(s.id, symbols[s.next].id)]
	return m, ok
}

// queue is a binary heap, the smallest first.
type queue []uint64

func (q *queue) push(v uint64) {
	h := append(*q, v)
	i := len(h) - 1
	for i > 0 && v < h[(i-1)/2] {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = v
	*q = h
}

func (q *queue) pop() uint64 {
	h := *q
	top, v := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	i := 0
	for child := 1; child < len(h); child = 2*i + 1 {
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if v <= h[child] {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = v
	}
	return top
}
