package seed

import (
	"math"
	"testing"
)

// The numbers of these tests are from an independent program; those of state 1234567 are
// published with the reference implementation.

func TestMix(t *testing.T) {
	for z, want := range map[uint64]uint64{0: 0, 1: 0x5692161d100b05e5, math.MaxUint64: 0xb4d055fcf2cbbd7b} {
		if got := Mix(z); got != want {
			t.Errorf("Mix(%#x) = %#x, want %#x", z, got, want)
		}
	}
}

func TestStream(t *testing.T) {
	s := NewStream(1234567)
	for i, want := range []uint64{0x599ed017fb08fc85, 0x2c73f08458540fa5, 0x883ebce5a3f27c77} {
		copied := s
		if got := s.Uint64(); got != want || copied.Uint64() != want || At(1234567, uint64(i+1)) != want {
			t.Errorf("number %d: %#x, by counter %#x, want %#x", i+1, got, At(1234567, uint64(i+1)), want)
		}
	}
}

func TestKey(t *testing.T) {
	for _, tt := range []struct {
		seed    uint64
		purpose string
		n       uint64
		want    uint64
	}{
		{0, "order", 0, 0xb0d4375e18a003f4},
		{42, "mixed", 1, 0xf491d11cb99669c4},
		{math.MaxUint64, "abcdefgh", math.MaxUint64, 0xd0127d836b7ab458},
	} {
		if got := Key(tt.seed, tt.purpose, tt.n); got != tt.want {
			t.Errorf("Key(%d, %q, %d) = %#x, want %#x", tt.seed, tt.purpose, tt.n, got, tt.want)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, tt := range []struct {
		seed          uint64
		purpose, name string
		want          [2]uint64
	}{
		{42, "head", "classifier.dense.weight", [2]uint64{0xd525a84ea17ba1c1, 0xf896228a7ff4968b}},
		{math.MaxUint64, "encoder", "", [2]uint64{0xb72e1ff89a438f7a, 0xbeda6bd6d252d7b}},
	} {
		s := Named(tt.seed, tt.purpose, tt.name)
		if got := [2]uint64{s.Uint64(), s.Uint64()}; got != tt.want {
			t.Errorf("Named(%d, %q, %q): %#x, want %#x", tt.seed, tt.purpose, tt.name, got, tt.want)
		}
	}
}

func TestHashed(t *testing.T) {
	for _, tt := range []struct {
		seed          uint64
		purpose, name string
		want          [2]uint64
	}{
		{42, "lora_A", "m", [2]uint64{0x4830486621456964, 0x573805d8b7f9cdae}},
		{math.MaxUint64, "rank", "7", [2]uint64{0xd290741497fed38c, 0x868d47561602bca3}},
	} {
		s := Hashed(tt.seed, tt.purpose, tt.name)
		if got := [2]uint64{s.Uint64(), s.Uint64()}; got != tt.want {
			t.Errorf("Hashed(%d, %q, %q): %#x, want %#x", tt.seed, tt.purpose, tt.name, got, tt.want)
		}
	}
	// The names are quoted, so that no two places run together.
	if Hashed(1, "a b", "c").Uint64() == Hashed(1, "a", "b c").Uint64() {
		t.Error("two purposes and names share a generator")
	}
}

func TestRanges(t *testing.T) {
	for _, tt := range []struct {
		random     uint64
		n, below   int
		unit, open float64
	}{
		{0, 10, 0, 0, 0x1p-54},
		{1 << 63, 10, 5, 0.5, 0.5}, // ½ + 2⁻⁵⁴, rounded to even
		{math.MaxUint64, 10, 9, 1 - 0x1p-53, 1},
		{math.MaxUint64, 1, 0, 1 - 0x1p-53, 1},
		{1 << 62, 3, 0, 0.25, 0.25 + 0x1p-54},
	} {
		if got := Below(tt.random, tt.n); got != tt.below {
			t.Errorf("Below(%#x, %d) = %d, want %d", tt.random, tt.n, got, tt.below)
		}
		if got := Unit(tt.random); got != tt.unit {
			t.Errorf("Unit(%#x) = %v, want %v", tt.random, got, tt.unit)
		}
		if got := OpenUnit(tt.random); got != tt.open {
			t.Errorf("OpenUnit(%#x) = %v, want %v", tt.random, got, tt.open)
		}
	}
}
