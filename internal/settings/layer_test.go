package settings

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/train"
)

// refused is what an error ends with, where the table below wants one.
type refused string

// rawValues are values of every kind that files, variables and flags have.
var rawValues = map[string]any{
	"int": 4, "negative": -4, "uint64": uint64(math.MaxUint64), "float64": 2.5, "true": true, "text": "8", "word": "all",
	"Text int": Text("4"), "Text float": Text("2.5"), "Text true": Text("true"), "Text word": Text("all"), "Text empty": Text(""),
	"list": []any{"query", 4}, "deep list": []any{[]any{"query"}}, "list of truth": []any{true}, "empty list": []any{}, "nil": nil,
	"time": time.Unix(0, 0).UTC(), "map": map[string]any{"a": 1},
}

// TestSetEveryKind gives every kind of value to a setting of every type: want lists those that
// are taken, everything else is refused with an error that ends as the entry "" says.
// TestDefaultsOf: the defaults of all settings are a layer that resolves to the defaults, with or without another below.
func TestDefaultsOf(t *testing.T) {
	t.Parallel()
	below := YAMLLayer(Recipe, "below.yaml", []byte("rank: 3\nsampler: list:3\nupdate: strict\nseed: 7\nscaling: sqrt\n"))
	r, err := Resolve(below, DefaultsOf(Run, "here", append(Keys(), "no_such_setting")...))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r.Settings, *Defaults()) {
		t.Errorf("%+v, want the defaults", r.Settings)
	}
	l := DefaultsOf(Run, "here", "rank")
	if keys := l.Keys(); len(keys) != 1 || l.Place("rank") != "here" || l.Err() != nil {
		t.Errorf("keys %v, at %s, %v", keys, l.Place("rank"), l.Err())
	}
}

func TestSetEveryKind(t *testing.T) {
	for key, want := range map[string]map[string]any{
		"rank": {"int": 4, "negative": -4, "Text int": 4, "": refused(" is not a whole number")},
		"seed": {"int": uint64(4), "uint64": uint64(math.MaxUint64), "Text int": uint64(4), "": refused(" is not a whole number from 0 up")},
		"lr": {
			"int": 4.0, "negative": -4.0, "uint64": float64(math.MaxUint64), "float64": 2.5, "Text int": 4.0, "Text float": 2.5,
			"": refused(" is not a number"),
		},
		"allow_pickle": {"true": true, "Text true": true, "": refused(" is not true or false")},
		"model": {
			"int": "4", "negative": "-4", "uint64": "18446744073709551615", "text": "8", "word": "all", "list": "query,4", "empty list": "",
			"Text int": "4", "Text float": "2.5", "Text true": "true", "Text word": "all", "Text empty": "",
			"deep list": refused("[query] in a list is neither text nor a whole number"), "list of truth": refused("true in a list is neither text nor a whole number"),
			"": refused(" is not text"),
		},
		"update": {"word": adapter.All, "Text word": adapter.All, "": refused(" (here)")},
	} {
		for kind, raw := range rawValues {
			l := NewLayer(File)
			l.Set(key, "here", raw)
			wanted, ok := want[kind]
			if !ok {
				wanted = want[""]
			}
			v, taken := l.Value(key)
			if end, no := wanted.(refused); no {
				err := l.Err()
				if taken || l.Place(key) != "" || err == nil || !strings.HasSuffix(err.Error(), string(end)) || !strings.Contains(err.Error(), key+": ") || !strings.Contains(err.Error(), "here") {
					t.Errorf("%s %s: %#v, error = %v, want one that ends with %q", key, kind, v, err, end)
				}
			} else if l.Err() != nil || v != wanted || l.Place(key) != "here" {
				t.Errorf("%s %s: %#v at %q, %v, want %#v", key, kind, v, l.Place(key), l.Err(), wanted)
			}
		}
	}
}

func TestSetEnumerations(t *testing.T) {
	for _, tt := range []struct {
		key, name string
		want      any
	}{
		{"kind", "classification", data.Classification},
		{"kind", "regression", data.Regression},
		{"quoting", "auto", data.QuoteAuto},
		{"quoting", "csv", data.QuoteCSV},
		{"quoting", "none", data.QuoteNone},
		{"update", "all", adapter.All},
		{"update", "frozen", adapter.Frozen},
		{"update", "strict", adapter.Strict},
		{"ranks_per_step", "one", train.OneRank},
		{"ranks_per_step", "mixed", train.MixedRanks},
		{"ranks_per_step", "sandwich", train.Sandwich},
		{"precision", "float32", kernel.Float32},
		{"precision", "i16", kernel.I16},
		{"precision", "int8", kernel.Int8},
		{"precision", "bf16", kernel.BF16},
	} {
		for _, raw := range []any{tt.name, Text(tt.name)} {
			l := NewLayer(File)
			l.Set(tt.key, "here", raw)
			if v, _ := l.Value(tt.key); v != tt.want || l.Err() != nil {
				t.Errorf("%s %#v: %#v, %v", tt.key, raw, v, l.Err())
			}
		}
		for _, raw := range []any{strings.ToUpper(tt.name), tt.name + " ", "", 0, Text("0")} {
			l := NewLayer(File)
			l.Set(tt.key, "here", raw)
			if err := l.Err(); err == nil || !strings.HasPrefix(err.Error(), tt.key+": ") || !strings.HasSuffix(err.Error(), " (here)") || strings.Count(err.Error(), tt.key+": ") != 1 {
				t.Errorf("%s %#v: error = %v", tt.key, raw, err)
			}
		}
	}
}

// The last value that is sound stands, as a flag given twice has it.
func TestSetAgain(t *testing.T) {
	l := NewLayer(Flag)
	l.Set("rank", "first", 4)
	l.Set("rank", "second", 5)
	l.Set("rank", "third", "x")
	if v, ok := l.Value("rank"); !ok || v != 5 || l.Place("rank") != "second" || !strings.HasPrefix(l.Err().Error(), "third: rank: ") {
		t.Errorf("rank = %v at %s, %v", v, l.Place("rank"), l.Err())
	}
	if v, ok := l.Value("lr"); ok || v != nil || l.Place("lr") != "" {
		t.Errorf("lr = %v at %q, which nobody said", v, l.Place("lr"))
	}
	if NewLayer(Flag).Err() != nil || LayersErr() != nil || LayersErr(NewLayer(File), NewLayer(Flag)) != nil {
		t.Error("an empty layer has a fault")
	}
}

func TestOnly(t *testing.T) {
	l := layerOf(Flag, map[string]any{"task": "a.csv", "threads": 2, "dev_file": "b.csv", "lr": 0.5, "kind": data.Regression})
	l.Set("rnak", "--rnak", 4)
	for scope, want := range map[schema.Scope][]string{
		schema.Remembered: {"dev_file", "kind", "task"}, schema.Free: {"dev_file", "threads"}, schema.Card: {"lr"}, schema.Files: {"dev_file", "kind"}, "none": nil,
	} {
		part := l.Only(scope)
		if got := part.Keys(); !slices.Equal(got, want) || part.Origin != Flag || part.Err() != nil {
			t.Errorf("%s: %v, want %v", scope, got, want)
		}
		for _, key := range part.Keys() {
			if v, _ := part.Value(key); v != l.values[key] || part.Place(key) != l.Place(key) {
				t.Errorf("%s: %s = %v at %s", scope, key, v, part.Place(key))
			}
		}
	}
	part := l.Only(schema.Card)
	part.Set("lr", "elsewhere", 0.25)
	if v, _ := l.Value("lr"); v != 0.5 || l.Place("lr") != "--lr" {
		t.Errorf("the whole layer has lr = %v at %s after a change of the part", v, l.Place("lr"))
	}
}

func TestLayersErr(t *testing.T) {
	a, b := NewLayer(File), NewLayer(Flag)
	a.Set("rank", "a", "x")
	b.Set("lr", "b", "y")
	b.Set("update", "b", "z")
	err := LayersErr(a, NewLayer(Env), b)
	want := "a: rank: \"x\" is not a whole number\nb: lr: \"y\" is not a number\nupdate: \"z\" is none of all, frozen, strict (b)"
	if err == nil || err.Error() != want || fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != "" {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestBooleanSettings(t *testing.T) {
	check := func(text string, l *Layer, truth bool, want string) {
		t.Helper()
		v, _ := l.Value("allow_pickle")
		if err := l.Err(); want == "" && (err != nil || v != truth) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, %v, want %q", text, v, err, want)
		}
	}
	for text, want := range map[string]string{
		"allow_pickle: true\n": "", "allow_pickle: false\n": "", "allow_pickle: 1\n": "1 is not true or false", "allow_pickle: \"true\"\n": `"true" is not true or false`,
	} {
		check(text, YAMLLayer(File, "x.yaml", []byte(text)), strings.Contains(text, "true"), want)
	}
	for text, want := range map[string]string{"true": "", "false": "", "yes": `"yes" is not true or false`} {
		check(text, EnvLayer([]string{"DYLORA_ALLOW_PICKLE=" + text}), text == "true", want)
	}
}
