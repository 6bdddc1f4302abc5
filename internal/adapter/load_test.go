package adapter_test

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

const weightsFile = "adapter_model.safetensors"

// pointer is the text that Git keeps in place of a file of Git LFS.
const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 1181116\n"

// saved is a folder with the adapter of trained and its provenance.
func saved(t testing.TB) string {
	dir := filepath.Join(t.TempDir(), "a")
	if err := adapter.Save(dir, trained(t), provenance(), adapter.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// editWeights rewrites the tensors of a folder, by name.
func editWeights(t *testing.T, dir string, edit func(m map[string]safetensors.Tensor)) {
	t.Helper()
	st, err := safetensors.Read(filepath.Join(dir, weightsFile))
	must(t, err)
	m := map[string]safetensors.Tensor{}
	for _, s := range st.Tensors {
		m[s.Name] = s
	}
	edit(m)
	var all []safetensors.Tensor
	for name, s := range m {
		s.Name = name
		all = append(all, s)
	}
	b, err := safetensors.Encode(all, st.Metadata)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, weightsFile), b, 0o666))
}

// TestLoadRefusesWeights: the tensors must be those the config asks for, no more, no fewer.
func TestLoadRefusesWeights(t *testing.T) {
	const p = "base_model.model."
	const q0 = p + "roberta.encoder.layer.0.attention.self.query.lora_"
	zeros := func(shape ...int) safetensors.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return safetensors.F32("", shape, make([]float32, n))
	}
	type tensors = map[string]safetensors.Tensor
	layers := func(m tensors, drop string) {
		maps.DeleteFunc(m, func(k string, _ safetensors.Tensor) bool { return strings.Contains(k, drop) })
	}
	tests := []struct {
		name string
		edit func(m tensors)
		want []string
	}{
		{"no A", func(m tensors) { delete(m, q0+"A.weight") }, []string{"missing", q0 + "A.weight"}},
		{"no B", func(m tensors) { delete(m, q0+"B.weight") }, []string{"missing", q0 + "B.weight"}},
		{"a module missing", func(m tensors) { layers(m, "layer.0.attention.self.query") }, []string{"missing", q0 + "A.weight", q0 + "B.weight"}},
		{"a target missing", func(m tensors) { layers(m, "value") }, []string{"missing", "self.value.lora_A.weight"}},
		{"the first layer missing", func(m tensors) { layers(m, "layer.0") }, []string{"missing", q0 + "A.weight", "layer.0.attention.self.value.lora_B.weight"}},
		{"no pairs", func(m tensors) { layers(m, "lora_") }, []string{"no lora_A"}},
		{"a module not in target_modules", func(m tensors) {
			m[p+"roberta.encoder.layer.0.attention.self.key.lora_A.weight"] = zeros(4, 6)
			m[p+"roberta.encoder.layer.0.attention.self.key.lora_B.weight"] = zeros(5, 4)
		}, []string{"unexpected", "self.key.lora_A.weight"}},
		{"a module that is not adapted", func(m tensors) { m[p+"roberta.pooler.dense.lora_A.weight"] = zeros(4, 6) }, []string{"unexpected", "pooler"}},
		{"another adapter's name", func(m tensors) { m[q0+"A.default.weight"] = zeros(4, 6) }, []string{"unexpected", "A.default"}},
		{"no prefix", func(m tensors) { m["classifier.dense.weight"] = zeros(6, 6) }, []string{"unexpected", `"classifier.dense.weight"`}},
		{"a DoRA magnitude", func(m tensors) { m[q0+"magnitude_vector"] = zeros(5) }, []string{"unexpected", "magnitude_vector"}},
		{"many strangers", func(m tensors) {
			for _, c := range "abcdefg" {
				m["x\n"+string(c)] = zeros(1)
			}
		}, []string{`"x\na"`, "and 3 more"}},
		{"A of another rank", func(m tensors) { m[q0+"A.weight"] = zeros(3, 6) }, []string{q0 + "A.weight", "[3 6]", "(4, in)"}},
		{"B of another rank", func(m tensors) { m[q0+"B.weight"] = zeros(5, 3) }, []string{q0 + "B.weight", "[5 3]", "(out, 4)"}},
		{"A not a matrix", func(m tensors) { m[q0+"A.weight"] = zeros(4) }, []string{q0 + "A.weight", "[4]"}},
		{"A without inputs", func(m tensors) { m[q0+"A.weight"] = zeros(4, 0) }, []string{q0 + "A.weight", "[4 0]"}},
		{"NaN", func(m tensors) {
			m[q0+"A.weight"] = safetensors.F32("", []int{4, 6}, slices.Repeat([]float32{float32(math.NaN())}, 24))
		}, []string{q0 + "A.weight", "NaN"}},
		{"Inf in the head", func(m tensors) {
			m[p+"classifier.out_proj.bias"] = safetensors.F32("", []int{2}, []float32{0, float32(math.Inf(-1))})
		}, []string{"out_proj.bias", "element 1 is -Inf"}},
		{"whole numbers", func(m tensors) {
			m[q0+"A.weight"] = safetensors.Tensor{DType: "I64", Shape: []int{4, 6}, Data: make([]byte, 192)}
		}, []string{q0 + "A.weight", "I64"}},
		{"no head", func(m tensors) { layers(m, "classifier") }, []string{"missing", "classifier.dense.weight"}},
		{"half a head", func(m tensors) { layers(m, "out_proj") }, []string{"missing", "out_proj.bias", "out_proj.weight"}},
		{"two heads", func(m tensors) { m[p+"classifier.weight"] = zeros(2, 6); m[p+"classifier.bias"] = zeros(2) }, []string{"unexpected", "classifier.dense"}},
		{"a head that does not fit together", func(m tensors) { m[p+"classifier.out_proj.weight"] = zeros(2, 7) }, []string{"out_proj.weight", "[2 7]", "(out, 6)"}},
		{"a bias that does not fit", func(m tensors) { m[p+"classifier.out_proj.bias"] = zeros(3) }, []string{"out_proj.bias", "[3]", "(2)"}},
		{"another copy of the head", func(m tensors) { m[p+"classifier.modules_to_save.dense.bias"] = zeros(6) }, []string{"classifier.dense.bias", "differs", "older PEFT"}},
		{"a copy of another shape", func(m tensors) { m[p+"classifier.modules_to_save.default.dense.bias"] = zeros(5) }, []string{"classifier.dense.bias", "differs"}},
		{"a bias where the config says none", func(m tensors) { m[p+"roberta.embeddings.LayerNorm.bias"] = zeros(6) }, []string{"unexpected", "LayerNorm.bias"}},
		{"a pair on the head", func(m tensors) { m[p+"classifier.dense.lora_A.weight"] = zeros(4, 6) }, []string{"unexpected", "classifier.dense.lora_A"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := saved(t)
			editWeights(t, dir, tt.edit)
			_, _, err := adapter.Load(dir)
			if fault.ClassOf(err) != fault.Invalid {
				t.Fatalf("class %d of %v", fault.ClassOf(err), err)
			}
			for _, want := range append(tt.want, filepath.Join(dir, weightsFile)) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("message %q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("message %q has several lines", err)
			}
		})
	}
}

func TestLoadWithoutFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, _, err := adapter.Load(dir)
	if fault.ClassOf(err) != fault.Invalid || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}

// TestLoadFloat16: weights may be stored at half width.
func TestLoadFloat16(t *testing.T) {
	dir := saved(t)
	editWeights(t, dir, func(m map[string]safetensors.Tensor) {
		for name, s := range m {
			n := len(s.Data) / 4
			m[name] = safetensors.Tensor{DType: "F16", Shape: s.Shape, Data: []byte(strings.Repeat("\x00\x3c", n))}
		}
	})
	a, _, err := adapter.Load(dir)
	if err != nil || a.Modules[0].A[0] != 1 || len(a.Modules[0].A) != 24 {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestLoadRefusesFiles: each file in turn is missing, not a file, huge, or not what it was.
func TestLoadRefusesFiles(t *testing.T) {
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666)) }
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, name))) }
	}
	folder := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, name)))
			must(t, os.Mkdir(filepath.Join(dir, name), 0o777))
		}
	}
	replace := func(name, from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			text := strings.Replace(string(b), from, to, 1)
			if text == string(b) {
				t.Fatalf("%s has no %s", name, from)
			}
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
		}
	}
	const config, own = "adapter_config.json", "dylora.json"
	tests := []struct {
		name  string
		spoil func(*testing.T, string)
		want  string
	}{
		{"no config", remove(config), "no adapter here"},
		{"no weights", remove(weightsFile), weightsFile},
		{"config a folder", folder(config), "not a regular file"},
		{"weights a folder", folder(weightsFile), "not a regular file"},
		{"provenance a folder", folder(own), "not a regular file"},
		{"config a pointer", write(config, pointer), config + ": a Git LFS pointer"},
		{"weights a pointer", write(weightsFile, pointer), weightsFile + ": a Git LFS pointer"},
		{"provenance a pointer", write(own, pointer), own + ": a Git LFS pointer"},
		{"config empty", write(config, ""), config},
		{"weights empty", write(weightsFile, ""), weightsFile},
		{"provenance empty", write(own, ""), own},
		{"config huge", write(config, strings.Repeat(" ", 16<<20+1)), "16 MiB"},
		{"rank in the config changed", replace(config, `"r": 4`, `"r": 3`), "(3, in)"},
		{"an unsupported feature", replace(config, `"use_dora": false`, `"use_dora": true`), "use_dora is true"},
		{"a module of another rank", replace(config, `"rank_pattern": {}`, `"rank_pattern": {"query": 3}`), "(3, in)"},
		{"a module left out that is there", replace(config, `"exclude_modules": null`, `"exclude_modules": ["query"]`), "unexpected"},
		{"a layer left out that is there", replace(config, `"layers_to_transform": null`, `"layers_to_transform": [0]`), "unexpected"},
		{"an expression that finds less", replace(config, "\"target_modules\": [\n    \"query\",\n    \"value\"\n  ]", `"target_modules": ".*query"`), "unexpected"},
		{"an expression that finds more", replace(config, "\"target_modules\": [\n    \"query\",\n    \"value\"\n  ]", `"target_modules": "all-linear"`), "missing"},
		{"a short name of another module", replace(config, `"value"`, `"key"`), "missing"},
		{"provenance of another rank", replace(own, `"rank": 4`, `"rank": 3`), "do not belong together"},
		{"provenance of another alpha", replace(own, `"alpha": 16`, `"alpha": 8`), "do not belong together"},
		{"provenance of a newer format", replace(own, `"format": 1`, `"format": 7, "new": 1`), own + " has format 7, this program reads up to 1: update dylora"},
		{"provenance with an unknown key", replace(own, `"rank": 4`, `"rank": 4, "new": 1`), "another version"},
		{"provenance with a key twice", replace(own, `"rank": 4`, `"rank": 4, "rank": 4`), "duplicate"},
		{"provenance with a wrong type", replace(own, `"rank": 4`, `"rank": "4"`), own},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := saved(t)
			tt.spoil(t, dir)
			_, _, err := adapter.Load(dir)
			if fault.ClassOf(err) != fault.Invalid {
				t.Fatalf("class %d of %v", fault.ClassOf(err), err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
				t.Errorf("message %q does not say %q and the path on one line", err, tt.want)
			}
		})
	}
}

// TestLoadDamaged: a folder with a damaged file is refused, or is an adapter that fits
// together, 1,000 times over.
func TestLoadDamaged(t *testing.T) {
	dir := saved(t)
	files := fstest.MapFS{} // in memory, where no file is young
	r := rand.New(rand.NewPCG(3, 4))
	refused := 0
	parts := []string{"adapter_config.json", weightsFile, "dylora.json"}
	for _, name := range parts {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		files[name] = &fstest.MapFile{Data: b}
	}
	for _, name := range parts {
		sound := files[name].Data
		for range 333 {
			b := slices.Clone(sound)
			if r.IntN(4) == 0 {
				b = b[:r.IntN(len(b))]
			} else {
				b[r.IntN(min(len(b), 4096))] ^= 1 << r.IntN(8)
			}
			files[name] = &fstest.MapFile{Data: b}
			l, err := adapter.OpenFrom(dir, files)
			switch {
			case err == nil:
				must(t, adapter.Save(filepath.Join(t.TempDir(), "again"), l.Adapter, nil, adapter.SaveOptions{}))
			case fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n"):
				t.Errorf("%s: class %d of %q", name, fault.ClassOf(err), err)
			default:
				refused++
			}
		}
		files[name] = &fstest.MapFile{Data: sound}
	}
	t.Logf("%d of 999 refused", refused)
}
