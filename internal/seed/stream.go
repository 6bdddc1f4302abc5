package seed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// Stream is SplitMix64, read in order. It is a value: a copy goes on by itself.
type Stream struct{ state uint64 }

// NewStream starts at a state. Streams of states that differ by little are independent, but
// for those a multiple of the increment apart, which run through the same numbers: give
// names to streams that exist side by side.
func NewStream(state uint64) Stream { return Stream{state} }

// Named is the stream of one purpose and name, such as a tensor's: it starts at FNV-1a, of
// 64 bits, of "purpose seed name".
func Named(seed uint64, purpose, name string) Stream {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d %s", purpose, seed, name)
	return Stream{h.Sum64()}
}

// Uint64 is the next number.
func (s *Stream) Uint64() uint64 {
	s.state += gamma
	return Mix(s.state)
}

// Hashed is the generator of one purpose and name, seeded by the first 16 bytes of SHA-256
// of the three: no two purposes, names or seeds share one.
func Hashed(seed uint64, purpose, name string) *rand.PCG {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %q %q", seed, purpose, name))
	return rand.NewPCG(binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:]))
}
