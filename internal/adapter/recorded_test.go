package adapter_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// scaledForms are adapters of every form that files hold, with a scaling.
func scaledForms(t *testing.T, s adapter.Scaling) map[string]*adapter.Adapter {
	t.Helper()
	forms := map[string]*adapter.Adapter{
		"one rank": trained(t), "mixed": mixed(t), "biases": withBiases(t, "roberta.embeddings.LayerNorm.bias"), "own alpha": trained(t),
	}
	forms["own alpha"].Modules[2].Alpha = 5.5
	for name, a := range maps.Clone(forms) {
		a.Scaling = s
		for rank := 1; rank < a.Rank; rank++ {
			cut, err := a.Slice(rank)
			must(t, err)
			forms[fmt.Sprintf("%s at rank %d", name, rank)] = cut
		}
		cut, err := a.SliceEach(3, map[string]int{"query": 1})
		must(t, err)
		forms[name+" by module"] = cut
	}
	pooled := bert(t, true)
	pooled.Scaling = s
	forms["a pooler"] = pooled
	return forms
}

// encoded is the folder of an adapter, in memory.
func encoded(t *testing.T, a *adapter.Adapter, p *adapter.Provenance) fstest.MapFS {
	t.Helper()
	contents, err := adapter.Encode(a, p, safetensors.Float32)
	must(t, err)
	files := fstest.MapFS{}
	for _, c := range contents {
		files[c.Name] = &fstest.MapFile{Data: c.Data}
	}
	return files
}

// peftScale is the scale that PEFT gives a module, by the folder's configuration alone.
func peftScale(t *testing.T, config []byte, module string) float64 {
	t.Helper()
	var c struct {
		R      float64            `json:"r"`
		Alpha  float64            `json:"lora_alpha"`
		Stable bool               `json:"use_rslora"`
		Ranks  map[string]float64 `json:"rank_pattern"`
		Alphas map[string]float64 `json:"alpha_pattern"`
	}
	must(t, json.Unmarshal(config, &c))
	for key, r := range c.Ranks {
		if module == key || strings.HasSuffix(module, "."+key) {
			c.R = r
		}
	}
	for key, alpha := range c.Alphas {
		if module == key || strings.HasSuffix(module, "."+key) {
			c.Alpha = alpha
		}
	}
	if c.Stable {
		return c.Alpha / math.Sqrt(c.R)
	}
	return c.Alpha / c.R
}

// TestScaledFolder: of every scaling and form the folder gives the adapter again, with provenance
// and without; PEFT's scale is the gate's to the bit; and a slice of a slice is the slice.
func TestScaledFolder(t *testing.T) {
	for _, s := range scalings {
		for name, a := range scaledForms(t, s) {
			for _, p := range []*adapter.Provenance{nil, provenance()} {
				files := encoded(t, a, p)
				stored, err := adapter.OpenFrom("a", files)
				must(t, err)
				got := stored.Adapter
				if diff := cmp.Diff(a, got); diff != "" || a.Fingerprint() != got.Fingerprint() {
					t.Errorf("%v, %s (-want +got):\n%s", s, name, diff)
				}
				config := files["adapter_config.json"].Data
				for i := range a.Modules {
					if _, want := a.Scale(&a.Modules[i], a.Rank); peftScale(t, config, a.Modules[i].Name) != want {
						t.Errorf("%v, %s: PEFT's scale of %s is %v, not %v", s, name, a.Modules[i].Name, peftScale(t, config, a.Modules[i].Name), want)
					}
				}
				once, err := a.Slice(1)
				must(t, err)
				twice, err := got.Slice(1)
				must(t, err)
				if diff := cmp.Diff(once, twice); diff != "" {
					t.Errorf("%v, %s at rank 1 (-want +got):\n%s", s, name, diff)
				}
			}
		}
	}
}

// TestScaledWithoutOurFile: where dylora.json is gone the configuration counts, as in PEFT.
func TestScaledWithoutOurFile(t *testing.T) {
	for _, s := range scalings {
		a := mixed(t)
		a.Scaling = s
		files := encoded(t, a, provenance())
		delete(files, "dylora.json")
		stored, err := adapter.OpenFrom("a", files)
		must(t, err)
		got := stored.Adapter
		want := adapter.Paper
		if s == adapter.Sqrt {
			want = s
		}
		if got.Scaling != want || got.ScalingRank != 0 {
			t.Errorf("%v is read as %v of rank %d", s, got.Scaling, got.ScalingRank)
		}
		for i := range a.Modules {
			_, want := a.Scale(&a.Modules[i], 4)
			if _, scale := got.Scale(&got.Modules[i], 4); scale != want {
				t.Errorf("%v: scale %v of %s, want %v", s, scale, a.Modules[i].Name, want)
			}
		}
	}
}

// TestScalingContradicted: what dylora.json and adapter_config.json say of the scale agrees, or is
// refused with both files and both keys.
func TestScalingContradicted(t *testing.T) {
	const config, ours = "adapter_config.json", "dylora.json"
	for _, tt := range []struct {
		scaling  adapter.Scaling
		rank     int
		file     string
		old, new string
		want     []string
	}{
		{adapter.Paper, 4, config, `"lora_alpha": 16`, `"lora_alpha": 8`, []string{"alpha is 16", "lora_alpha", "is 8"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 8`, []string{"alpha is 8", "lora_alpha", "is 16"}},
		{adapter.Paper, 4, config, `"use_rslora": false`, `"use_rslora": true`, []string{"scaling is paper", "use_rslora true"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 16, "scaling": "sqrt"`, []string{"scaling is sqrt", "use_rslora false"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 16, "scaling": "constant", "scaling_rank": 8`, []string{"alpha 16", "lora_alpha", "8 for", "is 16"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 16, "scaling_rank": 8`, []string{"scaling_rank is 8", "scaling paper"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 16, "module_alphas": {"x": 1}`, []string{"module_alphas", "alpha_pattern"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 16, "scaling": "Sqrt"`, []string{"scaling", "none of paper"}},
		{adapter.Paper, 4, ours, `"alpha": 16`, `"alpha": 16, "scaling": 2`, []string{"another version"}},
		{adapter.Paper, 4, ours, `"rank": 4`, `"rank": 3`, []string{"rank is 3", "rank 4"}},
		{adapter.Sqrt, 2, config, `"use_rslora": true`, `"use_rslora": false`, []string{"scaling is sqrt", "use_rslora false"}},
		{adapter.Sqrt, 2, config, `"lora_alpha": 16`, `"lora_alpha": 8`, []string{"alpha is 16", "is 8"}},
		{adapter.Sqrt, 2, ours, `"scaling": "sqrt"`, `"scaling": ""`, []string{"scaling is paper", "use_rslora true"}},
		{adapter.Constant, 2, config, `"lora_alpha": 8`, `"lora_alpha": 16`, []string{"alpha 16", "lora_alpha", "8 for", "is 16"}},
		{adapter.Constant, 2, config, `"use_rslora": false`, `"use_rslora": true`, []string{"scaling is constant", "use_rslora true"}},
		{adapter.Constant, 2, config, `"alpha_pattern": {}`, `"alpha_pattern": {"query": 7}`, []string{"alpha_pattern", "8 for", "query", "is 7"}},
		{adapter.Constant, 2, ours, `"alpha": 16`, `"alpha": 8`, []string{"alpha 8", "4 for", "is 8"}},
		{adapter.Constant, 2, ours, `"alpha": 16`, `"alpha": -16`, []string{"alpha -16", "is 8"}},
		{adapter.Constant, 2, ours, `"scaling_rank": 4`, `"scaling_rank": 8`, []string{"scaling constant of rank 8", "4 for", "is 8"}},
		{adapter.Constant, 2, ours, `"scaling_rank": 4`, `"scaling_rank": 1`, []string{"scaling_rank is 1"}},
		{adapter.Constant, 2, ours, `"scaling_rank": 4`, `"scaling_rank": -4`, []string{"scaling_rank is -4"}},
		{adapter.Constant, 2, ours, `"scaling_rank": 4`, `"scaling_rank": 4, "module_alphas": {"query": 3}`, []string{"module_alphas", `"query"`}},
		{adapter.Constant, 2, ours, `"scaling": "constant"`, `"scaling": "power:0.5"`, []string{"scaling power:0.5", "is 8"}},
		{adapter.Constant, 2, ours, `"scaling": "constant"`, `"scaling": "power:3"`, []string{"scaling", "from 0 to 2"}},
	} {
		a := trained(t)
		a.Scaling = tt.scaling
		a, err := a.Slice(tt.rank)
		must(t, err)
		files := encoded(t, a, provenance())
		text := string(files[tt.file].Data)
		if strings.Count(text, tt.old) != 1 {
			t.Fatalf("%s has no %s:\n%s", tt.file, tt.old, text)
		}
		files[tt.file].Data = []byte(strings.Replace(text, tt.old, tt.new, 1))
		_, err = adapter.OpenFrom("folder", files)
		if fault.ClassOf(err) != fault.Invalid {
			t.Errorf("%v, %s: %v", tt.scaling, tt.new, err)
			continue
		}
		for _, want := range append(tt.want, filepath.Join("folder", ours)) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %s: %q lacks %q", tt.scaling, tt.new, err, want)
			}
		}
	}
}

// TestScalingMetadata: the weights' file alone says by which law its ranks were trained.
func TestScalingMetadata(t *testing.T) {
	a := trained(t)
	for s, want := range map[adapter.Scaling][2]string{adapter.Sqrt: {"sqrt", ""}, adapter.Constant: {"constant", "4"}, power("0.75"): {"power:0.75", "4"}} {
		a.Scaling = s
		cut, err := a.Slice(3)
		must(t, err)
		st, err := adapter.OpenFrom("a", encoded(t, cut, provenance()))
		must(t, err)
		if got := [2]string{st.Metadata["dylora.scaling"], st.Metadata["dylora.scaling_rank"]}; got != want {
			t.Errorf("metadata %q, want %q", got, want)
		}
	}
}

// TestScalingCard: the model card says the scale where it is not the paper's.
func TestScalingCard(t *testing.T) {
	for s, want := range map[adapter.Scaling]string{adapter.Sqrt: "sqrt: alpha/√rank", adapter.Constant: "constant: alpha/4", power("0.75"): "power:0.75: alpha·4^-0.25/rank^0.75", adapter.Paper: ""} {
		a := trained(t)
		a.Scaling = s
		card := encoded(t, a, provenance())["README.md"].Data
		if !strings.Contains(string(card), want) || strings.Contains(string(card), "scaling") != (want != "") {
			t.Errorf("%v: the card lacks %q:\n%s", s, want, card)
		}
	}
}

// TestScalingOutOfRange: an alpha that no file could hold is not written.
func TestScalingOutOfRange(t *testing.T) {
	a := trained(t)
	a.Scaling, a.ScalingRank, a.Alpha = power("2"), 1<<16, math.MaxFloat64
	if _, err := adapter.Encode(a, nil, safetensors.Float32); err == nil || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("%v", err)
	}
}

// asPEFT says whether a folder in memory is read, and fails the test unless it is refused in one line or every
// module has the scale that PEFT takes from the configuration.
func asPEFT(t interface{ Fatalf(string, ...any) }, files fstest.MapFS, scale func(module string) float64) (read bool) {
	stored, err := adapter.OpenFrom("a", files)
	if err != nil {
		if fault.ClassOf(err) != fault.Invalid || strings.ContainsAny(err.Error(), "\r\n") {
			t.Fatalf("refused with %q", err)
		}
		return false
	}
	a := stored.Adapter
	for i := range a.Modules {
		m := &a.Modules[i]
		if _, got := a.Scale(m, a.Rank); !(math.Abs(got-scale(m.Name)) <= 1e-11*scale(m.Name)) {
			t.Fatalf("%s: scale %v, PEFT's %v; dylora.json:\n%s", m.Name, got, scale(m.Name), files["dylora.json"].Data)
		}
	}
	return true
}

// TestNeverAThirdScale: whatever the two files say, the folder is refused or has PEFT's scale.
func TestNeverAThirdScale(t *testing.T) {
	taken, all := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		a := trained(t)
		a.Scaling = rapid.SampledFrom(scalings).Draw(rt, "scaling")
		cut, err := a.Slice(rapid.IntRange(1, 4).Draw(rt, "rank"))
		must(t, err)
		files := encoded(t, cut, provenance())
		for name, keys := range map[string]map[string][]any{
			"dylora.json":         {"alpha": {8, 16, 4.5}, "scaling": {"", "sqrt", "constant", "power:0.75"}, "scaling_rank": {0, 2, 4, 8}, "module_alphas": {map[string]any{cut.Modules[0].Name: 8}}},
			"adapter_config.json": {"lora_alpha": {8, 16, 4.5}, "use_rslora": {true, false}, "alpha_pattern": {map[string]any{"query": 8}}},
		} {
			var fields map[string]json.RawMessage
			must(t, json.Unmarshal(files[name].Data, &fields))
			for key, values := range keys {
				if rapid.IntRange(0, 4).Draw(rt, key) == 0 {
					fields[key], err = json.Marshal(rapid.SampledFrom(values).Draw(rt, key+"'s value"))
					must(t, err)
				}
			}
			files[name].Data, err = json.Marshal(fields)
			must(t, err)
		}
		if asPEFT(rt, files, func(module string) float64 { return peftScale(t, files["adapter_config.json"].Data, module) }) {
			taken++
		}
		all++
	})
	if taken < all/10 || taken > all*9/10 {
		t.Errorf("%d of %d folders were read: the test compares little", taken, all)
	}
}

// FuzzRecorded: a dylora.json of any content is refused in one line, or leaves PEFT's scale at the folder's rank.
func FuzzRecorded(f *testing.F) {
	const fields = `{"rank": 2, "alpha": 16, "scaling": "constant", "scaling_rank": 4}`
	for _, text := range []string{fields, `{}`, `null`, `{"rank": 2, "alpha": 8}`, strings.Replace(fields, "16", "1e308", 1), strings.Replace(fields, "4}", "2147483648}", 1),
		`{"rank":2,"alpha":8,"scaling":"constant"}`, `{"rank":2,"alpha":8,"scaling":"power:1"}`, `{"rank":2,"alpha":8,"scaling":"power:2","scaling_rank":99,"module_alphas":{"x":null}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a := trained(t)
		a.Scaling = adapter.Constant
		cut, err := a.Slice(2)
		must(t, err)
		files := encoded(t, cut, provenance())
		files["dylora.json"].Data = text
		asPEFT(t, files, func(module string) float64 { return peftScale(t, files["adapter_config.json"].Data, module) })
	})
}
