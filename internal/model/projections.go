package model

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/weights"
)

// projections are the adaptable modules of a layer, in canonical order. The first of
// each pair is the name that PEFT's target_modules use, the second the path in the layer.
var projections = []struct{ target, path string }{
	{"query", "attention.self.query"},
	{"key", "attention.self.key"},
	{"value", "attention.self.value"},
	{"attention.output.dense", "attention.output.dense"},
	{"intermediate.dense", "intermediate.dense"},
	{"output.dense", "output.dense"},
}

// layerPath is the name of something in layer i, without the encoder's prefix.
func layerPath(i int, path string) string { return fmt.Sprintf("encoder.layer.%d.%s", i, path) }

// modulePath is the full name of a projection of layer i.
func (c *Config) modulePath(i int, path string) string {
	return c.architecture().prefix + layerPath(i, path)
}

// size is the (in, out) of a projection.
func (c *Config) size(path string) (in, out int) {
	switch path {
	case "intermediate.dense":
		return c.HiddenSize, c.IntermediateSize
	case "output.dense":
		return c.IntermediateSize, c.HiddenSize
	}
	return c.HiddenSize, c.HiddenSize
}

// Projections are the adaptable projections of the given targets ("query",
// "output.dense", …), layer by layer in canonical order, by their full module paths: those
// of a BERT begin with "bert.", of a RoBERTa with "roberta.".
func (c *Config) Projections(targets []string) ([]weights.Projection, error) {
	for _, t := range targets {
		if !slices.ContainsFunc(projections, func(p struct{ target, path string }) bool { return p.target == t }) {
			return nil, fmt.Errorf("model: no projection %q", t)
		}
	}
	var list []weights.Projection
	for i := range c.Layers {
		for _, p := range projections {
			if slices.Contains(targets, p.target) {
				in, out := c.size(p.path)
				list = append(list, weights.Projection{Name: c.modulePath(i, p.path), In: in, Out: out})
			}
		}
	}
	return list, nil
}

// Projections are those of the model's configuration.
func (m *Model) Projections(targets []string) ([]weights.Projection, error) {
	return m.Config.Projections(targets)
}
