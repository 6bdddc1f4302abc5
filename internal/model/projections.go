package model

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/weights"
)

// modulePath is the full name of a projection of layer i.
func (c *Config) modulePath(i int, m architecture.Map) string {
	a := c.architecture()
	return a.Prefix + a.Path(i, m)
}

// size is the (in, out) of a projection.
func (c *Config) size(m architecture.Map) (in, out int) {
	switch m {
	case architecture.Intermediate:
		return c.HiddenSize, c.IntermediateSize
	case architecture.Output:
		return c.IntermediateSize, c.HiddenSize
	}
	return c.HiddenSize, c.HiddenSize
}

// Projections are the adaptable projections of the given targets ("query",
// "output.dense", …), layer by layer in canonical order, by their full module paths: those
// of a BERT begin with "bert.", of a RoBERTa with "roberta.". A target is a name of
// architecture.Names, whatever the encoder calls it; one that the encoder does not have gives none.
func (c *Config) Projections(targets []string) ([]weights.Projection, error) {
	for _, t := range targets {
		if !slices.Contains(architecture.Names(), t) {
			return nil, fmt.Errorf("model: no projection %q", t)
		}
	}
	var list []weights.Projection
	for i := range c.Layers {
		for m := range architecture.Maps {
			if slices.Contains(targets, m.String()) {
				in, out := c.size(m)
				list = append(list, weights.Projection{Name: c.modulePath(i, m), In: in, Out: out})
			}
		}
	}
	if a := c.architecture(); a.Pooler != "" && slices.Contains(targets, architecture.Pooler.String()) {
		list = append(list, weights.Projection{Name: c.modulePath(0, architecture.Pooler), In: c.HiddenSize, Out: c.HiddenSize})
	}
	return list, nil
}

// Projections are those of the model's configuration.
func (m *Model) Projections(targets []string) ([]weights.Projection, error) {
	return m.Config.Projections(targets)
}
