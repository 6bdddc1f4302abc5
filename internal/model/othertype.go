package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/model/architecture"
)

// otherType says that the tensors are those of another model_type than a's, as a sentence for a
// message; "" where they are a's, or nobody's that is known. It is asked for a checkpoint that
// lacks tensors, whose names tell it: by their prefix, or by the modules of their layers.
func (c *checkpoint) otherType(a *architecture.Architecture) string {
	types := c.typesByPrefix(a)
	if len(types) == 0 {
		types = c.typesByModules(a)
	}
	if len(types) == 0 {
		return ""
	}
	return fmt.Sprintf("its tensors are those of a model of type %s, but model_type is %s: set model_type to what the weights are, or give weights of that type",
		strings.Join(types, " or "), a.ModelType)
}

// typesByPrefix are the types whose prefix some tensor has, if none has a's.
func (c *checkpoint) typesByPrefix(a *architecture.Architecture) (types []string) {
	prefixes := map[string]bool{}
	for name := range c.tensors {
		if prefix, _, ok := strings.Cut(name, "."); ok {
			prefixes[prefix+"."] = true
		}
	}
	for _, other := range architecture.All() {
		if other.Prefix != a.Prefix && prefixes[other.Prefix] {
			types = append(types, other.ModelType)
		}
	}
	if len(types) > 0 {
		return types
	}
	for _, near := range architecture.Near() {
		if prefixes[near+"."] {
			types = append(types, near)
		}
	}
	return types
}

// typesByModules are the types that have the modules of the layers, where a has not.
func (c *checkpoint) typesByModules(a *architecture.Architecture) (types []string) {
	modules := map[architecture.Module]bool{}
	for name := range c.tensors {
		path, ok := strings.CutSuffix("."+name, ".weight")
		if m, is := architecture.ParseModule(path); ok && is {
			modules[architecture.Module{Path: m.Path, Map: m.Map}] = true
		}
	}
	list := slices.Collect(maps.Keys(modules))
	if len(list) == 0 || a.Has(list) {
		return nil
	}
	for _, other := range architecture.All() {
		if other.Has(list) {
			types = append(types, other.ModelType)
		}
	}
	return types
}
