package adapter

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// Mixed says whether the modules differ in rank.
func (a *Adapter) Mixed() bool {
	return slices.ContainsFunc(a.Modules, func(m Module) bool { return a.rankOf(&m) != a.Rank })
}

// Ranks are the modules' ranks, in their order.
func (a *Adapter) Ranks() []int {
	ranks := make([]int, len(a.Modules))
	for i := range ranks {
		ranks[i] = a.rankOf(&a.Modules[i])
	}
	return ranks
}

// SliceEach cuts each module to a rank of its own, never above what it has: most for all,
// but what byName says for the modules that a name matches, a name being a module's path or
// the end of one ("query", "layer.0.output.dense"); the longest name counts.
func (a *Adapter) SliceEach(most int, byName map[string]int) (*Adapter, error) {
	if most < 1 || most > a.Rank {
		return nil, fault.Usagef("rank %d is not in 1 to %d, the adapter's ranks", most, a.Rank)
	}
	matched := map[string]bool{}
	ranks, highest := make([]int, len(a.Modules)), 0
	for i := range a.Modules {
		m := &a.Modules[i]
		rank := most
		for _, end := range slices.Backward(suffixes(m.Name)) { // the longest last
			if r, ok := byName[end]; ok {
				rank, matched[end] = r, true
			}
		}
		ranks[i] = min(rank, a.rankOf(m))
		highest = max(highest, ranks[i])
	}
	for name, r := range byName {
		switch {
		case r < 1 || r > a.Rank:
			return nil, fault.Usagef("rank %d of %s is not in 1 to %d, the adapter's ranks", r, show(name), a.Rank)
		case !matched[name]:
			return nil, fault.Usagef("the adapter has no module %s: its modules are %s", show(name), strings.Join(targetModules(a.Modules), ", "))
		}
	}
	return a.cut(highest, ranks), nil
}

// ParseModuleRanks reads "query=4,layer.0.attention.self.value=8", or the same as a JSON
// object. Errors are fault.Usage.
func ParseModuleRanks(text string) (map[string]int, error) {
	ranks := map[string]int{}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if err := json.Unmarshal([]byte(text), &ranks); err != nil {
			return nil, fault.Usagef("module ranks: %s; want an object such as {\"query\": 4}", oneLine(err.Error()))
		}
		return ranks, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(item), "=")
		rank, err := strconv.Atoi(number)
		if err != nil || name == "" {
			return nil, fault.Usagef("module ranks: %q is not NAME=RANK, such as query=4", item)
		}
		if _, twice := ranks[name]; twice {
			return nil, fault.Usagef("module ranks: %q is given twice", name)
		}
		ranks[name] = rank
	}
	return ranks, nil
}

// rankPattern and alphaPattern are PEFT's fields for the modules that are not as the adapter.
func (a *Adapter) rankPattern() map[string]jsontext.Value {
	return a.pattern(float64(a.Rank), func(m *Module) float64 { return float64(a.rankOf(m)) })
}

func (a *Adapter) alphaPattern() map[string]jsontext.Value {
	return a.pattern(a.writtenAlpha(new(Module), a.Rank), func(m *Module) float64 { return a.writtenAlpha(m, a.rankOf(m)) })
}

// pattern writes the values that are not the default: under the short name of a target
// where all modules that it matches have the same value, else under whole paths. So no two
// keys with different values match one module, and their order does not matter.
func (a *Adapter) pattern(standard float64, value func(m *Module) float64) map[string]jsontext.Value {
	byEnd, mixed := map[string]float64{}, map[string]bool{}
	for i := range a.Modules {
		v := value(&a.Modules[i])
		for _, end := range suffixes(a.Modules[i].Name) {
			if old, ok := byEnd[end]; ok && old != v {
				mixed[end] = true
			}
			byEnd[end] = v
		}
	}
	encoder, entries := encoderOf(a.Modules), map[string]jsontext.Value{}
	for i := range a.Modules {
		m := &a.Modules[i]
		name := m.Name
		if p, _ := parsePlace(m.Name); encoder != nil && !mixed[encoder.Target(p.Map)] {
			name = encoder.Target(p.Map)
		}
		if v := value(m); v != standard {
			entries[name] = jsontext.Value(strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	return entries
}
