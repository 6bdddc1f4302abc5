package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// foreignVariables are DYLORA_* variables that are no settings: where tests find reference
// data, and the cache of packed weights.
func foreignVariables() []string { return []string{"DYLORA_SHARED", "DYLORA_CACHE"} }

// EnvLayer takes DYLORA_* variables out of environ, which is as os.Environ gives it. An
// empty one counts as unset; one that names no setting is a fault.
func EnvLayer(environ []string) *Layer {
	l := NewLayer(Env)
	keys := map[string]string{}
	for _, f := range new(Settings).Fields() {
		keys[f.Env()] = f.Key
	}
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "DYLORA_") || text == "" || slices.Contains(foreignVariables(), name) {
			continue
		}
		if key, known := keys[name]; known {
			l.Set(key, name, Text(text))
		} else {
			l.fail(fault.Because(UnknownSetting, fmt.Errorf("%s: no setting has this variable%s", name, meantVariable(name))))
		}
	}
	slices.SortFunc(l.faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return l
}

// meantVariable is meant for the name of a variable.
func meantVariable(name string) string {
	variable := func(key string) string { f, _ := lookup(key); return f.Env() }
	name = strings.TrimPrefix(name, "DYLORA_")
	if _, otherCase := lookup(strings.ToLower(name)); otherCase {
		return " (did you mean " + variable(strings.ToLower(name)) + "?)"
	}
	return meant(name, variable)
}
