package architecture

import (
	"slices"
	"strconv"
	"strings"
)

// names are the last parts of the maps' names in BERT, by which users and adapters of all
// encoders call them. Pooler's is the last.
var names = [Maps + 1]string{"query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense", "pooler.dense"}

// String is the name by which the map is called for every encoder: BERT's.
func (m Map) String() string { return names[m] }

// Names are those of the maps, in their order, Pooler's too.
func Names() []string { return slices.Clone(names[:]) }

// MapOf finds a map by its name, or by the name that PEFT has for it in one of the encoders:
// "q_lin" is DistilBERT's query.
func MapOf(name string) (Map, bool) {
	for m := range Maps + 1 {
		if name == "" {
			break
		}
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
	if m == Pooler {
		return a.Pooler
	}
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

// Module is a linear map of one layer, or the pooler: a path taken apart.
type Module struct {
	Prefix string // what stands before the layer, "roberta.encoder.layer", or before the pooler, "bert"
	Layer  int    // 0 for the pooler
	Path   string // in the layer, "attention.self.query", or of the pooler
	Map    Map
}

// ParseModule takes a path apart; ok is false if no layer of any encoder has such a module, and
// it is no pooler.
// The layer is written without leading zeros, so that paths and modules are one to one. What
// stands before "layer" may be anything, as adapters of encoders without a head have less there.
func ParseModule(path string) (m Module, ok bool) {
	before, rest, ok := strings.Cut(path, ".layer.")
	if !ok {
		return parsePooler(path)
	}
	if before == "" {
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

func parsePooler(path string) (m Module, ok bool) {
	for _, a := range all {
		if a.Pooler != "" && path == a.Prefix+a.Pooler {
			return Module{Prefix: strings.TrimSuffix(a.Prefix, "."), Path: a.Pooler, Map: Pooler}, true
		}
	}
	return Module{}, false
}

// String is the path.
func (m Module) String() string {
	if m.Map == Pooler {
		return m.Prefix + "." + m.Path
	}
	return m.Prefix + "." + strconv.Itoa(m.Layer) + "." + m.Path
}

// path is that of a map in its layer, or of the pooler; "" if the encoder has none.
func (a *Architecture) path(m Map) string {
	if m == Pooler {
		return a.Pooler
	}
	return a.Maps[m]
}

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

// Has says whether the architecture has all of these modules.
func (a *Architecture) Has(modules []Module) bool {
	return !slices.ContainsFunc(modules, func(m Module) bool { return a.path(m.Map) != m.Path })
}

// Path is the module of a map in a layer, without Prefix; Pooler is in none.
func (a *Architecture) Path(layer int, m Map) string {
	if m == Pooler {
		return a.Pooler
	}
	return a.InLayer(layer, a.Maps[m])
}

// InLayer is the name of something in a layer, without Prefix.
func (a *Architecture) InLayer(layer int, path string) string {
	return a.Layer + "." + strconv.Itoa(layer) + "." + path
}
