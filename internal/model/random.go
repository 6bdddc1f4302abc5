package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/seed"
)

// Random is an encoder of c's shape with random weights, a function of the seed: matrices
// of nearly N(0, initializer_range²), as Hugging Face initialises them, biases and shifts 0,
// scales 1. It has the speed and the memory of a trained one, and needs no file. mc computes
// with it.
func Random(mc *kernel.Machine, c *Config, seed uint64, p kernel.Precision) (*Model, error) {
	l := &loader{from: func(dst []float32, name string) ([]float32, error) { return appendRandom(dst, c, name, seed) }, machine: mc, precision: p}
	m := l.model(c)
	m.Hash = fmt.Sprintf("random weights, seed %d", seed)
	return m, l.err
}

// Named is the configuration of a well-known encoder: "roberta-base" or "roberta-large"
// (Liu et al. 2019, table 9), or "mpnet-base" (Song et al. 2020).
func Named(name string) (*Config, error) {
	c := &Config{
		ModelType: "roberta", VocabSize: 50265, HiddenSize: 768, Layers: 12, Heads: 12, IntermediateSize: 3072,
		MaxPositions: 514, TypeVocabSize: 1, PadToken: 1, LayerNormEps: 1e-5,
		HiddenDropout: 0.1, AttentionDropout: 0.1, ClassifierDropout: 0.1, InitializerRange: 0.02,
	}
	switch name {
	case "roberta-base":
	case "roberta-large":
		c.HiddenSize, c.Layers, c.Heads, c.IntermediateSize = 1024, 24, 16, 4096
	case "mpnet-base":
		c.ModelType, c.VocabSize, c.TypeVocabSize, c.Buckets = "mpnet", 30527, 0, buckets
	default:
		return nil, fault.Usagef("no encoder is known as %q: want roberta-base, roberta-large or mpnet-base", name)
	}
	return c, nil
}

// appendRandom appends one tensor of the encoder.
func appendRandom(dst []float32, c *Config, name string, seed uint64) ([]float32, error) {
	for _, s := range c.shapes() {
		if s.name != name {
			continue
		}
		n := 1
		for _, d := range s.dims {
			n *= d
		}
		dst = slices.Grow(dst, n)[:len(dst)+n]
		v := dst[len(dst)-n:]
		clear(v)
		switch {
		case strings.HasSuffix(name, "LayerNorm.weight"):
			for i := range v {
				v[i] = 1
			}
		case strings.HasSuffix(name, ".weight"):
			nearlyNormal(v, c.InitializerRange, seed, name)
		}
		return dst, nil
	}
	return nil, fmt.Errorf("model: the encoder has no tensor %q", name)
}

// nearlyNormal fills v with sums of four uniform variables, scaled to a deviation of std:
// twenty times faster than normal, which matters for a hundred million weights.
func nearlyNormal(v []float32, std float64, runSeed uint64, name string) {
	stream := seed.Named(runSeed, "encoder", name)
	scale := float32(std * math.Sqrt(3) / (1 << 16)) // four uniform 16-bit numbers: variance 4/12 · 2³²
	for i := range v {
		z := stream.Uint64()
		sum := int32(z&0xffff) + int32(z>>16&0xffff) + int32(z>>32&0xffff) + int32(z>>48)
		v[i] = scale * float32(sum-2*0xffff)
	}
}
