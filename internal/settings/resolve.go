package settings

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/spf13/viper"

	"github.com/dylora/dylora/internal/schema"
)

// Resolved are settings and the layer that decided each of them. Nobody changes them: With
// makes another one.
type Resolved struct {
	Settings
	origin map[string]Origin
	where  map[string]string
}

// Resolve joins layers, given weakest first, over the defaults and checks the outcome. All
// that is wrong, in the layers and with the outcome, is one error of class Usage with a line
// for each fault and the place that the value comes from.
func Resolve(layers ...*Layer) (*Resolved, error) {
	r, err := join(layers...)
	if err != nil {
		return nil, err
	}
	faults := layerFaults(layers)
	for _, f := range r.broken() {
		faults = append(faults, fmt.Errorf("%w (%s)", f, r.Place(f.Key)))
	}
	if err := usage(faults); err != nil {
		return nil, err
	}
	return r, nil
}

// WithRecipe is Resolve over the recipe that the layers name, of the task that they name.
func WithRecipe(layers ...*Layer) (*Resolved, error) {
	first, err := join(layers...)
	if err != nil {
		return nil, err
	}
	recipe, err := RecipeLayer(first.Data.Recipe, first.Data.Task)
	if err != nil {
		return nil, err
	}
	return Resolve(append([]*Layer{recipe}, layers...)...)
}

// Resumed is Resolve over the settings that a run was started with. A setting that differs
// and is not free to is an error of class Usage; whether the run can have another length only its
// checkpoints tell.
func Resumed(run *Layer, layers ...*Layer) (*Resolved, error) {
	r, err := Resolve(append([]*Layer{run}, layers...)...)
	if err != nil {
		return nil, err
	}
	var faults []error
	defaults := Defaults().Fields()
	for i, f := range r.Fields() {
		before, known := run.Value(f.Key)
		if !known { // of a later version than the run's, which did what the default does
			before = defaults[i].Value.Interface()
		}
		if before != f.Value.Interface() && !f.In(schema.Free) && !f.In(schema.Length) {
			faults = append(faults, fmt.Errorf("resume: %s is %v (%s), the run was started with %v: leave it out, or start another run",
				f.Key, f.Value.Interface(), r.Place(f.Key), before))
		}
	}
	if err := usage(faults); err != nil {
		return nil, err
	}
	return r, nil
}

// join merges the layers without checking the outcome. viper merges; it would also cut 2.7 to
// 2, read "" as 0 and drop keys that it does not know, so every layer has been checked value
// by value before.
func join(layers ...*Layer) (*Resolved, error) {
	r := &Resolved{Settings: *Defaults(), origin: map[string]Origin{}, where: map[string]string{}}
	v := viper.New()
	for _, f := range r.Fields() {
		v.SetDefault(f.Key, f.Value.Interface())
		r.origin[f.Key] = Default
	}
	for _, l := range layers {
		if err := v.MergeConfigMap(l.values); err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		for key := range l.values {
			r.origin[key], r.where[key] = l.Origin, l.where[key]
		}
	}
	for _, f := range r.Fields() {
		f.Value.Set(reflect.ValueOf(v.Get(f.Key)))
	}
	return r, nil
}

// With is r with another value of one setting, of the setting's own type; its origin stays.
// It panics where no setting has the key or the value is of another type.
func (r *Resolved) With(key string, value any) *Resolved {
	n := *r
	f, ok := n.field(key)
	if !ok {
		panic(fmt.Sprintf("settings: no setting is called %q", key))
	}
	f.Value.Set(reflect.ValueOf(value))
	return &n
}

// Origin is the kind of the layer that decided a setting.
func (r *Resolved) Origin(key string) Origin { return r.origin[key] }

// Explicit says whether a person chose the setting for this command.
func (r *Resolved) Explicit(key string) bool {
	return slices.Contains([]Origin{File, Env, Flag}, r.origin[key])
}

// Place ends a message about a setting: where its value comes from.
func (r *Resolved) Place(key string) string {
	if w := r.where[key]; w != "" {
		return w
	}
	return string(r.origin[key])
}

// Card are the settings that a reader of the model card asks for, those that are set.
func (r *Resolved) Card() map[string]string {
	m := map[string]string{}
	defaults := Defaults().Fields()
	for i, f := range r.Fields() {
		v := Plain(f.Value)
		if f.In(schema.Card) && !reflect.ValueOf(v).IsZero() || f.In(schema.Changed) && v != Plain(defaults[i].Value) {
			m[f.Key] = fmt.Sprint(v)
		}
	}
	return m
}
