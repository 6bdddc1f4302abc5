package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// Shape is that of a tensor of the encoder by its full name, "bert.pooler.dense.weight"; ok is
// false where the encoder has no such tensor.
func (c *Config) Shape(name string) (dims []int, ok bool) {
	rest, prefixed := strings.CutPrefix(name, c.architecture().Prefix)
	for _, s := range c.shapes() {
		if prefixed && s.name == rest {
			return s.dims, true
		}
	}
	return nil, false
}

// Tensors are the full names of the encoder's tensors.
func (c *Config) Tensors() (names []string) {
	for _, s := range c.shapes() {
		names = append(names, c.architecture().Prefix+s.name)
	}
	return names
}

// replace puts tensors, by their full names, in the place of the checkpoint's, whether it has
// such ones or not. One that the encoder does not have is fault.Invalid.
func (c *checkpoint) replace(config *Config, list []weights.Tensor) error {
	for _, t := range list {
		dims, ok := config.Shape(t.Name)
		switch {
		case !ok:
			return fault.Invalidf("a %s has no tensor %s", config.ModelType, t.Name)
		case !slices.Equal(dims, t.Shape):
			return fault.Invalidf("%s has shape %v, the model's has %v", t.Name, t.Shape, dims)
		}
		name := strings.TrimPrefix(t.Name, config.architecture().Prefix)
		c.tensors[name] = safetensors.F32(t.Name, t.Shape, t.Data).Stored(c.path)
		c.replaced[name] = true
	}
	return nil
}

// initMissing makes the pooler if the checkpoint has none: a weight from
// N(0, initializer_range²), a function of the seed, and a bias of zeros, as Hugging Face
// initialises them. It gives what it made by full names.
func (c *checkpoint) initMissing(config *Config, seed uint64) ([]weights.Tensor, error) {
	pooler, h := config.architecture().Pooler, config.HiddenSize
	if pooler == "" {
		return nil, nil
	}
	for name := range c.tensors {
		if strings.HasPrefix(name, pooler+".") {
			return nil, nil
		}
	}
	made := []weights.Tensor{
		{Name: pooler + ".weight", Shape: []int{h, h}, Data: make([]float32, h*h)},
		{Name: pooler + ".bias", Shape: []int{h}, Data: make([]float32, h)},
	}
	normal(made[0].Data, config.InitializerRange, seed, made[0].Name)
	for i := range made {
		made[i].Name = config.architecture().Prefix + made[i].Name
	}
	if err := c.replace(config, made); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return made, nil
}
