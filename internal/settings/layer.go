package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/schema"
)

// Origin is the kind of a layer.
type Origin string

// The origins, weakest first. Run is the run that an adapter comes from, or that is resumed;
// it takes the place of the recipe.
const (
	Default Origin = "default"
	Recipe  Origin = "recipe"
	Run     Origin = "run"
	File    Origin = "file"
	Env     Origin = "env"
	Flag    Origin = "flag"
)

// Layer is one source of settings: values by key, each of its setting's own type and with
// its place for messages ("run.yaml line 3", "DYLORA_RANK", "--rank"), and what was wrong
// with the values that could not be taken.
type Layer struct {
	Origin Origin
	values map[string]any
	where  map[string]string
	faults []string
}

// NewLayer is a layer without values.
func NewLayer(o Origin) *Layer {
	return &Layer{Origin: o, values: map[string]any{}, where: map[string]string{}}
}

// Text is a value as an environment variable or a flag holds it, where a number is text, too.
// In a file a text where a number belongs is a mistake.
type Text string

// Set takes a value as its source spells it. A key that no setting has, or a value that is
// not of the setting's type, becomes a fault of the layer.
func (l *Layer) Set(key, where string, raw any) {
	f, ok := lookup(key)
	if !ok {
		l.fail(fmt.Sprintf("%s: %s: unknown key", where, key))
		return
	}
	v, err := exact(f.Value.Type(), raw)
	switch {
	case err == nil:
		l.values[key], l.where[key] = v, where
	case isEnum(f.Value.Type()):
		l.fail(fmt.Sprintf("%s: %s (%s)", key, withoutKey(key, err), where))
	default:
		l.fail(fmt.Sprintf("%s: %s: %v", where, key, err))
	}
}

func (l *Layer) fail(what string) { l.faults = append(l.faults, what) }

// Value is what the layer says of a setting, of the setting's own type.
func (l *Layer) Value(key string) (v any, ok bool) {
	v, ok = l.values[key]
	return v, ok
}

// Place is where the layer has the setting from; "" if it does not say anything of it.
func (l *Layer) Place(key string) string { return l.where[key] }

// Keys are those that the layer says something of, sorted.
func (l *Layer) Keys() []string { return slices.Sorted(maps.Keys(l.values)) }

// Only is the part of the layer that consists of settings with the scope.
func (l *Layer) Only(s schema.Scope) *Layer {
	part := NewLayer(l.Origin)
	for _, key := range Scoped(s) {
		if v, ok := l.values[key]; ok {
			part.values[key], part.where[key] = v, l.where[key]
		}
	}
	return part
}

// Err is one fault of class Usage with a line for each value that could not be taken; nil if
// there is none.
func (l *Layer) Err() error { return LayersErr(l) }

// usage is one error of class Usage of one line per fault, nil if there is none.
func usage(faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	err := fault.Usagef("%s", strings.Join(faults, "\n"))
	if slices.ContainsFunc(faults, func(f string) bool { return strings.HasSuffix(f, unknownKey) || strings.HasSuffix(f, unknownVariable) }) {
		return fault.Because(UnknownSetting, err)
	}
	return err
}

// How a fault ends that a list of all settings would help with.
const (
	unknownKey      = ": unknown key"
	unknownVariable = ": no setting has this variable"
)

// lookup is the field of a key, in a tree of its own.
func lookup(key string) (schema.Field, bool) {
	for _, f := range new(Settings).Fields() {
		if f.Key == key {
			return f, true
		}
	}
	return schema.Field{}, false
}

// exact gives a raw value the type of a setting. A number in a file must be one, and a whole
// one where whole ones are asked for. A list stands for its items joined by commas.
func exact(to reflect.Type, raw any) (any, error) {
	if text, ok := raw.(Text); ok {
		if isEnum(to) {
			return enums[to](string(text))
		}
		return schema.ParseText(to, string(text))
	}
	if list, ok := raw.([]any); ok && to.Kind() == reflect.String {
		return joinList(list)
	}
	if to.Kind() != reflect.String && !isEnum(to) {
		return exactNumber(to, raw)
	}
	var text string
	switch raw := raw.(type) {
	case string:
		text = raw
	case int, uint64: // best: 8
		text = fmt.Sprint(raw)
	default:
		return nil, fmt.Errorf("%v is not text", raw)
	}
	if isEnum(to) {
		return enums[to](text)
	}
	return text, nil
}

func joinList(list []any) (any, error) {
	items := make([]string, len(list))
	for i, item := range list {
		if !slices.Contains([]reflect.Kind{reflect.String, reflect.Int}, reflect.ValueOf(item).Kind()) {
			return nil, fmt.Errorf("%v in a list is neither text nor a whole number", item)
		}
		items[i] = fmt.Sprint(item)
	}
	return strings.Join(items, ","), nil
}

// LayersErr is one error of class Usage with a line for each value of the layers that could
// not be taken; nil if there is none.
func LayersErr(layers ...*Layer) error {
	var faults []string
	for _, l := range layers {
		faults = append(faults, l.faults...)
	}
	return usage(faults)
}
