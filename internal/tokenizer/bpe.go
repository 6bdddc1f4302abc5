package tokenizer

// none marks a byte or an unknown token without an id, and the end of a list of symbols.
const none = -1

// longestWord bounds the positions in a word, which have 32 bits; beyond it a word is cut.
const longestWord = 1 << 30

// bpe joins the bytes of a word by learned merges (Sennrich et al. 2016, section 3.2).
type bpe struct {
	bytes   [256]int32        // the id of each byte, or none
	merges  map[uint64]merged // by pairOf(left, right)
	unknown int32             // stands for a byte without an id; none: such bytes are dropped
	fuse    bool              // neighbouring unknown bytes become one unknown token
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

// encode appends the ids of word, in O(n log n) for n bytes.
func (b *bpe) encode(ids []int32, word string) []int32 {
	for len(word) > longestWord {
		ids = b.encode(ids, word[:longestWord])
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

// symbols returns the list of word's bytes.
func (b *bpe) symbols(word string) []symbol {
	symbols := make([]symbol, 0, len(word))
	afterUnknown := false
	for i := range len(word) {
		id := b.bytes[word[i]]
		isUnknown := id == none
		if isUnknown {
			id = b.unknown
		}
		if !isUnknown || id != none && !(b.fuse && afterUnknown) {
			n := int32(len(symbols))
			symbols = append(symbols, symbol{id, n - 1, n + 1})
		}
		afterUnknown = isUnknown
	}
	if n := len(symbols); n > 0 {
		symbols[n-1].next = none
	}
	return symbols
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
