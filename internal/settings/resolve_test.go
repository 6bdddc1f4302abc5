package settings

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// origins are all origins that layers have, weakest first; Recipe and Run never meet in one
// command, but the merge does not know that.
func origins() []Origin { return []Origin{Recipe, Run, File, Env, Flag} }

func TestPrecedence(t *testing.T) {
	places := map[Origin]string{
		Default: "default", Recipe: "recipe.yaml line 1", Run: "run.yaml line 1", File: "file.yaml line 1", Env: "DYLORA_EPOCHS", Flag: "--epochs",
	}
	var layers []*Layer
	for i, o := range append([]Origin{Default}, origins()...) {
		want := Defaults().Train.Loop.Epochs
		if o != Default {
			want = 10 + i
			layers = append(layers, layerOf(o, map[string]any{"epochs": want}))
		}
		r, err := Resolve(layers...)
		if err != nil {
			t.Fatal(err)
		}
		if r.Train.Loop.Epochs != want || r.Origin("epochs") != o || r.Place("epochs") != places[o] {
			t.Errorf("%s: epochs = %d by %s (%s), want %d (%s)", o, r.Train.Loop.Epochs, r.Origin("epochs"), r.Place("epochs"), want, places[o])
		}
		if explicit := o == File || o == Env || o == Flag; r.Explicit("epochs") != explicit {
			t.Errorf("%s: explicit is %v", o, !explicit)
		}
		if r.Origin("alpha") != Default || r.Place("alpha") != "default" || r.Explicit("alpha") {
			t.Errorf("%s: alpha comes from %s by its origin (%s)", o, r.Origin("alpha"), r.Place("alpha"))
		}
	}
}

// A layer decides even where it says what the weaker ones say, too.
func TestSameValueByAStrongerLayer(t *testing.T) {
	r, err := Resolve(layerOf(File, map[string]any{"rank": 8}), layerOf(Flag, map[string]any{"rank": 8}))
	if err != nil || r.Origin("rank") != Flag || r.Place("rank") != "--rank" {
		t.Errorf("rank by %v, %v", r, err)
	}
}

// Joining layers is a plain merge: every value arrives as the layer has it, of its own type,
// with the origin and the place of the last layer that has one.
func TestJoinIsAPlainMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := valuesOf(Defaults())
		origin, where := map[string]Origin{}, map[string]string{}
		var layers []*Layer
		for _, o := range origins() {
			values := map[string]any{}
			for _, f := range new(Settings).Fields() {
				if rapid.IntRange(0, 2).Draw(t, "given") > 0 {
					continue
				}
				v := drawValue(t, f)
				if o == Env && text(v) == "" { // counts as unset
					continue
				}
				values[f.Key] = v
			}
			l := layerOf(o, values)
			if err := l.Err(); err != nil {
				t.Fatalf("%s: %v", o, err)
			}
			for key, v := range values {
				want[key], origin[key], where[key] = v, o, l.Place(key)
			}
			layers = append(layers, l)
		}
		r, err := join(layers...)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Fields() {
			if got := f.Value.Interface(); got != want[f.Key] {
				t.Errorf("%s = %#v, want %#v", f.Key, got, want[f.Key])
			}
			if o, given := origin[f.Key]; given && (r.Origin(f.Key) != o || r.Place(f.Key) != where[f.Key]) || !given && r.Origin(f.Key) != Default {
				t.Errorf("%s comes by its origin from %s (%s), want %s (%s)", f.Key, r.Origin(f.Key), r.Place(f.Key), o, where[f.Key])
			}
		}
	})
}

// Resolve takes whatever the rules allow, and neither it nor a second Resolve changes a layer.
func TestResolveIsAPlainMerge(t *testing.T) {
	defaults := Defaults()
	choices := map[string][]any{}
	for _, f := range defaults.Fields() {
		choices[f.Key] = []any{f.Value.Interface(), another(t, f)}
	}
	choices["task"] = []any{"a.csv", "b.csv"}
	rapid.Check(t, func(t *rapid.T) {
		layers := []*Layer{layerOf(Recipe, map[string]any{"task": "a.csv"})}
		want := valuesOf(defaults)
		want["task"] = "a.csv"
		for _, o := range origins() {
			values := map[string]any{}
			for _, key := range Keys() {
				if v := choices[key][rapid.IntRange(0, 1).Draw(t, key)]; rapid.Bool().Draw(t, "given") && text(v) != "" {
					values[key], want[key] = v, v
				}
			}
			layers = append(layers, layerOf(o, values))
		}
		for range 2 {
			r, err := Resolve(layers...)
			if err != nil {
				t.Fatal(err)
			}
			if got := valuesOf(&r.Settings); !maps.Equal(got, want) {
				t.Fatalf("resolved %v\nwant     %v", got, want)
			}
		}
	})
}

// All that is wrong is told at once, in the layers and with the outcome, each with its place.
func TestAllFaultsAtOnce(t *testing.T) {
	file := YAMLLayer(File, "run.yaml", []byte("rank: 2.7\nrnak: 4\nlr: 0\nupdate: some\nr_min: 0\n"))
	env := EnvLayer([]string{"DYLORA_EPOCHS=many", "DYLORA_TASKS=x", "DYLORA_BATCH=0", "DYLORA_TARGETS=queries"})
	flag := NewLayer(Flag)
	flag.Set("warmup", "--warmup", Text("2"))
	flag.Set("clip", "--clip", Text("x"))
	_, err := Resolve(file, env, flag)
	want := []string{
		"run.yaml line 1: rank: 2.7 is not a whole number",
		"run.yaml line 2: rnak: unknown key",
		"update: \"some\"", "(run.yaml line 4)",
		`DYLORA_EPOCHS: epochs: "many" is not a whole number`,
		"DYLORA_TASKS: no setting has this variable",
		`--clip: clip: "x" is not a number`,
		"r_min: 0 is below 1 (run.yaml line 5)",
		"lr: 0 is not a positive number (run.yaml line 3)",
		"warmup: 2 is not in [0, 1] (--warmup)",
		"batch: 0 is below 1 (DYLORA_BATCH)",
		"targets: ", "(DYLORA_TARGETS)",
	}
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q\nlacks %q", err, w)
		}
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 11 {
		t.Errorf("%d lines, want one for each of 11 faults:\n%s", len(lines), err)
	}
	if fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != UnknownSetting {
		t.Errorf("class %d, reason %q", fault.ClassOf(err), fault.ReasonOf(err))
	}
}

// Only a name that no setting has is a reason to list the settings, whatever a value says.
func TestUnknownSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		layer *Layer
		want  fault.Reason
	}{
		"key":                  {YAMLLayer(File, "x.yaml", []byte("rnak: 4")), UnknownSetting},
		"no key":               {YAMLLayer(File, "x.yaml", []byte("[a]: 4")), UnknownSetting},
		"variable":             {EnvLayer([]string{"DYLORA_RNAK=4"}), UnknownSetting},
		"after other faults":   {YAMLLayer(File, "x.yaml", []byte("rank: x\nlr: y\nrnak: 4")), UnknownSetting},
		"value":                {YAMLLayer(File, "x.yaml", []byte("rank: x")), ""},
		"value that says so":   {YAMLLayer(File, "x.yaml", []byte(`rank: "x: unknown key"`)), ""},
		"no YAML that does":    {YAMLLayer(File, "x.yaml: unknown key", []byte("update: x")), ""},
		"rule":                 {YAMLLayer(File, "x.yaml", []byte("rank: 0")), ""},
		"task that has a rule": {YAMLLayer(File, "x.yaml", []byte(`task: "x: unknown key"`)), ""},
	} {
		_, err := Resolve(tt.layer)
		if fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != tt.want {
			t.Errorf("%s: %v: class %d, reason %q, want %q", name, err, fault.ClassOf(err), fault.ReasonOf(err), tt.want)
		}
		if tt.layer.Err() != nil && fault.ReasonOf(LayersErr(NewLayer(Flag), tt.layer)) != tt.want {
			t.Errorf("%s: the layers alone have the reason %q", name, fault.ReasonOf(tt.layer.Err()))
		}
	}
}

func TestWith(t *testing.T) {
	r, err := Resolve(layerOf(File, map[string]any{"init_adapter": "runs/last", "rank": 4}))
	if err != nil {
		t.Fatal(err)
	}
	before := valuesOf(&r.Settings)
	n := r.With("init_adapter", "runs/7").With("epochs", 9)
	if n.Adapter.InitAdapter != "runs/7" || n.Train.Loop.Epochs != 9 || n.Adapter.Rank != 4 {
		t.Errorf("with other values: %+v", n.Settings)
	}
	if got := valuesOf(&r.Settings); !maps.Equal(got, before) {
		t.Errorf("the original became %v", got)
	}
	for key, want := range map[string]Origin{"init_adapter": File, "rank": File, "epochs": Default} {
		if n.Origin(key) != want || n.Place(key) != r.Place(key) {
			t.Errorf("%s comes by its origin from %s (%s)", key, n.Origin(key), n.Place(key))
		}
	}
	for _, run := range []func(){func() { r.With("rnak", 4) }, func() { r.With("rank", "4") }} {
		if text := panicOf(run); !strings.Contains(text, "rnak") && !strings.Contains(text, "string") {
			t.Errorf("panic %q", text)
		}
	}
}

// panicOf is what run panics with, as text; "" if it does not.
func panicOf(run func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprint(v)
		}
	}()
	run()
	return ""
}

func TestCard(t *testing.T) {
	r, err := Resolve(layerOf(Flag, map[string]any{"lr": 1e-5, "max_steps": 7, "batch": 16, "task": "mrpc"}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // neither what is zero nor what has not the scope
		"recipe": "cpu", "epochs": "3", "max_steps": "7", "batch": "16", "grad_accumulation": "1", "lr": "1e-05", "weight_decay": "0.01",
		"warmup": "0.06", "clip": "1", "ranks_per_step": "one", "best": "mean", "precision": "float32",
	}
	if got := r.Card(); !maps.Equal(got, want) {
		t.Errorf("card %v\nwant %v", got, want)
	}
	all := r.With("patience", 2).With("max_train_examples", 5).With("resort", train.SVDResort).Card()
	if all["patience"] != "2" || all["max_train_examples"] != "5" || all["resort"] != "svd" || len(all) != len(want)+3 {
		t.Errorf("card %v", all)
	}
}
