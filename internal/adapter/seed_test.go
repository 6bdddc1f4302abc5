package adapter_test

import (
	"math"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

// TestNewBits pins the first values of A to the bit: a run of a seed begins alike in every
// version.
func TestNewBits(t *testing.T) {
	const site = "roberta.encoder.layer.0.attention.self."
	for _, tt := range []struct {
		seed uint64
		name string
		want []uint32
	}{
		{42, site + "query", []uint32{0x3e47ce03, 0xbefef2e4, 0xbdb215d1, 0x3eb54571, 0xbf0e98f8, 0xbe833d55}},
		{42, site + "value", []uint32{0xbe39ff39, 0xbe3cef7c, 0xbd49c8a6, 0x3d96eb57, 0x3e800922, 0x3e9a085e}},
		{math.MaxUint64, site + "query", []uint32{0xbd29e0f6, 0x3f07b25c, 0xbeee3cfa, 0xbe57f5c5, 0xbec79c24, 0x3dd6391c}},
	} {
		a, err := adapter.New(2, 4, adapter.Paper, []weights.Projection{{Name: tt.name, In: 3, Out: 5}}, nil, tt.seed)
		must(t, err)
		var got []uint32
		for _, x := range a.Modules[0].A {
			got = append(got, math.Float32bits(x))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("A of %s, seed %d: %#x, want %#x", tt.name, tt.seed, got, tt.want)
		}
	}
}

// TestSampledRanks pins the ranks of a run's first steps.
func TestSampledRanks(t *testing.T) {
	for _, tt := range []struct {
		spec string
		seed uint64
		want []int
	}{
		{"uniform", 42, []int{7, 6, 8, 1, 5, 4, 5, 7, 1, 8, 6, 1, 8, 4, 5, 8}},
		{"geometric", 42, []int{6, 4, 7, 1, 4, 3, 4, 6, 1, 8, 5, 1, 8, 3, 4, 7}},
		{"uniform", 0, []int{5, 5, 1, 3, 5, 7, 5, 1, 5, 4, 3, 3, 7, 3, 6, 2}},
	} {
		s, err := adapter.NewSampler(tt.spec, 1, 8, 1)
		must(t, err)
		var got []int
		for step := range 16 {
			got = append(got, s.Rank(tt.seed, step))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s, seed %d: %v, want %v", tt.spec, tt.seed, got, tt.want)
		}
	}
}
