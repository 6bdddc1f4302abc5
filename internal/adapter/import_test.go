package adapter_test

import (
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

// editConfig replaces text in a folder's config.
func editConfig(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	file := filepath.Join(dir, "adapter_config.json")
	b, err := os.ReadFile(file)
	must(t, err)
	text := string(b)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the config has no %s", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	must(t, os.WriteFile(file, []byte(text), 0o666))
}

// moved renames the tensors of the head; with copies, the old names stay too.
func moved(m map[string]safetensors.Tensor, infix string, copies bool) {
	const head = "base_model.model.classifier."
	for name, x := range m {
		if rest, ok := strings.CutPrefix(name, head); ok && !strings.HasPrefix(rest, infix) {
			m[head+infix+rest] = x
			if !copies {
				delete(m, name)
			}
		}
	}
}

// TestOlderHeads: the head under the names of older versions of PEFT is the same head.
func TestOlderHeads(t *testing.T) {
	const head = "base_model.model.classifier."
	for _, tt := range []struct {
		name  string
		edit  func(m map[string]safetensors.Tensor)
		notes []string
	}{
		{"current", func(map[string]safetensors.Tensor) {}, nil},
		{"modules_to_save", func(m map[string]safetensors.Tensor) { moved(m, "modules_to_save.", false) }, []string{"4 tensors of the head read from"}},
		{"with an adapter's name", func(m map[string]safetensors.Tensor) { moved(m, "modules_to_save.default.", false) }, []string{"4 tensors of the head read from"}},
		{"copies", func(m map[string]safetensors.Tensor) { moved(m, "modules_to_save.", true) }, []string{"4 tensors classifier.modules_to_save.* dropped"}},
		{"half of it", func(m map[string]safetensors.Tensor) {
			m[head+"modules_to_save.out_proj.bias"] = m[head+"out_proj.bias"]
			delete(m, head+"out_proj.bias")
			m[head+"original_module.dense.bias"] = safetensors.F32("", []int{99}, make([]float32, 99))
		}, []string{"1 tensors classifier.original_module.* dropped", "1 tensors of the head read from"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := saved(t)
			editWeights(t, dir, tt.edit)
			l, err := adapter.Open(dir, adapter.Options{})
			must(t, err)
			if diff := cmp.Diff(trained(t), l.Adapter); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !slices.EqualFunc(l.Notes, tt.notes, strings.HasPrefix) {
				t.Errorf("notes %q, want %q", l.Notes, tt.notes)
			}
		})
	}
}

// withBiases is an adapter of trained's with a bias for each of the names, of random values.
func withBiases(t testing.TB, names ...string) *adapter.Adapter {
	a := trained(t)
	for _, n := range names {
		width := 6
		if slices.ContainsFunc(a.Modules, func(s adapter.Module) bool { return s.Name+".bias" == n }) {
			width = 5
		}
		a.Biases = append(a.Biases, weights.Tensor{Name: n, Shape: []int{width}, Data: normals(random(1), width)})
	}
	return a
}

// TestBiases: biases are kept under PEFT's names, with and without its wrapper's.
func TestBiases(t *testing.T) {
	const query, norm = "roberta.encoder.layer.0.attention.self.query.bias", "roberta.embeddings.LayerNorm.bias"
	const p = "base_model.model."
	for _, tt := range []struct {
		field string
		names []string
		keys  []string
	}{
		{"none", nil, nil},
		{"lora_only", []string{query}, []string{p + "roberta.encoder.layer.0.attention.self.query.base_layer.bias"}},
		{"all", []string{norm, query}, []string{p + norm, p + "roberta.encoder.layer.0.attention.self.query.base_layer.bias"}},
		{"all", []string{norm}, []string{p + norm}},
	} {
		a, dir := withBiases(t, tt.names...), filepath.Join(t.TempDir(), "a")
		must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{}))
		editConfig(t, dir, `"bias": "`+tt.field+`"`, `"bias": "`+tt.field+`"`)
		st, err := safetensors.Read(filepath.Join(dir, weightsFile))
		must(t, err)
		for _, key := range tt.keys {
			if _, ok := st.Tensor(key); !ok {
				t.Errorf("%s: no tensor %s", tt.field, key)
			}
		}
		got, _, err := adapter.Load(dir)
		must(t, err)
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.field, diff)
		}
		editWeights(t, dir, func(m map[string]safetensors.Tensor) { // the names before PEFT 0.5
			for name, x := range m {
				if older := strings.Replace(name, ".base_layer.", ".", 1); older != name {
					delete(m, name)
					m[older] = x
				}
			}
		})
		got, _, err = adapter.Load(dir)
		must(t, err)
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("%s, older names (-want +got):\n%s", tt.field, diff)
		}
		if cut, err := a.Slice(1); err != nil || !cmp.Equal(cut.Biases, a.Biases) || cut.Parameters() != a.ParametersAt(1) {
			t.Errorf("%s: the slice's biases differ, %v", tt.field, err)
		}
	}
}

// TestBiasesRefused: those that cannot be what the config says.
func TestBiasesRefused(t *testing.T) {
	const p, query = "base_model.model.", "roberta.encoder.layer.0.attention.self.query"
	type tensors = map[string]safetensors.Tensor
	vector := func(n int) safetensors.Tensor { return safetensors.F32("", []int{n}, make([]float32, n)) }
	for name, tt := range map[string]struct {
		field string
		edit  func(m tensors)
		want  string
	}{
		"of no adapted module": {"lora_only", func(m tensors) { m[p+"roberta.embeddings.LayerNorm.bias"] = vector(6) }, "no bias of an adapted module"},
		"too short":            {"all", func(m tensors) { m[p+query+".base_layer.bias"] = vector(4) }, "4 values, its module 5 outputs"},
		"a matrix":             {"all", func(m tensors) { m[p+query+".bias"] = safetensors.F32("", []int{5, 1}, make([]float32, 5)) }, "one dimension"},
		"empty":                {"all", func(m tensors) { m[p+"roberta.embeddings.LayerNorm.bias"] = vector(0) }, "one dimension"},
		"twice":                {"all", func(m tensors) { m[p+query+".base_layer.bias"], m[p+query+".bias"] = vector(5), vector(5) }, "twice"},
		"a weight":             {"all", func(m tensors) { m[p+query+".base_layer.weight"] = vector(5) }, "has shape [5], its A and B are for (5, 6)"},
	} {
		dir := saved(t)
		editConfig(t, dir, `"bias": "none"`, `"bias": "`+tt.field+`"`)
		editWeights(t, dir, tt.edit)
		_, err := adapter.Open(dir, adapter.Options{})
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestTargetFields: fields that find the same modules give the same adapter, and entries
// that find none are said.
func TestTargetFields(t *testing.T) {
	const list = "\"target_modules\": [\n    \"query\",\n    \"value\"\n  ]"
	last := func(s string) string { return strings.ReplaceAll(s, "'", `"`) }
	for name, tt := range map[string]struct {
		pairs []string
		notes int
	}{
		"an expression":          {[]string{list, `"target_modules": ".*\\.(query|value)"`}, 0},
		"a whole path":           {[]string{list, `"target_modules": "roberta\\.encoder\\.layer\\.\\d+\\.attention\\.self\\.[qv].*"`}, 0},
		"paths":                  {[]string{list, last("'target_modules': ['self.query','value','attention.self.value']")}, 0},
		"names of no module":     {[]string{list, last("'target_modules': ['query','value','q_lin','dense_act']")}, 1},
		"all but":                {[]string{list, `"target_modules": "all-linear"`, `"exclude_modules": null`, `"exclude_modules": ["key","dense"]`}, 0},
		"all but an expression":  {[]string{list, `"target_modules": "all-linear"`, `"exclude_modules": null`, `"exclude_modules": ".*(key|dense)"`}, 0},
		"layers":                 {[]string{`"layers_to_transform": null`, `"layers_to_transform": [0,1,7]`}, 0},
		"layers and a pattern":   {[]string{`"layers_to_transform": null`, `"layers_to_transform": [0,1]`, `"layers_pattern": null`, `"layers_pattern": ["h","layer"]`}, 0},
		"no task":                {[]string{`"task_type": "SEQ_CLS"`, `"task_type": null`}, 0},
		"biases that are absent": {[]string{`"bias": "none"`, `"bias": "all"`}, 1},
	} {
		dir := saved(t)
		editConfig(t, dir, tt.pairs...)
		l, err := adapter.Open(dir, adapter.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(trained(t), l.Adapter); diff != "" || len(l.Notes) != tt.notes {
			t.Errorf("%s: notes %q (-want +got):\n%s", name, l.Notes, diff)
		}
	}
	for name, pairs := range map[string][]string{
		"a layer more":         {`"layers_to_transform": null`, `"layers_to_transform": 1`},
		"a pattern of no path": {`"layers_to_transform": null`, `"layers_to_transform": [0,1]`, `"layers_pattern": null`, `"layers_pattern": "h"`},
	} {
		dir := saved(t)
		editConfig(t, dir, pairs...)
		if _, err := adapter.Open(dir, adapter.Options{}); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "unexpected") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
