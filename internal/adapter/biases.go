package adapter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/weights"
)

// A PEFT file with bias "lora_only" carries the biases of the adapted modules, one with
// "all" every bias of the model. They take the place of the base model's. PEFT wraps an
// adapted module, so the bias of one is called base_layer.bias; older versions did not.

const wrapped = wrapper + ".bias"

// biasName is the name in the model of a bias in a file, without PEFT's prefix; ok is
// false for what is no bias of the encoder.
func biasName(key string) (name string, ok bool) {
	module, ok := strings.CutSuffix(key, wrapped)
	if !ok {
		module, ok = strings.CutSuffix(key, ".bias")
	}
	_, _, inHead := headPart(module + ".bias")
	return module + ".bias", ok && module != "" && !inHead
}

// biasKey is the name that PEFT gives the bias in a file.
func biasKey(name string, adapted map[string]bool) string {
	if module := strings.TrimSuffix(name, ".bias"); adapted[module] {
		return keyPrefix + module + wrapped
	}
	return keyPrefix + name
}

// adapted are the names of the modules that a adapts.
func (a *Adapter) adapted() map[string]bool {
	names := map[string]bool{}
	for _, m := range a.Modules {
		names[m.Name] = true
	}
	return names
}

// biasField is what PEFT's config calls these biases.
func (a *Adapter) biasField() string {
	if len(a.Biases) == 0 {
		return "none"
	}
	adapted := a.adapted()
	for _, t := range a.Biases {
		if !adapted[strings.TrimSuffix(t.Name, ".bias")] {
			return "all"
		}
	}
	return "lora_only"
}

// sortBiases brings the biases into order and checks them: each once, a vector as long as
// its module is wide, and of an adapted module where the field says so.
func (a *Adapter) sortBiases(field string) error {
	slices.SortFunc(a.Biases, func(x, y weights.Tensor) int { return cmp.Compare(x.Name, y.Name) })
	out := map[string]int{}
	for _, m := range a.Modules {
		out[m.Name] = m.Out
	}
	for i, t := range a.Biases {
		want, adapted := out[strings.TrimSuffix(t.Name, ".bias")]
		switch {
		case i > 0 && t.Name == a.Biases[i-1].Name:
			return fault.Invalidf("bias %s is there twice", show(t.Name))
		case len(t.Shape) != 1 || t.Shape[0] != len(t.Data) || len(t.Data) == 0:
			return fault.Invalidf("tensor %s has shape %v, a bias has one dimension", show(t.Name), t.Shape)
		case adapted && len(t.Data) != want:
			return fault.Invalidf("tensor %s has %d values, its module %d outputs", show(t.Name), len(t.Data), want)
		case !adapted && field == "lora_only":
			return fault.Invalidf("tensor %s is no bias of an adapted module, and bias is lora_only in %s", show(t.Name), configName)
		}
	}
	return nil
}
