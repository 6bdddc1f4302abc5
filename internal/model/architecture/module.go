package architecture

import (
	"slices"
	"strconv"
	"strings"
)

// names are the last parts of the maps' names in BERT's layers, by which users and adapters of
// all encoders call them.
var names = [Maps]string{"query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"}

// String is the name by which the map is called for every encoder: that of BERT's layers.
func (m Map) String() string { return names[m] }

// Names are those of the maps, in their order.
func Names() []string { return slices.Clone(names[:]) }

// MapOf finds a map by its name, or by the name that PEFT has for it in one of the encoders:
// "q_lin" is DistilBERT's query.
func MapOf(name string) (Map, bool) {
	for m := range Maps {
		if name == m.String() || slices.ContainsFunc(all, func(a Architecture) bool { return a.Target(m) == name }) {
			return m, true
		}
	}
	return 0, false
}

// Target is the shortest name by which PEFT's target_modules mean this map of all layers and
// no other map: an end of its path. Where there is none, as for BERT's "output.dense", it is
// the whole path.
func (a *Architecture) Target(m Map) string {
	for _, end := range slices.Backward(ends(a.Maps[m])) {
		if !slices.ContainsFunc(a.Maps[:], func(path string) bool { return path != a.Maps[m] && isEnd(path, end) }) {
			return end
		}
	}
	return a.Maps[m]
}

// ends are the path and what follows each of its dots.
func ends(path string) []string {
	list := []string{path}
	for i, c := range path {
		if c == '.' {
			list = append(list, path[i+1:])
		}
	}
	return list
}

// isEnd says whether PEFT takes name for the module at path.
func isEnd(path, name string) bool { return path == name || strings.HasSuffix(path, "."+name) }

// Module is a linear map of one layer: a path taken apart.
type Module struct {
	Prefix string // what stands before the layer: "roberta.encoder.layer"
	Layer  int
	Path   string // in the layer: "attention.self.query"
	Map    Map
}

// ParseModule takes a path apart; ok is false if no layer of any encoder has such a module.
// The layer is written without leading zeros, so that paths and modules are one to one. What
// stands before "layer" may be anything, as adapters of encoders without a head have less there.
func ParseModule(path string) (m Module, ok bool) {
	before, rest, ok := strings.Cut(path, ".layer.")
	if !ok || before == "" {
		return Module{}, false
	}
	number, inLayer, ok := strings.Cut(rest, ".")
	if !ok {
		return Module{}, false
	}
	layer, err := strconv.Atoi(number)
	if err != nil || layer < 0 || strconv.Itoa(layer) != number {
		return Module{}, false
	}
	for _, a := range all {
		if i := slices.Index(a.Maps[:], inLayer); i >= 0 {
			return Module{before + ".layer", layer, inLayer, Map(i)}, true
		}
	}
	return Module{}, false
}

// String is the path.
func (m Module) String() string { return m.Prefix + "." + strconv.Itoa(m.Layer) + "." + m.Path }

// OfModules is the architecture whose layers have all of these modules; where several have,
// the one that the modules' prefix names, or the first. It is nil where none has.
func OfModules(modules []Module) (found *Architecture) {
	for i := range all {
		a := &all[i]
		if !a.Has(modules) {
			continue
		}
		if len(modules) > 0 && strings.HasPrefix(modules[0].Prefix, a.Prefix) {
			return a
		}
		if found == nil {
			found = a
		}
	}
	return found
}

// Has says whether the architecture's layers have all of these modules.
func (a *Architecture) Has(modules []Module) bool {
	return !slices.ContainsFunc(modules, func(m Module) bool { return a.Maps[m.Map] != m.Path })
}

// Path is the module of a map in a layer, without Prefix.
func (a *Architecture) Path(layer int, m Map) string { return a.InLayer(layer, a.Maps[m]) }

// InLayer is the name of something in a layer, without Prefix.
func (a *Architecture) InLayer(layer int, path string) string {
	return a.Layer + "." + strconv.Itoa(layer) + "." + path
}
