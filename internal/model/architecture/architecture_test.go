package architecture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/model/architecture"
)

// TestAll: each type is found by its name, once, is not among those that are refused, and has
// everything that is needed of it.
func TestAll(t *testing.T) {
	types := architecture.Types()
	if len(types) < 6 || len(slices.Compact(slices.Sorted(slices.Values(types)))) != len(types) {
		t.Errorf("types %q", types)
	}
	for _, name := range types {
		a := architecture.Of(name)
		if a == nil || a.ModelType != name || architecture.WhyNot(name) != "" {
			t.Fatalf("%s: %+v, refused because %q", name, a, architecture.WhyNot(name))
		}
		if !strings.HasSuffix(a.Class, "ForSequenceClassification") || !strings.HasSuffix(a.Prefix, ".") || a.AttentionNorm == "" || a.OutputNorm == "" || len(a.Head.Layers) == 0 {
			t.Errorf("%s: %+v", name, a)
		}
		for m := range architecture.Maps {
			if a.Maps[m] == "" {
				t.Errorf("%s has no %s", name, m)
			}
		}
		for _, n := range []architecture.Number{a.Keys.Vocabulary, a.Keys.Hidden, a.Keys.Layers, a.Keys.Heads, a.Keys.Intermediate, a.Keys.Positions} {
			if n.Key == "" || n.Default < 1 || !a.Reads(n.Key) {
				t.Errorf("%s: a size is %+v", name, n)
			}
		}
		if !a.Reads(a.Keys.Activation) || a.Reads("") || a.Reads("language") {
			t.Errorf("%s: reads keys that it does not take, or the other way", name)
		}
	}
	if architecture.Of("albert") != nil || architecture.Of("") != nil || architecture.WhyNot("albert") == "" || architecture.WhyNot("x") != "" {
		t.Error("a type that cannot be loaded is found, or its reason is not")
	}
}

// TestTargets: PEFT finds exactly one map of a layer by each name, and users of all encoders
// call the maps alike.
func TestTargets(t *testing.T) {
	want := map[string][]string{
		"roberta":    {"query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"},
		"electra":    {"query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"},
		"distilbert": {"q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"},
		"mpnet":      {"q", "k", "v", "o", "intermediate.dense", "output.dense"},
	}
	for name, names := range want {
		a := architecture.Of(name)
		for m := range architecture.Maps {
			if got := a.Target(m); got != names[m] {
				t.Errorf("%s: %s is %q, want %q", name, m, got, names[m])
			}
			if of, ok := architecture.MapOf(names[m]); !ok || of != m {
				t.Errorf("%q is %s, %t", names[m], of, ok)
			}
		}
	}
	if d := cmp.Diff(append(want["roberta"], "pooler.dense"), architecture.Names()); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
	for _, name := range []string{"", "dense", "attention.self.query", "classifier", "LayerNorm"} {
		if m, ok := architecture.MapOf(name); ok {
			t.Errorf("%q is %s", name, m)
		}
	}
}

// TestParseModule: paths and modules are one to one, for every map of every encoder.
func TestParseModule(t *testing.T) {
	for _, a := range architecture.All() {
		for m := range architecture.Maps {
			path := a.Prefix + a.Path(11, m)
			got, ok := architecture.ParseModule(path)
			if !ok || got.Layer != 11 || got.Map != m || got.String() != path {
				t.Errorf("%s is %+v, %t", path, got, ok)
			}
			if found := architecture.OfModules([]architecture.Module{got}); found == nil || found.Prefix != a.Prefix {
				t.Errorf("%s is of %+v", path, found)
			}
		}
	}
	for _, path := range []string{
		"", "roberta", "roberta.encoder.layer.0", "roberta.encoder.layer.0.", "roberta.encoder.layer.00.output.dense", "roberta.encoder.layer.-1.output.dense",
		"roberta.encoder.layer.x.output.dense", ".layer.0.output.dense", "roberta.encoder.layer.0.output.LayerNorm", "roberta.pooler.dense", "roberta.encoder.layer.0.output.dense.bias",
	} {
		if m, ok := architecture.ParseModule(path); ok {
			t.Errorf("%q is %+v", path, m)
		}
	}
}

// TestOfModules: modules of two encoders are nobody's, and a prefix that is unknown leaves the
// first encoder that has them.
func TestOfModules(t *testing.T) {
	parse := func(paths ...string) (list []architecture.Module) {
		for _, p := range paths {
			m, ok := architecture.ParseModule(p)
			if !ok {
				t.Fatalf("%s is no module", p)
			}
			list = append(list, m)
		}
		return list
	}
	for _, tt := range []struct {
		paths []string
		want  string
	}{
		{[]string{"encoder.layer.0.output.dense"}, "roberta"},
		{[]string{"bert.encoder.layer.0.output.dense"}, "bert"},
		{[]string{"transformer.layer.0.ffn.lin1", "transformer.layer.1.ffn.lin2"}, "distilbert"},
		{[]string{"transformer.layer.0.ffn.lin1", "encoder.layer.1.output.dense"}, ""},
	} {
		got := ""
		if a := architecture.OfModules(parse(tt.paths...)); a != nil {
			got = a.ModelType
		}
		if got != tt.want {
			t.Errorf("%q are of %q, want %q", tt.paths, got, tt.want)
		}
	}
}

// FuzzParseModule: no path is a module's twice, and none panics.
func FuzzParseModule(f *testing.F) {
	for _, a := range architecture.All() {
		f.Add(a.Prefix + a.Path(3, architecture.Value))
	}
	f.Add("a.layer.1.layer.2.output.dense")
	f.Fuzz(func(t *testing.T, path string) {
		if m, ok := architecture.ParseModule(path); ok && (m.String() != path || m.Layer < 0) {
			t.Errorf("%q is %+v, which is %q", path, m, m)
		}
	})
}

func ExampleArchitecture_Target() {
	a := architecture.Of("distilbert")
	fmt.Println(a.Target(architecture.Query), a.Prefix+a.Path(0, architecture.Query))
	// Output: q_lin distilbert.transformer.layer.0.attention.q_lin
}
