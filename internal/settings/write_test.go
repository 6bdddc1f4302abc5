package settings

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// TestYAMLRoundTrip: what a run remembers reads back as what it was, whatever the values.
func TestYAMLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, err := join()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Fields() {
			r = r.With(f.Key, drawValue(t, f))
		}
		l := YAMLLayer(Run, "config.yaml", r.YAML())
		back, err := join(l)
		if l.Err() != nil || err != nil {
			t.Fatalf("config.yaml has faults %v, %v:\n%s", l.Err(), err, r.YAML())
		}
		if back.Settings != r.Settings {
			t.Fatalf("read back %+v\nwrote     %+v\n%s", back.Settings, r.Settings, r.YAML())
		}
	})
}

// Any other reader of YAML gets the same value of the same type.
func TestYAMLValue(t *testing.T) {
	for want, v := range map[string]any{
		"demo": "demo", "FacebookAI/roberta_x": "FacebookAI/roberta_x", "query,value": "query,value", "train.csv": "train.csv", "/a/b": "/a/b",
		`""`: "", `"yes"`: "yes", `"NULL"`: "NULL", `".inf"`: ".inf", `"..."`: "...", `",a"`: ",a", `"8"`: "8", `"1e-05"`: "1e-05", `"a: b"`: "a: b", `"a #b"`: "a #b",
		`"- a"`: "- a", `"-"`: "-", `"it's \"é\""`: `it's "é"`, `"a\nb"`: "a\nb", `"\x7f\u0085\ufeff"`: "\x7f\u0085\ufeff", `"<a&b>"`: "<a&b>", "!!binary Yf9i": "a\xffb",
		"1.0e-05": 1e-05, "1.0e+21": 1e21, "2.5e-07": 2.5e-07, "16": 16.0, "0.06": 0.06, "18446744073709551615": uint64(1<<64 - 1), "-4": -4, "true": true,
	} {
		got := YAMLValue(v)
		if got != want {
			t.Errorf("%#v is written %s, want %s", v, got, want)
		}
		back := reflect.New(reflect.TypeOf(v))
		if err := yaml.Unmarshal([]byte(got+" # default\n"), back.Interface()); err != nil || back.Elem().Interface() != v {
			t.Errorf("%s reads back as %#v, %v, want %#v", got, back.Elem().Interface(), err, v)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		var back any
		if err := yaml.Unmarshal([]byte(YAMLValue(text)+" # default\n"), &back); err != nil || back != text {
			t.Errorf("%q is written %s, which is %#v, %v", text, YAMLValue(text), back, err)
		}
	})
}

func TestYAMLLines(t *testing.T) {
	r, err := Resolve(layerOf(Recipe, map[string]any{"lr": 1e-5}), layerOf(Flag, map[string]any{"data_dir": "my data"}))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(r.YAML()), "\n"), "\n")
	var keys []string
	if lines[0] != "format: 1" {
		t.Errorf("begins with %q, not with the version", lines[0])
	}
	for _, line := range lines[1:] {
		key, _, _ := strings.Cut(line, ":")
		keys = append(keys, key)
	}
	if !slices.Equal(keys, Keys()) {
		t.Errorf("lines of %v, want %v", keys, Keys())
	}
	for _, want := range []string{"lr: 1.0e-05 # recipe", `data_dir: "my data" # flag`, "rank: 8 # default", "update: all # default", `precision: "float32" # default`, `kernel: "" # default`} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s\nlacks the line %q", r.YAML(), want)
		}
	}
}

// TestReadsOlderFiles reads the config.yaml of two runs as an earlier version wrote them, with
// its order of lines.
func TestReadsOlderFiles(t *testing.T) {
	for file, want := range map[string]map[string]any{
		"demo.yaml": {"task": "demo", "max_length": 64, "max_train_examples": 16, "max_eval_examples": 16, "epochs": 2, "max_steps": 1, "batch": 8},
		"files.yaml": {
			"task": "odd: é #1.csv", "dev_file": "dev.csv", "quoting": "csv", "max_train_examples": 16, "rank": 4, "alpha": 0.5, "targets": "all-linear",
			"sampler": "pmf:1,2,3,4", "update": "strict", "ranks_per_step": "sandwich", "seed": uint64(1<<64 - 1), "max_steps": 2, "batch": 8, "lr": 1e-05, "clip": 1e21,
			"best": "4", "eval_ranks": "1-4",
		},
	} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		l := YAMLLayer(Run, file, text)
		if err := l.Err(); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if lines := strings.Count(string(text), "\n"); len(l.Keys()) != lines || lines != 40 {
			t.Errorf("%s: %d settings of %d lines were taken", file, len(l.Keys()), lines)
		}
		for n, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			key, _, _ := strings.Cut(line, ":")
			f, _ := lookup(key)
			v, _ := l.Value(key)
			wanted, given := want[key]
			if !given {
				d, _ := Defaults().field(key)
				wanted = Plain(d.Value)
			}
			if v == nil || Plain(reflect.ValueOf(v)) != wanted || f.Value.Type() != reflect.TypeOf(v) || l.Place(key) == "" {
				t.Errorf("%s line %d: %s is %#v, want %#v", file, n+1, key, v, wanted)
			}
		}
		if _, err := Resumed(l); err != nil {
			t.Errorf("%s: a run does not resume with its own settings: %v", file, err)
		}
	}
}
