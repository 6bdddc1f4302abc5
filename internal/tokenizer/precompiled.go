package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dylora/dylora/internal/fault"
)

// characterMap is SentencePiece's precompiled normalisation: a double-array trie over the
// bytes of what is replaced, and the replacements, each ended by a zero. The first unit is
// the root; the units of a node's children lie at its offset, xor the byte.
// Source: the crate spm_precompiled 0.1.4 and normalizers/precompiled.rs of the library.
type characterMap struct {
	units []uint32
	texts string
	plain [256]bool // bytes of ASCII that stay as they are, whatever ASCII follows
}

// longestCluster bounds the grapheme clusters, in bytes, that are looked up as a whole.
const longestCluster = 5

// longestReplacement bounds what one character becomes; the longest one of Unicode has 33.
const longestReplacement = 1024

// newCharacterMap reads the map: the length of the trie in bytes, its units and the
// replacements. Every unit that any text leads to must be there.
func newCharacterMap(blob []byte) (*characterMap, error) {
	if len(blob) < 4 {
		return nil, errors.New("it is shorter than 4 bytes")
	}
	size := binary.LittleEndian.Uint32(blob)
	blob = blob[4:]
	if uint64(size) > uint64(len(blob)) {
		return nil, errors.New("its trie is longer than it is")
	}
	m := &characterMap{units: make([]uint32, size/4)}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(blob[4*i:])
	}
	m.texts = string(blob[4*len(m.units):])
	if !utf8.ValidString(m.texts) {
		return nil, errors.New("its replacements are not utf-8")
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	for b := range byte(utf8.RuneSelf) {
		_, replaced := m.find(string(rune(b)))
		m.plain[b] = !replaced && b != '\r' // which forms one cluster with a line feed
	}
	return m, nil
}

// The fields of a unit.
func unitOffset(u uint32) uint64 { return uint64(u>>10) << (u & (1 << 9) >> 6) }
func unitIsLeaf(u uint32) bool   { return u>>8&1 == 1 }
func unitValue(u uint32) uint32  { return u &^ (1 << 31) }
func unitLabel(u uint32) uint32  { return u & (1<<31 | 0xff) }

// check follows every path through the trie, up to its first replacement.
func (m *characterMap) check() error {
	errRange := errors.New("its trie leads out of itself")
	if len(m.units) == 0 {
		return errRange
	}
	seen := make([]bool, len(m.units))
	nodes := []uint64{unitOffset(m.units[0])} // positions of nodes whose children are to be visited
	for len(nodes) > 0 {
		node := nodes[len(nodes)-1]
		nodes = nodes[:len(nodes)-1]
		if node|0xff >= uint64(len(m.units)) {
			return errRange
		}
		if seen[node] {
			continue
		}
		seen[node] = true
		for b := uint64(1); b < 256; b++ {
			unit := m.units[node^b]
			if unitLabel(unit) != uint32(b) {
				continue
			}
			child := node ^ b ^ unitOffset(unit)
			if !unitIsLeaf(unit) {
				nodes = append(nodes, child)
				continue
			}
			if child >= uint64(len(m.units)) {
				return errRange
			}
			if err := m.checkReplacement(int(unitValue(m.units[child]))); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkReplacement checks that a replacement begins at a character of the texts, and is not
// of a length that no text can be normalised with.
func (m *characterMap) checkReplacement(at int) error {
	if at > len(m.texts) || at < len(m.texts) && !utf8.RuneStart(m.texts[at]) {
		return errors.New("a replacement of it is not where it should be")
	}
	if rest := m.texts[at:]; len(rest) > longestReplacement && strings.IndexByte(rest[:longestReplacement+1], 0) < 0 {
		return fmt.Errorf("a replacement of it has more than %d bytes", longestReplacement)
	}
	return nil
}

// find returns what replaces text, which is decided by the shortest of the map's entries
// that text begins with.
func (m *characterMap) find(text string) (string, bool) {
	node := unitOffset(m.units[0])
	for i := range len(text) {
		b := text[i]
		if b == 0 {
			break
		}
		unit := m.units[node^uint64(b)]
		if unitLabel(unit) != uint32(b) {
			break
		}
		node ^= uint64(b) ^ unitOffset(unit)
		if unitIsLeaf(unit) {
			replacement := m.texts[unitValue(m.units[node]):]
			if end := strings.IndexByte(replacement, 0); end >= 0 {
				replacement = replacement[:end]
			}
			return replacement, true
		}
	}
	return "", false
}

// apply replaces in text. A grapheme cluster of up to five bytes is looked up as a whole
// first, and replaced as a whole even by what replaces its beginning; a longer one, and
// one that is not in the map, character by character.
func (m *characterMap) apply(text string) string {
	n := m.unchanged(text)
	if n == len(text) {
		return text
	}
	var s strings.Builder
	s.Grow(len(text) + len(text)/8)
	for {
		s.WriteString(text[:n])
		text = text[n:]
		if text == "" {
			return s.String()
		}
		n = cluster(text)
		m.replace(&s, text[:n])
		text = text[n:]
		n = m.unchanged(text)
	}
}

// unchanged is the length of the ASCII that text begins with and that stays as it is; the
// last character before others may be one with them.
func (m *characterMap) unchanged(text string) int {
	for i := range len(text) {
		if !m.plain[text[i]] {
			if i > 0 && text[i] >= utf8.RuneSelf {
				return i - 1
			}
			return i
		}
	}
	return len(text)
}

// replace writes what a cluster becomes.
func (m *characterMap) replace(s *strings.Builder, cluster string) {
	if len(cluster) <= longestCluster {
		if replacement, ok := m.find(cluster); ok {
			s.WriteString(replacement)
			return
		}
	}
	for cluster != "" {
		_, n := utf8.DecodeRuneInString(cluster)
		if replacement, ok := m.find(cluster[:n]); ok {
			s.WriteString(replacement)
		} else {
			s.WriteString(cluster[:n])
		}
		cluster = cluster[n:]
	}
}

type precompiledFile struct {
	Type string  `json:"type"`
	Map  *string `json:"precompiled_charsmap"`
}

// readPrecompiled reads the map in base64.
func readPrecompiled(e entry) (*characterMap, error) {
	var f precompiledFile
	if err := e.decode(&f); err != nil {
		return nil, err
	}
	if f.Map == nil {
		return nil, e.missing("precompiled_charsmap")
	}
	blob, err := base64.StdEncoding.DecodeString(*f.Map)
	if err != nil {
		return nil, fault.Invalidf("%s: %s.precompiled_charsmap is not base64: get the file anew", e.file, e.name())
	}
	m, err := newCharacterMap(blob)
	if err != nil {
		return nil, fault.Invalidf("%s: %s.precompiled_charsmap: %w: get the file anew", e.file, e.name(), err)
	}
	return m, nil
}
