package adapter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// Beside the pairs and the head a PEFT file may hold whole modules: those that modules_to_save
// names, and the word embeddings where training enlarged them. PEFT loads each tensor to the
// place of the base model's; that of an adapted module is called base_layer.weight, as PEFT
// wraps the module.

const wrapper = ".base_layer"

// maxSaves bounds the names in modules_to_save, each of which every tensor is held against.
const maxSaves = 256

// Covers says whether PEFT's modules_to_save with this name saves a tensor of the model: the
// path of a module that the tensor is in ends in name, at a dot or not.
func Covers(name, tensor string) bool {
	for module := parent(tensor); module != ""; module = parent(module) {
		if strings.HasSuffix(module, name) {
			return true
		}
	}
	return false
}

// parent is the path of the module that holds a module or a tensor; "" for the outermost.
func parent(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }

// savedName is the name in the model of a whole tensor of a file, without PEFT's prefix; ok is
// false for one that the config does not let the file have.
func (c *config) savedName(key string) (name string, ok bool) {
	for _, tensor := range []string{".weight", ".bias"} {
		if module, ok := strings.CutSuffix(key, wrapper+tensor); ok {
			_, adaptable := parsePlace(module)
			return module + tensor, adaptable
		}
	}
	for part := range strings.SplitSeq(key, ".") {
		if strings.HasPrefix(part, "lora_") || slices.Contains([]string{"base_layer", "token_adapter", "modules_to_save", "original_module"}, part) {
			return "", false
		}
	}
	if !strings.HasSuffix(key, ".weight") && !strings.HasSuffix(key, ".bias") {
		return "", false
	}
	enlarged := strings.HasSuffix(key, ".embeddings.word_embeddings.weight")
	return key, enlarged || slices.ContainsFunc(c.saves, func(name string) bool { return Covers(name, key) })
}

// savedTensor takes a whole tensor of the base model's.
func (r *reading) savedTensor(name string, t safetensors.Tensor) error {
	data, err := r.finite(t)
	r.saved = append(r.saved, weights.Tensor{Name: name, Shape: slices.Clone(t.Shape), Data: data})
	if strings.HasSuffix(t.Name, wrapper+".weight") {
		r.wrapped[name] = true
	}
	return err
}

// checkSaved wants each weight under the name that PEFT loads it by, and that of an adapted
// module as large as the module.
func (r *reading) checkSaved(a *Adapter) error {
	adapted := map[string]Module{}
	for _, m := range a.Modules {
		adapted[m.Name] = m
	}
	for _, t := range r.saved {
		m, ok := adapted[parent(t.Name)]
		isWeight := strings.HasSuffix(t.Name, ".weight")
		switch {
		case r.wrapped[t.Name] != (ok && isWeight):
			return fault.Invalidf("%s: the weight of %s is not where PEFT looks for it: base_layer.weight belongs to an adapted module, and weight to one that is not",
				r.file, show(parent(t.Name)))
		case ok && isWeight && !slices.Equal(t.Shape, []int{m.Out, m.In}):
			return fault.Invalidf("%s: the weight of %s has shape %v, its A and B are for (%d, %d)", r.file, show(m.Name), t.Shape, m.Out, m.In)
		}
	}
	return nil
}

// sortSaved brings the whole tensors into order and checks that each is there once.
func (a *Adapter) sortSaved() error {
	slices.SortFunc(a.Saved, func(x, y weights.Tensor) int { return cmp.Compare(x.Name, y.Name) })
	for i, t := range a.Saved {
		size := 1
		for _, d := range t.Shape {
			size *= d
		}
		switch {
		case i > 0 && t.Name == a.Saved[i-1].Name:
			return fault.Invalidf("tensor %s is there twice", show(t.Name))
		case len(t.Data) == 0 || size != len(t.Data):
			return fault.Invalidf("tensor %s has shape %v and %d values", show(t.Name), t.Shape, len(t.Data))
		}
	}
	return nil
}

// savedKey is the name that PEFT gives a whole tensor in a file.
func savedKey(name string, adapted map[string]bool) string {
	if module, ok := strings.CutSuffix(name, ".weight"); ok && adapted[module] {
		return keyPrefix + module + wrapper + ".weight"
	}
	return biasKey(name, adapted)
}

// wholeModules are the modules of a's whole tensors, as modules_to_save has to name them: by
// their paths, so that no other is meant. An adapted module cannot be among them.
func (a *Adapter) wholeModules() (names []string) {
	adapted := a.adapted()
	for _, t := range a.Saved {
		if module := parent(t.Name); !adapted[module] && !slices.Contains(names, module) {
			names = append(names, module)
		}
	}
	return names
}

// isSaved says whether PEFT leaves a module out of target_modules because modules_to_save has
// it, or a module that it is in.
func isSaved(saves []string, module string) bool {
	return slices.ContainsFunc(saves, func(name string) bool { return strings.Contains("."+module+".", "."+name+".") })
}
