package tokenizer

import (
	"slices"
	"sync"
	"unicode/utf8"
)

// clusterKind is the property of a character by which text is cut into extended grapheme clusters,
// each of which a reader takes for one character (Unicode Standard Annex #29, table 2).
type clusterKind uint8

const (
	anyKind clusterKind = iota
	carriageReturn
	lineFeed
	control
	extend
	joiner
	spacing
	prefixed
	consonant
	pictograph
	regional
	hangulL
	hangulV
	hangulT
	hangulLV
	hangulLVT
)

type clusterRange struct {
	low, high rune
	kind      clusterKind
}

// clusterPages is the table of clusterRanges by the character's upper bits, of which most
// share the page of all zeros.
var clusterPages = sync.OnceValue(func() *[(utf8.MaxRune + 1) >> 8]*[256]clusterKind {
	var pages [(utf8.MaxRune + 1) >> 8]*[256]clusterKind
	empty := new([256]clusterKind)
	for i := range pages {
		pages[i] = empty
	}
	set := func(r rune, kind clusterKind) {
		if pages[r>>8] == empty {
			pages[r>>8] = new([256]clusterKind)
		}
		pages[r>>8][r&0xff] = kind
	}
	for _, c := range clusterRanges {
		for r := c.low; r <= c.high; r++ {
			set(r, c.kind)
		}
	}
	for r := rune(hangulBase); r < hangulBase+hangulCount; r++ {
		kind := hangulLVT
		if (r-hangulBase)%tailCount == 0 {
			kind = hangulLV
		}
		set(r, kind)
	}
	return &pages
})

// cluster is the length in bytes of the grapheme cluster that text begins with. A byte that
// is not UTF-8 is a character of no kind. Source: grapheme.rs of unicode-segmentation 1.13.
func cluster(text string) int {
	pages := clusterPages()
	r, n := utf8.DecodeRuneInString(text)
	before := pages[r>>8][r&0xff]
	var c clusterState
	c.add(r, before)
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		kind := pages[r>>8][r&0xff]
		if !c.joins(before, kind) {
			break
		}
		c.add(r, kind)
		before = kind
		n += size
	}
	return n
}

// clusterState summarises the characters of a cluster so far for the next one.
type clusterState struct {
	odd     bool // an odd number of regional indicators is at the end
	pict    bool // a pictograph and marks are at the end,
	joined  bool // and a joiner behind them
	indic   bool // a consonant and marks are at the end,
	linkers bool // with a linker among the marks
}

// add takes a character into the cluster.
func (c *clusterState) add(r rune, kind clusterKind) {
	c.joined = kind == joiner && c.pict
	c.pict = kind == pictograph || c.pict && kind == extend
	c.odd = kind == regional && !c.odd
	switch {
	case kind == consonant:
		c.indic, c.linkers = true, false
	case kind != extend && kind != joiner || r == 0x200c:
		c.indic, c.linkers = false, false
	case c.indic && slices.Contains(linkers, r):
		c.linkers = true
	}
}

// joins says whether a character belongs to the cluster that ends with one of kind before.
func (c *clusterState) joins(before, kind clusterKind) bool {
	switch {
	case before == carriageReturn && kind == lineFeed: // GB3
		return true
	case isBreak(before) || isBreak(kind): // GB4, GB5
		return false
	case kind == extend || kind == joiner || kind == spacing || before == prefixed: // GB9, GB9a, GB9b
		return true
	}
	switch kind {
	case hangulL, hangulLV, hangulLVT: // GB6
		return before == hangulL
	case hangulV: // GB6, GB7
		return before == hangulL || before == hangulLV || before == hangulV
	case hangulT: // GB7, GB8
		return before == hangulLV || before == hangulV || before == hangulLVT || before == hangulT
	case consonant: // GB9c
		return c.linkers
	case pictograph: // GB11
		return c.joined
	case regional: // GB12, GB13
		return c.odd
	}
	return false
}

func isBreak(kind clusterKind) bool {
	return kind == control || kind == carriageReturn || kind == lineFeed
}
