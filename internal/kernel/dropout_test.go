package kernel

import (
	"hash/fnv"
	"math"
	"testing"
)

// TestDropoutMasks pins masks to the bit, across the border between the halves of an index.
func TestDropoutMasks(t *testing.T) {
	t.Parallel()
	mc := best(t, 1)
	for _, tt := range []struct {
		d    Dropout
		base uint64
		want uint64 // FNV-1a of a byte for each element, 1 if it is kept
	}{
		{Dropout{P: 0.1, Seed: 0, Step: 0, Site: 0}, 0, 0x9d859afb5afd33d8},
		{Dropout{P: 0.3, Seed: 42, Step: 7, Site: 3}, 1<<32 - 500, 0xb7ac8c15bb5509f2},
		{Dropout{P: 0.5, Seed: math.MaxUint64, Step: 1 << 40, Site: 1 << 31}, 12345, 0xe3ff77e82c00fe1c},
	} {
		x := make([]float32, 1000)
		for i := range x {
			x[i] = 1
		}
		mc.Dropout(tt.d, x, x, tt.base)
		h := fnv.New64a()
		for _, v := range x {
			kept := byte(0)
			if v != 0 {
				kept = 1
			}
			h.Write([]byte{kept})
		}
		if got := h.Sum64(); got != tt.want {
			t.Errorf("%+v from %d: %#x, want %#x", tt.d, tt.base, got, tt.want)
		}
	}
}
