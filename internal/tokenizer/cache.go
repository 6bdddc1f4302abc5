package tokenizer

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
)

const (
	cacheSlots = 1 << 16 // a power of two
	cachedWord = 64      // bytes; longer words are rare and not kept
)

// cache remembers the ids of words. Each word has one slot, by its hash, and takes it
// from whoever was there: bounded without a lock and without bookkeeping.
type cache struct {
	seed  maphash.Seed
	slots []atomic.Pointer[cacheEntry]
}

type cacheEntry struct {
	word string
	ids  []int32
}

func newCache() cache {
	return cache{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[cacheEntry], cacheSlots)}
}

func (c *cache) slot(word string) *atomic.Pointer[cacheEntry] {
	return &c.slots[maphash.String(c.seed, word)%cacheSlots]
}

// get returns the ids of word, which are not to be changed.
func (c *cache) get(word string) ([]int32, bool) {
	if len(word) > cachedWord {
		return nil, false
	}
	e := c.slot(word).Load()
	if e == nil || e.word != word {
		return nil, false
	}
	return e.ids, true
}

// put keeps copies of word and ids, so that neither holds on to a whole text.
func (c *cache) put(word string, ids []int32) {
	if len(word) <= cachedWord {
		c.slot(word).Store(&cacheEntry{strings.Clone(word), slices.Clone(ids)})
	}
}
