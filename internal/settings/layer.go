package settings

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/evaluate"
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
	faults []error
}

// NewLayer is a layer without values.
func NewLayer(o Origin) *Layer {
	return &Layer{Origin: o, values: map[string]any{}, where: map[string]string{}}
}

// DefaultsOf is a layer that says of each of the keys what its default is, so that no layer below decides it. Keys that
// no setting has are passed over.
func DefaultsOf(o Origin, where string, keys ...string) *Layer {
	l := NewLayer(o)
	for _, f := range Defaults().Fields() {
		if slices.Contains(keys, f.Key) {
			l.Set(f.Key, where, Plain(f.Value))
		}
	}
	return l
}

// Text is a value as an environment variable or a flag holds it, where a number is text, too.
// In a file a text where a number belongs is a mistake.
type Text string

// Set takes a value as its source spells it. A key that no setting has, or a value that is
// not of the setting's type, becomes a fault of the layer.
func (l *Layer) Set(key, where string, raw any) {
	f, ok := lookup(key)
	if !ok {
		l.fail(fault.Because(UnknownSetting, fmt.Errorf("%s: %s: unknown key%s", where, key, meant(key, strings.Clone))))
		return
	}
	v, err := exact(f.Value.Type(), raw)
	switch {
	case err == nil:
		if text, ok := v.(string); ok && (key == "metric" || key == "best") && evaluate.Known(text) == nil {
			v = evaluate.Canonical(text) // all spellings of a metric are one value
		}
		l.values[key], l.where[key] = v, where
	case isEnum(f.Value.Type()):
		l.fail(fmt.Errorf("%s: %s (%s)", key, withoutKey(key, err), where))
	default:
		l.fail(fmt.Errorf("%s: %s: %w", where, key, err))
	}
}

func (l *Layer) fail(err error) { l.faults = append(l.faults, err) }

// Value is the layer's value of a setting, of the setting's own type.
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

// over takes all that a stronger layer of the same origin says.
func (l *Layer) over(stronger *Layer) {
	maps.Copy(l.values, stronger.values)
	maps.Copy(l.where, stronger.where)
	l.faults = append(l.faults, stronger.faults...)
}

// Without is the layer without some settings.
func (l *Layer) Without(keys ...string) *Layer {
	rest := *l
	rest.values, rest.where = maps.Clone(l.values), maps.Clone(l.where)
	for _, key := range keys {
		delete(rest.values, key)
		delete(rest.where, key)
	}
	return &rest
}

// Err is one fault of class Usage with a line for each value that could not be taken; nil if
// there is none.
func (l *Layer) Err() error { return LayersErr(l) }

// LayersErr is one error of class Usage with a line for each value of the layers that could
// not be taken; nil if there is none.
func LayersErr(layers ...*Layer) error { return usage(layerFaults(layers)) }

func layerFaults(layers []*Layer) (faults []error) {
	for _, l := range layers {
		faults = append(faults, l.faults...)
	}
	return faults
}

// usage is one error of class Usage of one line per fault, nil if there is none. It has the
// reason of the first fault that has one.
func usage(faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	return fault.Usagef("%w", errors.Join(faults...))
}

// lookup is the field of a key, in a tree of its own.
func lookup(key string) (schema.Field, bool) { return new(Settings).field(key) }

// exact gives a raw value the type of a setting. A number in a file must be one, and a whole
// one where whole ones are asked for. A list stands for its items joined by commas.
func exact(to reflect.Type, raw any) (any, error) {
	if isEnum(to) {
		name, err := exactText(raw)
		if err != nil {
			return nil, err
		}
		return enums[to](name)
	}
	if text, ok := raw.(Text); ok {
		return schema.ParseText(to, string(text))
	}
	if to.Kind() != reflect.String {
		return exactNumber(to, raw)
	}
	if list, ok := raw.([]any); ok {
		return joinList(list)
	}
	return exactText(raw)
}

// exactText is the text that raw is; a whole number stands for its digits, as in "best: 8".
func exactText(raw any) (string, error) {
	switch raw := raw.(type) {
	case Text:
		return string(raw), nil
	case string:
		return raw, nil
	case int, uint64:
		return fmt.Sprint(raw), nil
	}
	return "", fmt.Errorf("%v is not text", raw)
}

func joinList(list []any) (string, error) {
	items := make([]string, len(list))
	for i, item := range list {
		text, err := exactText(item)
		if err != nil {
			return "", fmt.Errorf("%v in a list is neither text nor a whole number", item)
		}
		items[i] = text
	}
	return strings.Join(items, ","), nil
}
