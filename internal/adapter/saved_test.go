package adapter_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// bert is trained's adapter as one of a BERT, with BERT's head; with pooler it adapts that, too.
func bert(t testing.TB, pooler bool) *adapter.Adapter {
	a := trained(t)
	for i := range a.Modules {
		a.Modules[i].Name = strings.Replace(a.Modules[i].Name, "roberta.", "bert.", 1)
	}
	if pooler {
		a.Modules = append(a.Modules, adapter.Module{Name: "bert.pooler.dense", In: 6, Out: 6, A: normals(random(3), a.Rank*6), B: normals(random(4), 6*a.Rank)})
	}
	a.Head = []weights.Tensor{whole("classifier.weight", 2, 6), whole("classifier.bias", 2)}
	return a
}

// whole is a tensor of random values.
func whole(name string, shape ...int) weights.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return weights.Tensor{Name: name, Shape: shape, Data: normals(random(uint64(len(name))), n)}
}

// configOf reads one key of a folder's config.
func configOf(t *testing.T, dir, key string) any {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	must(t, err)
	var c map[string]any
	must(t, json.Unmarshal(b, &c))
	return c[key]
}

// A pooler is a module as any other: its place is behind the layers', a slice cuts it, and PEFT
// finds it by its name.
func TestPoolerModule(t *testing.T) {
	t.Parallel()
	a, dir := bert(t, true), filepath.Join(t.TempDir(), "a")
	a.Modules[len(a.Modules)-1].Rank = 0
	must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{}))
	got, _, err := adapter.Load(dir)
	must(t, err)
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if names := configOf(t, dir, "target_modules"); !cmp.Equal(names, []any{"query", "value", "pooler.dense"}) {
		t.Errorf("target_modules is %v", names)
	}
	cut, err := got.SliceEach(3, map[string]int{"pooler.dense": 1})
	must(t, err)
	if ranks := cut.Ranks(); ranks[len(ranks)-1] != 1 || ranks[0] != 3 {
		t.Errorf("ranks %v", ranks)
	}
	cutDir := filepath.Join(t.TempDir(), "cut")
	must(t, adapter.Save(cutDir, cut, nil, adapter.SaveOptions{}))
	again, _, err := adapter.Load(cutDir)
	must(t, err)
	if diff := cmp.Diff(cut, again); diff != "" {
		t.Errorf("cut (-want +got):\n%s", diff)
	}
	if p := configOf(t, cutDir, "rank_pattern"); !cmp.Equal(p, map[string]any{"pooler.dense": 1.0}) {
		t.Errorf("rank_pattern is %v", p)
	}
	alone := bert(t, true)
	alone.Modules = alone.Modules[len(alone.Modules)-1:]
	aloneDir := filepath.Join(t.TempDir(), "alone")
	must(t, adapter.Save(aloneDir, alone, nil, adapter.SaveOptions{}))
	if got, _, err := adapter.Load(aloneDir); err != nil || len(got.Modules) != 1 {
		t.Errorf("the pooler alone: %v", err)
	}
	editConfig(t, dir, `"pooler.dense"`, `"nothing"`)
	if _, _, err := adapter.Load(dir); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "unexpected") {
		t.Errorf("a pooler that target_modules does not name: %v", err)
	}
}

// The names in target_modules that PEFT finds a pooler by.
func TestPoolerTargets(t *testing.T) {
	t.Parallel()
	const short = `[
    "query",
    "value",
    "pooler.dense"
  ]`
	for targets, want := range map[string]string{
		`["query","value","bert.pooler.dense"]`:               "",
		`["query","value","pooler.dense"]`:                    "",
		`".*(query|value|pooler\\.dense)"`:                    "",
		`["query","value"]`:                                   "unexpected",
		`["query","value","pooler"]`:                          "unexpected",
		`["query","value","dense"]`:                           "missing", // of the layers' maps
		`["query","value","roberta.pooler.dense"]`:            "unexpected",
		`"bert\\.encoder\\.layer\\.[0-9]+\\..*(query|value)"`: "unexpected",
	} {
		dir := filepath.Join(t.TempDir(), "a")
		must(t, adapter.Save(dir, bert(t, true), nil, adapter.SaveOptions{}))
		editConfig(t, dir, short, targets)
		_, _, err := adapter.Load(dir)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", targets, err, want)
		}
	}
}

// Whole modules are kept under PEFT's names, whether they are adapted or not.
func TestWholeModules(t *testing.T) {
	t.Parallel()
	const p = "base_model.model."
	pooler := []weights.Tensor{whole("bert.pooler.dense.bias", 6), whole("bert.pooler.dense.weight", 6, 6)}
	norm := []weights.Tensor{whole("bert.encoder.layer.1.output.LayerNorm.bias", 6), whole("bert.encoder.layer.1.output.LayerNorm.weight", 6)}
	words := []weights.Tensor{whole("bert.embeddings.word_embeddings.weight", 9, 6)}
	for _, tt := range []struct {
		name    string
		adapted bool // the pooler
		saved   []weights.Tensor
		modules []any
		keys    []string
	}{
		{"a pooler", false, pooler, []any{"bert.pooler.dense", "classifier", "score"}, []string{p + "bert.pooler.dense.weight", p + "bert.pooler.dense.bias"}},
		{"an adapted pooler", true, pooler, []any{"classifier", "score"}, []string{p + "bert.pooler.dense.base_layer.weight", p + "bert.pooler.dense.base_layer.bias"}},
		{"a normalisation", false, norm, []any{"bert.encoder.layer.1.output.LayerNorm", "classifier", "score"}, []string{p + "bert.encoder.layer.1.output.LayerNorm.weight"}},
		{"word embeddings", true, words, []any{"bert.embeddings.word_embeddings", "classifier", "score"}, []string{p + "bert.embeddings.word_embeddings.weight"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, dir := bert(t, tt.adapted), filepath.Join(t.TempDir(), "a")
			a.Saved = tt.saved
			must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{}))
			st, err := safetensors.Read(filepath.Join(dir, weightsFile))
			must(t, err)
			for _, key := range tt.keys {
				if _, ok := st.Tensor(key); !ok {
					t.Errorf("no tensor %s", key)
				}
			}
			if got := configOf(t, dir, "modules_to_save"); !cmp.Equal(got, tt.modules) {
				t.Errorf("modules_to_save is %v", got)
			}
			got, _, err := adapter.Load(dir)
			must(t, err)
			if diff := cmp.Diff(a.Saved, got.Saved); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.ChangesNothing() || got.Fingerprint() != a.Fingerprint() || got.Fingerprint() == bert(t, tt.adapted).Fingerprint() {
				t.Error("the whole tensors do not count")
			}
			cut, err := got.Slice(1)
			must(t, err)
			if !cmp.Equal(cut.Saved, got.Saved) || !cmp.Equal(cut.Saves, got.Saves) {
				t.Error("a slice loses them")
			}
			if _, err := got.Compat(); fault.ReasonOf(err) != adapter.HasBiases {
				t.Errorf("the compatible form: %v", err)
			}
			if err := bert(t, tt.adapted).StartFrom(got); fault.ClassOf(err) != fault.Usage {
				t.Errorf("as a start: %v", err)
			}
		})
	}
}

// What modules_to_save has may be in the file, and nothing else.
func TestWholeModulesRefused(t *testing.T) {
	t.Parallel()
	const p = "base_model.model."
	type tensors = map[string]safetensors.Tensor
	six := func(shape ...int) safetensors.Tensor {
		w := whole("x", shape...)
		return safetensors.F32("", shape, w.Data)
	}
	for _, tt := range []struct {
		name, modules string
		edit          func(m tensors)
		want          string // "" is accepted
	}{
		{"as PEFT saves a pooler", `["classifier","classifier","pooler","score"]`, func(m tensors) { m[p+"bert.pooler.dense.weight"], m[p+"bert.pooler.dense.bias"] = six(6, 6), six(6) }, ""},
		{"not in modules_to_save", `["classifier","score"]`, func(m tensors) { m[p+"bert.pooler.dense.weight"] = six(6, 6) }, "unexpected"},
		{"enlarged word embeddings", `["classifier","score"]`, func(m tensors) { m[p+"bert.embeddings.word_embeddings.weight"] = six(9, 6) }, ""},
		{"in a wrapper's place", `["classifier","pooler"]`, func(m tensors) { m[p+"bert.pooler.modules_to_save.default.dense.weight"] = six(6, 6) }, "unexpected"},
		{"trained tokens", `["classifier","embeddings"]`, func(m tensors) {
			m[p+"bert.embeddings.word_embeddings.token_adapter.trainable_tokens_delta"] = six(1, 6)
		}, "unexpected"},
		{"a base layer of no adapted module", `["classifier","pooler"]`, func(m tensors) { m[p+"bert.pooler.dense.base_layer.weight"] = six(6, 6) }, "not where PEFT looks for it"},
		{"a weight of an adapted module", `["classifier","layer.0.attention"]`, func(m tensors) { m[p+"bert.encoder.layer.0.attention.self.query.weight"] = six(5, 6) }, "unexpected"},
		{"a base layer's weight", `["classifier"]`, func(m tensors) { m[p+"bert.encoder.layer.0.attention.self.query.base_layer.weight"] = six(5, 6) }, ""},
		{"an empty name", `["classifier",""]`, func(tensors) {}, "modules_to_save"},
		{"an expression", `["classifier","poo(l)er"]`, func(tensors) {}, "modules_to_save"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a")
			must(t, adapter.Save(dir, bert(t, false), nil, adapter.SaveOptions{}))
			editConfig(t, dir, "\"classifier\",\n    \"score\"", strings.Trim(tt.modules, "[]"))
			editWeights(t, dir, tt.edit)
			_, _, err := adapter.Load(dir)
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || fault.ClassOf(err) != fault.Invalid) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// PEFT's rule for modules_to_save: the end of the path of a module, at a dot or not.
func TestCovers(t *testing.T) {
	t.Parallel()
	const weight = "bert.pooler.dense.weight"
	var got []string
	for _, name := range []string{"pooler", "dense", "pooler.dense", "bert.pooler.dense", "oler", "bert", "weight", "encoder", "pool"} {
		if adapter.Covers(name, weight) {
			got = append(got, name)
		}
	}
	if want := []string{"pooler", "dense", "pooler.dense", "bert.pooler.dense", "oler", "bert"}; !slices.Equal(got, want) {
		t.Errorf("%q cover it, want %q", got, want)
	}
}
