package adapter

import (
	"slices"
)

// PEFT adapts every module whose path is a name in target_modules or ends in "." and
// that name. So "output.dense" alone would also catch attention.output.dense.

// targetModules are names by which PEFT finds exactly these modules: short ones where every
// layer from the first has the same targets and none catches more, else whole paths.
func targetModules(modules []Module) []string {
	var layers [][]int // the modules of each layer
	for _, m := range modules {
		p, _ := parsePlace(m.Name)
		if p.layer > len(layers) {
			return paths(modules)
		}
		if p.layer == len(layers) {
			layers = append(layers, nil)
		}
		layers[p.layer] = append(layers[p.layer], p.module)
	}
	var names []string
	for _, module := range layers[0] {
		names = append(names, target(layerModules[module]))
	}
	ambiguous := slices.Contains(names, "output.dense") && !slices.Contains(names, "attention.output.dense")
	for _, l := range layers {
		if ambiguous || !slices.Equal(l, layers[0]) {
			return paths(modules)
		}
	}
	return names
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
// is there.
func candidates(modules []Module) (paths []string) {
	type layer struct {
		prefix string
		number int
	}
	layers, counts := map[layer]bool{}, map[string]int{}
	for _, m := range modules {
		p, _ := parsePlace(m.Name)
		if l := (layer{p.prefix, p.layer}); !layers[l] {
			layers[l] = true
			counts[p.prefix]++
		}
	}
	for prefix, n := range counts {
		for i := range n {
			layers[layer{prefix, i}] = true
		}
	}
	for l := range layers {
		for m := range layerModules {
			paths = append(paths, place{l.prefix, l.number, m}.String())
		}
	}
	slices.Sort(paths)
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
