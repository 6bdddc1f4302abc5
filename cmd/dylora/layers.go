package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"github.com/dylora/dylora/internal/fault"
)

// layer is one source of settings. Sources are joined weakest first: default, recipe (or
// the run that an adapter comes from), file, env, flag.
type layer struct {
	origin string            // "default", "recipe", "run", "file", "env" or "flag"
	values map[string]any    // by key, each of its setting's own type
	where  map[string]string // by key, for messages: "run.yaml line 3", "DYLORA_RANK", "--rank"
}

func newLayer(origin string) layer {
	return layer{origin: origin, values: map[string]any{}, where: map[string]string{}}
}

// put takes a value as its source spells it. The fault is "" or what is wrong with it.
func (l layer) put(s setting, where string, raw any) string {
	v, err := exact(s.value.Type(), raw)
	if err != nil {
		return fmt.Sprintf("%s: %s: %v", where, s.key, err)
	}
	l.values[s.key], l.where[s.key] = v, where
	return ""
}

// resolved is a config and the layer that decided each setting.
type resolved struct {
	config
	origin map[string]string
	where  map[string]string
}

// explicit says whether a person chose the setting for this command.
func (r *resolved) explicit(key string) bool {
	o := r.origin[key]
	return o == "file" || o == "env" || o == "flag"
}

// place ends a message about a setting: where its value comes from.
func (r *resolved) place(key string) string {
	if w := r.where[key]; w != "" {
		return w
	}
	return r.origin[key]
}

// join resolves the layers, given weakest first. viper merges and decodes; it would also
// cut 2.7 to 2, read "" as 0 and drop keys it does not know, so every layer has been
// checked value by value before.
func join(layers ...layer) (*resolved, error) {
	r := &resolved{config: defaultConfig(), origin: map[string]string{}, where: map[string]string{}}
	v := viper.New()
	for _, s := range r.settings() {
		v.SetDefault(s.key, s.value.Interface())
		r.origin[s.key] = "default"
	}
	for _, l := range layers {
		if err := v.MergeConfigMap(l.values); err != nil {
			return nil, err
		}
		for key := range l.values {
			r.origin[key], r.where[key] = l.origin, l.where[key]
		}
	}
	err := v.UnmarshalExact(&r.config, func(d *mapstructure.DecoderConfig) { d.WeaklyTypedInput = false })
	if err != nil {
		return nil, fault.Usagef("configuration: %w", err)
	}
	return r, nil
}

// check refuses broken rules, all at once, each with the place its value comes from.
func (r *resolved) check() error {
	var faults []string
	for _, f := range r.faults() {
		faults = append(faults, fmt.Sprintf("%s: %s (%s)", f[0], f[1], r.place(f[0])))
	}
	return usageFaults(faults)
}

// usageFaults is one usage error of one line per fault, nil if there is none.
func usageFaults(faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	return fault.Usagef("%s", strings.Join(faults, "\n"))
}

// exact gives a raw value the type of a setting. Strings are read as environment
// variables need it; a number in a file must be one, and a whole one where whole ones
// are asked for. A list stands for its items joined by commas.
func exact(to reflect.Type, raw any) (any, error) {
	if list, ok := raw.([]any); ok && to.Kind() == reflect.String {
		return joinList(list)
	}
	if to.Kind() == reflect.String {
		switch raw := raw.(type) {
		case string:
			return raw, nil
		case int, uint64: // best: 8
			return fmt.Sprint(raw), nil
		}
		return nil, fmt.Errorf("%v is not text", raw)
	}
	return exactNumber(to, raw)
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
