package adapter

import (
	"slices"

	"github.com/dylora/dylora/internal/model/architecture"
)

// PEFT adapts every module whose path is a name in target_modules or ends in "." and
// that name. So "output.dense" alone would also catch attention.output.dense.

// targetModules are names by which PEFT finds exactly these modules: short ones where every
// layer from the first has the same targets and none catches more, else whole paths.
func targetModules(modules []Module) []string {
	encoder := encoderOf(modules)
	var layers [][]architecture.Map // the modules of each layer
	var behind []string             // the pooler
	for _, m := range modules {
		p, _ := parsePlace(m.Name)
		switch {
		case encoder == nil || p.Layer > len(layers):
			return paths(modules)
		case p.Map == architecture.Pooler:
			behind = append(behind, encoder.Target(p.Map))
			continue
		case p.Layer == len(layers):
			layers = append(layers, nil)
		}
		layers[p.Layer] = append(layers[p.Layer], p.Map)
	}
	if len(layers) == 0 {
		return behind
	}
	var names []string
	for _, of := range layers[0] {
		names = append(names, encoder.Target(of))
	}
	ambiguous := slices.ContainsFunc(names, func(name string) bool { return catchesMore(encoder, name, layers[0]) })
	for _, l := range layers {
		if ambiguous || !slices.Equal(l, layers[0]) {
			return paths(modules)
		}
	}
	return append(names, behind...)
}

// encoderOf is the architecture that has these modules; nil if they are of different ones.
func encoderOf(modules []Module) *architecture.Architecture {
	places := make([]architecture.Module, len(modules))
	for i, m := range modules {
		places[i], _ = parsePlace(m.Name)
	}
	return architecture.OfModules(places)
}

// catchesMore says whether PEFT takes name for a map of a layer that is not among those given.
func catchesMore(encoder *architecture.Architecture, name string, adapted []architecture.Map) bool {
	for of := range architecture.Maps {
		if slices.Contains(suffixes(encoder.Maps[of]), name) && !slices.Contains(adapted, of) {
			return true
		}
	}
	return false
}

func paths(modules []Module) (names []string) {
	for _, m := range modules {
		names = append(names, m.Name)
	}
	return names
}

// check holds the modules found in the weights' file against the config: every module
// that it adapts is there, and no other. Names that stand for no module change nothing, in
// PEFT as here; they are given back.
func (t *targets) check(configFile, weightsFile string, modules []Module) (idle []string, err error) {
	paths := candidates(modules)
	if err := affordable(configFile, "target_modules", t.steps, totalLength(paths)); err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, m := range modules {
		found[m.Name] = true
	}
	var missing, unexpected []string
	used := map[string]bool{}
	for _, path := range paths {
		caught, wanted := t.match(path)
		for _, name := range caught {
			used[name] = true
		}
		switch {
		case wanted && !found[path]:
			missing = append(missing, weightKey(path, "A"), weightKey(path, "B"))
		case !wanted && found[path]:
			unexpected = append(unexpected, weightKey(path, "A"), weightKey(path, "B"))
		}
	}
	for name := range t.names.list {
		if !used[name] {
			idle = append(idle, name)
		}
	}
	slices.Sort(idle)
	return idle, difference(weightsFile, missing, unexpected)
}

func totalLength(paths []string) (n int) {
	for _, p := range paths {
		n += len(p)
	}
	return n
}

// candidates are the paths of all projections in the layers of the adapted modules, and in
// as many layers counted from 0: if the modules leave a layer out, it or another such layer
// is there. A pooler that PEFT adapts too and that the file does not have changes nothing, since
// its B begins with zeros; so one is among them only if it is adapted.
func candidates(modules []Module) (paths []string) {
	type layer struct {
		prefix string
		number int
	}
	layers, counts := map[layer]bool{}, map[string]int{}
	for _, m := range modules {
		p, _ := parsePlace(m.Name)
		if p.Map == architecture.Pooler {
			paths = append(paths, m.Name)
			continue
		}
		if l := (layer{p.Prefix, p.Layer}); !layers[l] {
			layers[l] = true
			counts[p.Prefix]++
		}
	}
	for prefix, n := range counts {
		for i := range n {
			layers[layer{prefix, i}] = true
		}
	}
	inLayer := mapPaths(modules)
	for l := range layers {
		for of, path := range inLayer {
			paths = append(paths, architecture.Module{Prefix: l.prefix, Layer: l.number, Path: path, Map: architecture.Map(of)}.String())
		}
	}
	slices.Sort(paths)
	return paths
}

// mapPaths are the paths of all maps in a layer of the encoder that has these modules. Modules
// of different encoders, which no model has, get those that they have themselves.
func mapPaths(modules []Module) []string {
	if encoder := encoderOf(modules); encoder != nil {
		return encoder.Maps[:]
	}
	var paths []string
	for _, m := range modules {
		if p, _ := parsePlace(m.Name); p.Map != architecture.Pooler && !slices.Contains(paths, p.Path) {
			paths = append(paths, p.Path)
		}
	}
	return paths
}

// suffixes are the path and all that follows one of its dots.
func suffixes(path string) []string {
	s := []string{path}
	for i, c := range path {
		if c == '.' {
			s = append(s, path[i+1:])
		}
	}
	return s
}
