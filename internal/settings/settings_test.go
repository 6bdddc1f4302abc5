package settings

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/schema"
)

func TestScopes(t *testing.T) {
	for scope, want := range map[schema.Scope]string{
		schema.Free:       "threads kernel data_dir dev_file allow_changed_data model revision checkpoint_every init_adapter track insecure",
		schema.Remembered: "task data_dir model revision max_length dev_file text_column pair_column label_column label_separator kind threshold quoting delimiter metric",
		schema.Card:       "recipe epochs max_steps batch grad_accumulation lr weight_decay warmup clip ranks_per_step best patience max_train_examples precision init_missing",
		schema.Changed:    "full_rank_phase resort lr_ratio_b row_lr average gate heads distill metric class_weights micro_batches",
		schema.Length:     "epochs max_steps",
		schema.Files:      "dev_file text_column pair_column label_column label_separator kind quoting delimiter dev_share dev_seed",
	} {
		got, keys := Scoped(scope), strings.Fields(want)
		slices.Sort(got)
		slices.Sort(keys)
		if !slices.Equal(got, keys) {
			t.Errorf("%s: %v, want %v", scope, got, keys)
		}
	}
}

func TestDefaultsAreSound(t *testing.T) {
	if faults := Defaults().broken(); len(faults) > 0 {
		t.Errorf("the defaults break rules: %v", faults)
	}
	if _, err := Resolve(); err != nil {
		t.Errorf("nothing said: %v", err)
	}
	c := Defaults().Train.Loop
	if c.Beta1 != 0.9 || c.Beta2 != 0.999 || c.Eps != 1e-8 || c.LR != 1e-3 || c.Seed != 42 {
		t.Errorf("the loop's defaults %+v", c)
	}
	a, b := Defaults(), Defaults()
	a.Adapter.Rank = 3
	if b.Adapter.Rank != 8 || Defaults().Adapter.Rank != 8 {
		t.Error("two sets of defaults are one")
	}
}

// TestSettingsAreWhole: a setting needs nothing but its field. Its key, flag and variable are
// its own, it has a line of help, its type is one that files and flags know, and its layers,
// files and rules take it by its tags alone.
func TestSettingsAreWhole(t *testing.T) {
	names := map[string]string{}
	word := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for _, f := range Defaults().Fields() {
		if !word.MatchString(f.Key) {
			t.Errorf("%q is not a key in lower case", f.Key)
		}
		for _, name := range []string{f.Key, f.Flag(), f.Env()} {
			if other, taken := names[name]; taken && other != f.Key {
				t.Errorf("%s: the name %s is that of %s, too", f.Key, name, other)
			}
			names[name] = f.Key
		}
		if f.Help == "" || strings.Count(f.Help, `"`)%2 != 0 || strings.Contains(f.Help, "`") || strings.HasSuffix(f.Help, ".") {
			t.Errorf("%s: help %q", f.Key, f.Help)
		}
		switch Plain(f.Value).(type) {
		case int, uint64, float64, string, bool:
		default:
			t.Errorf("%s is a %s, which no flag is made for", f.Key, f.Value.Type())
		}
		r, err := Resolve(flags(t, "task=a.csv"), layerOf(File, map[string]any{f.Key: another(t, f)}))
		if err != nil || r.Origin(f.Key) != File || r.Place(f.Key) != "file.yaml line 1" {
			t.Errorf("%s does not come from a file: %v", f.Key, err)
		}
	}
	if slices.Contains(Keys(), "") || len(Keys()) != len(Defaults().Fields()) {
		t.Errorf("keys %v", Keys())
	}
}

// TestTagsFit holds every tag of the tree against the type of its field: a rule that does not
// fit would be ignored.
func TestTagsFit(t *testing.T) {
	kinds := map[string][]reflect.Kind{
		"min": {reflect.Int, reflect.Float64}, "max": {reflect.Int, reflect.Float64}, "above": {reflect.Float64}, "below": {reflect.Float64}, "empty": {reflect.String},
	}
	known := []string{"key", "help", "default", "scope", "json", "min", "max", "above", "below", "empty"}
	scopes := []string{string(schema.Free), string(schema.Remembered), string(schema.Card), string(schema.Changed), string(schema.Files), string(schema.Length)}
	settings := 0
	walk(reflect.TypeFor[Settings](), func(f reflect.StructField) {
		settings++
		key := f.Tag.Get("key")
		for _, m := range regexp.MustCompile(`(?:^| )([a-z]+):"(?:[^"\\]|\\.)*"`).FindAllStringSubmatch(string(f.Tag), -1) {
			if !slices.Contains(known, m[1]) {
				t.Errorf("%s: a tag %s", key, m[1])
			}
		}
		for name, fits := range kinds {
			value, given := f.Tag.Lookup(name)
			if given && !slices.Contains(fits, f.Type.Kind()) {
				t.Errorf("%s: a %s has no rule %s", key, f.Type, name)
			}
			if _, err := strconv.ParseFloat(value, 64); given && name != "empty" && err != nil {
				t.Errorf("%s: %s: %v", key, name, err)
			}
		}
		if f.Type.Kind() == reflect.Float64 && f.Tag.Get("min")+f.Tag.Get("max")+f.Tag.Get("above") == "" {
			t.Errorf("%s has no bound and may be infinite", key)
		}
		for s := range strings.SplitSeq(f.Tag.Get("scope"), ",") {
			if s != "" && !slices.Contains(scopes, s) {
				t.Errorf("%s: no scope is called %q", key, s)
			}
		}
		if f.Type.PkgPath() != "" && !isEnum(f.Type) {
			t.Errorf("%s: the names of %s are not known", key, f.Type)
		}
	})
	if settings != len(Keys()) {
		t.Errorf("%d fields have tags, %d are settings", settings, len(Keys()))
	}
}

// walk calls visit for each field below part that has a key.
func walk(part reflect.Type, visit func(reflect.StructField)) {
	for i := range part.NumField() {
		f := part.Field(i)
		if _, ok := f.Tag.Lookup("key"); ok {
			visit(f)
		} else if f.Type.Kind() == reflect.Struct {
			walk(f.Type, visit)
		}
	}
}

// Every type of enumeration is one of some setting, and its values have names that read back.
func TestEnumerations(t *testing.T) {
	used := map[reflect.Type]bool{}
	for _, f := range new(Settings).Fields() {
		used[f.Value.Type()] = true
	}
	for to, parse := range enums {
		values := enumValues(to)
		if !used[to] || len(values) < 2 {
			t.Errorf("%s: a setting's type %v, values %v", to, used[to], values)
		}
		for _, v := range values {
			name, isText := Plain(reflect.ValueOf(v)).(string)
			if back, err := parse(name); !isText || err != nil || back != v {
				t.Errorf("%s: %v is called %q, which is %v, %v", to, v, name, back, err)
			}
		}
	}
}
