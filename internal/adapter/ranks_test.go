package adapter_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

// mixed is an adapter of rank 4 whose layers and modules differ in rank and alpha.
func mixed(t *testing.T) *adapter.Adapter {
	t.Helper()
	a, err := trained(t).SliceEach(4, map[string]int{"query": 2, "layer.1.attention.self.value": 1})
	must(t, err)
	a.Modules[1].Alpha = 3
	return a
}

// TestMixedFolder: ranks and alphas of single modules are written as PEFT wants them, and
// read again.
func TestMixedFolder(t *testing.T) {
	all := []string{"attention.self.query", "attention.output.dense", "output.dense"}
	const layer1 = "roberta.encoder.layer.1."
	for _, tt := range []struct {
		name  string
		a     *adapter.Adapter
		ranks string
		want  map[string]float64
	}{
		{"one rank", trained(t), "", map[string]float64{}},
		{"a target", trained(t), "query=2", map[string]float64{"query": 2}},
		{"a target of one layer", trained(t), "layer.1.attention.self.value=1", map[string]float64{layer1 + "attention.self.value": 1}},
		{"two ranks of a target", trained(t), "query=3,layer.1.attention.self.query=1",
			map[string]float64{"roberta.encoder.layer.0.attention.self.query": 3, layer1 + "attention.self.query": 1}},
		{"the highest is lower", trained(t), "query=2,value=3", map[string]float64{"query": 2}},
		{"a name that is the end of another", trained(t, all...), "output.dense=2,attention.output.dense=3",
			map[string]float64{"roberta.encoder.layer.0.output.dense": 2, layer1 + "output.dense": 2, "attention.output.dense": 3}},
		{"both alike", trained(t, all...), "output.dense=2", map[string]float64{"output.dense": 2, "attention.output.dense": 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			byName := map[string]int{}
			if tt.ranks != "" {
				var err error
				byName, err = adapter.ParseModuleRanks(tt.ranks)
				must(t, err)
			}
			a, err := tt.a.SliceEach(4, byName)
			must(t, err)
			dir := filepath.Join(t.TempDir(), "a")
			must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{}))
			var c struct {
				R     int                `json:"r"`
				Ranks map[string]float64 `json:"rank_pattern"`
			}
			b, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
			must(t, err)
			must(t, json.Unmarshal(b, &c))
			if diff := cmp.Diff(tt.want, c.Ranks); diff != "" || c.R != a.Rank {
				t.Errorf("r %d, rank_pattern (-want +got):\n%s", c.R, diff)
			}
			got, _, err := adapter.Load(dir)
			must(t, err)
			if diff := cmp.Diff(a, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestMixedTensors: the file holds each module at its own rank, cut from the whole.
func TestMixedTensors(t *testing.T) {
	whole, a := trained(t), mixed(t)
	a.Scaling = adapter.Sqrt
	dir := filepath.Join(t.TempDir(), "a")
	must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{}))
	editConfig(t, dir, `"use_rslora": true`, `"use_rslora": true`, "\"alpha_pattern\": {\n    \"roberta.encoder.layer.0.attention.self.value\": 3\n  }", `"alpha_pattern": {"layer.0.*value": 3}`)
	st, err := safetensors.Read(filepath.Join(dir, weightsFile))
	must(t, err)
	for i, rank := range []int{2, 4, 2, 1} {
		s := whole.Modules[i]
		x, _ := st.Tensor("base_model.model." + s.Name + ".lora_A.weight")
		y, _ := st.Tensor("base_model.model." + s.Name + ".lora_B.weight")
		if !slices.Equal(x.Shape, []int{rank, 6}) || !slices.Equal(y.Shape, []int{5, rank}) || !slices.Equal(values(t, x), s.A[:rank*6]) {
			t.Errorf("%s: A %v, B %v", s.Name, x.Shape, y.Shape)
		}
		for o, v := range values(t, y) {
			if want := s.B[o/rank*4+o%rank]; v != want {
				t.Errorf("%s: B has %v at (%d, %d), want %v", s.Name, v, o/rank, o%rank, want)
			}
		}
	}
	got, _, err := adapter.Load(dir)
	must(t, err)
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMixedGates: the table of gates of modules that differ from the adapter.
func TestMixedGates(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    adapter.Adapter
		s    adapter.Module
		rank int
		want []float32
	}{
		{"its rank is lower", adapter.Adapter{Rank: 4, Alpha: 16}, adapter.Module{Rank: 2}, 4, []float32{8, 8, 0, 0}},
		{"below its rank", adapter.Adapter{Rank: 4, Alpha: 16}, adapter.Module{Rank: 2}, 1, []float32{16, 0, 0, 0}},
		{"its own alpha", adapter.Adapter{Rank: 4, Alpha: 16}, adapter.Module{Alpha: 3}, 2, []float32{1.5, 1.5, 0, 0}},
		{"both", adapter.Adapter{Rank: 4, Alpha: 16}, adapter.Module{Rank: 3, Alpha: 6}, 4, []float32{2, 2, 2, 0}},
		{"rank-stabilised", adapter.Adapter{Rank: 4, Alpha: 16, Scaling: adapter.Sqrt}, adapter.Module{}, 4, []float32{8, 8, 8, 8}},
		{"rank-stabilised, of lower rank", adapter.Adapter{Rank: 4, Alpha: 16, Scaling: adapter.Sqrt}, adapter.Module{Rank: 1, Alpha: 3}, 4, []float32{3, 0, 0, 0}},
		{"base model", adapter.Adapter{Rank: 4, Alpha: 16, Scaling: adapter.Sqrt}, adapter.Module{}, 0, []float32{0, 0, 0, 0}},
	} {
		got := []float32{9, 9, 9, 9}
		if tt.a.Gate(got, &tt.s, tt.rank); !slices.Equal(got, tt.want) {
			t.Errorf("%s: gate %v, want %v", tt.name, got, tt.want)
		}
		own := len(slices.DeleteFunc(slices.Clone(tt.want), func(g float32) bool { return g == 0 }))
		tt.a.GradientGate(got, &tt.s, tt.rank, adapter.Strict)
		for i, g := range got {
			if want := i == own-1; (g != 0) != want || want && g != tt.want[i] {
				t.Errorf("%s: learning gate %v of %v", tt.name, got, tt.want)
			}
		}
	}
}

// TestMixedSlices: a slice has the scales and the merged weights of the rank that it was
// cut at, and cutting twice is cutting once.
func TestMixedSlices(t *testing.T) {
	whole := mixed(t)
	rapid.Check(t, func(t *rapid.T) {
		high := rapid.IntRange(1, 4).Draw(t, "high")
		low := rapid.IntRange(1, high).Draw(t, "low")
		whole.Scaling = rapid.SampledFrom(scalings).Draw(t, "scaling")
		cut, err := whole.Slice(high)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole.Modules {
			own, scale := whole.Scale(&whole.Modules[i], low)
			if n, s := cut.Scale(&cut.Modules[i], low); n != own || s != scale {
				t.Fatalf("module %d at rank %d: %d and %v, the slice %d and %v", i, low, own, scale, n, s)
			}
			w := make([]float32, 30)
			if diff := cmp.Diff(whole.Merge(&whole.Modules[i], w, low), cut.Merge(&cut.Modules[i], w, low)); diff != "" {
				t.Fatalf("module %d merged: %s", i, diff)
			}
			n, m := whole.DeltaNorm(&whole.Modules[i], low), 0.0
			for _, x := range whole.Merge(&whole.Modules[i], w, low) {
				m += float64(x) * float64(x)
			}
			if math.Abs(n-math.Sqrt(m)) > 1e-5*n {
				t.Fatalf("module %d: norm %v, the merged weights' %v", i, n, math.Sqrt(m))
			}
		}
		again, err := cut.Slice(low)
		if err != nil {
			t.Fatal(err)
		}
		once, err := whole.Slice(low)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(once, again); diff != "" {
			t.Fatalf("cut twice (-once +twice):\n%s", diff)
		}
		if once.Parameters() != whole.ParametersAt(low) {
			t.Fatalf("%d parameters, foretold %d", once.Parameters(), whole.ParametersAt(low))
		}
	})
}

// TestModuleRanksRefused: of class Usage, with what is wrong.
func TestModuleRanksRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "NAME=RANK", "query": "NAME=RANK", "query=": "NAME=RANK", "query=x": "NAME=RANK", "=4": "NAME=RANK", "query=1,": "NAME=RANK",
		"query=1,query=2": "twice", `{"query":1.5}`: "module ranks", `{"query":1,"query":1}`: "module ranks", `{`: "module ranks",
		"query=0": "not in 1 to 4", "query=5": "not in 1 to 4", "key=1": `no module "key"`, "uery=1": `no module "uery"`, `{"layer.7.query":1}`: "no module",
	} {
		byName, err := adapter.ParseModuleRanks(text)
		if err == nil {
			_, err = trained(t).SliceEach(4, byName)
		}
		if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := trained(t).SliceEach(5, nil); fault.ClassOf(err) != fault.Usage {
		t.Errorf("rank 5 of 4: %v", err)
	}
}

// TestHugeRankPattern: one module of a rank that would blow up all others is refused.
func TestHugeRankPattern(t *testing.T) {
	dir := saved(t)
	const rank = 2 << 20
	editConfig(t, dir, `"rank_pattern": {}`, `"rank_pattern": {"layer.0.attention.self.query": 2097152}`)
	editWeights(t, dir, func(m map[string]safetensors.Tensor) {
		const q = "base_model.model.roberta.encoder.layer.0.attention.self.query.lora_"
		m[q+"A.weight"] = safetensors.F32("", []int{rank, 1}, make([]float32, rank))
		m[q+"B.weight"] = safetensors.F32("", []int{1, rank}, make([]float32, rank))
	})
	if _, err := adapter.Open(dir, adapter.Options{}); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "too much memory") {
		t.Errorf("%v", err)
	}
}
