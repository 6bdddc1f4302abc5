package adapter

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// layerModules are the projections of an encoder layer that can be adapted, by their path
// inside the layer, in canonical order.
var layerModules = [...]string{
	"attention.self.query",
	"attention.self.key",
	"attention.self.value",
	"attention.output.dense",
	"intermediate.dense",
	"output.dense",
}

// allLinear stands for every target.
const allLinear = "all-linear"

// target is the name that users and PEFT give a module: the last part of the attention's
// projections, the whole path of the others, whose last part is the same.
func target(module string) string { return strings.TrimPrefix(module, "attention.self.") }

// Targets are the names of the projections that can be adapted, in canonical order.
func Targets() []string {
	t := make([]string, len(layerModules))
	for i, m := range layerModules {
		t[i] = target(m)
	}
	return t
}

// ParseTargets checks names against Targets; "all-linear" stands for all of them. The
// result is in canonical order without repeats.
func ParseTargets(names []string) ([]string, error) {
	all := Targets()
	wanted := map[string]bool{}
	for _, name := range names {
		switch {
		case name == allLinear:
			return all, nil
		case !slices.Contains(all, name):
			return nil, fault.Usagef("unknown target module %q: the targets are %s, or %s", name, strings.Join(all, ", "), allLinear)
		}
		wanted[name] = true
	}
	if len(wanted) == 0 {
		return nil, fault.Usagef("no target modules: give one or more of %s, or %s", strings.Join(all, ", "), allLinear)
	}
	return slices.DeleteFunc(all, func(t string) bool { return !wanted[t] }), nil
}

// place is a module path taken apart: prefix ".layer." layer "." layerModules[module].
type place struct {
	prefix string // as "roberta.encoder"
	layer  int
	module int
}

// parsePlace takes a path apart; ok is false if no layer holds such a module. The layer
// must be written without leading zeros, so that place and path are one to one.
func parsePlace(path string) (p place, ok bool) {
	prefix, rest, ok := strings.Cut(path, ".layer.")
	if !ok || prefix == "" {
		return place{}, false
	}
	number, module, ok := strings.Cut(rest, ".")
	if !ok {
		return place{}, false
	}
	layer, err := strconv.Atoi(number)
	if err != nil || layer < 0 || strconv.Itoa(layer) != number {
		return place{}, false
	}
	i := slices.Index(layerModules[:], module)
	return place{prefix, layer, i}, i >= 0
}

func (p place) String() string {
	return p.prefix + ".layer." + strconv.Itoa(p.layer) + "." + layerModules[p.module]
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.prefix, q.prefix), cmp.Compare(p.layer, q.layer), cmp.Compare(p.module, q.module))
}
