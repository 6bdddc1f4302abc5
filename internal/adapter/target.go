package adapter

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/suggest"
)

// AllLinear stands for every target.
const AllLinear = "all-linear"

// PoolerTarget is the target that only an encoder with a pooler has.
var PoolerTarget = architecture.Pooler.String()

// Targets are the names of the projections that can be adapted, in canonical order. They are
// the same for every encoder, whatever it calls its modules.
func Targets() []string { return architecture.Names() }

// ParseTargets checks names against Targets, or the names that PEFT has for these modules in
// one of the encoders, such as DistilBERT's "q_lin"; "all-linear" stands for all of them. The
// result is of Targets, in canonical order without repeats.
func ParseTargets(names []string) ([]string, error) {
	all := Targets()
	wanted := map[string]bool{}
	for _, name := range names {
		if name == AllLinear {
			return all, nil
		}
		m, ok := architecture.MapOf(name)
		if !ok {
			return nil, fault.Usagef("unknown target module %q: the targets are %s, or %s%s", name, strings.Join(all, ", "), AllLinear, suggest.Hint(name, append(all, AllLinear)))
		}
		wanted[m.String()] = true
	}
	if len(wanted) == 0 {
		return nil, fault.Usagef("no target modules: give one or more of %s, or %s", strings.Join(all, ", "), AllLinear)
	}
	return slices.DeleteFunc(all, func(t string) bool { return !wanted[t] }), nil
}

// Targets are the names of the projections that a adapts, of Targets and in their order. Which of the layers have
// them they do not say.
func (a *Adapter) Targets() []string {
	adapted := map[string]bool{}
	for _, m := range a.Modules {
		if p, ok := parsePlace(m.Name); ok {
			adapted[p.Map.String()] = true
		}
	}
	return slices.DeleteFunc(Targets(), func(t string) bool { return !adapted[t] })
}

// parsePlace takes a module's path apart; ok is false if no layer holds such a module, and it is
// no pooler.
func parsePlace(path string) (architecture.Module, bool) { return architecture.ParseModule(path) }

// compare puts modules into canonical order: those of the layers, then the pooler.
func compare(p, q architecture.Module) int {
	behind := func(m architecture.Module) int { return map[bool]int{true: 1}[m.Map == architecture.Pooler] }
	return cmp.Or(cmp.Compare(behind(p), behind(q)), cmp.Compare(p.Prefix, q.Prefix), cmp.Compare(p.Layer, q.Layer), cmp.Compare(p.Map, q.Map), cmp.Compare(p.Path, q.Path))
}
