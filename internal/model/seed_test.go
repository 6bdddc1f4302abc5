package model

import (
	"math"
	"slices"
	"testing"
)

// TestWeightsOfSeeds pins the first random weights of a head and of an encoder to the bit:
// a run of a seed begins alike in every version.
func TestWeightsOfSeeds(t *testing.T) {
	fills := map[string]func(v []float32, std float64, seed uint64, name string){"head": normal, "encoder": nearlyNormal}
	for _, tt := range []struct {
		kind string
		seed uint64
		name string
		want []uint32
	}{
		{"head", 42, "classifier.dense.weight", []uint32{0x3c431222, 0x3ce0d9a0, 0xbb3970fa, 0xbcd6ff52, 0x3b8e440f}},
		{"head", math.MaxUint64, "classifier.out_proj.weight", []uint32{0x3b430a6a, 0x3ba1f7da, 0xbc94d83b, 0x3d0f46c9, 0x3aaf448e}},
		{"encoder", 42, "embeddings.word_embeddings.weight", []uint32{0xbac1050e, 0xbcd5b8da, 0x3bc220d5, 0x3c413a43, 0x3bf51160}},
		{"encoder", 0, "", []uint32{0x3cb20ab6, 0x3b5513af, 0x3b123840, 0xbbda10b1, 0x3cd70330}},
	} {
		v, got := make([]float32, 5), []uint32(nil)
		fills[tt.kind](v, 0.02, tt.seed, tt.name)
		for _, x := range v {
			got = append(got, math.Float32bits(x))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s of seed %d, %q: %#x, want %#x", tt.kind, tt.seed, tt.name, got, tt.want)
		}
	}
}
