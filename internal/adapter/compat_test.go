package adapter_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// TestCompat: one rank, scale 1, and the same merged weights as before.
func TestCompat(t *testing.T) {
	plain, ranks := trained(t), mixed(t)
	stable := mixed(t)
	stable.Scaling = adapter.Sqrt
	low, err := trained(t).Slice(3)
	must(t, err)
	flat := mixed(t)
	flat.Scaling = adapter.Constant
	flat, err = flat.Slice(3)
	must(t, err)
	for name, a := range map[string]*adapter.Adapter{"plain": plain, "mixed": ranks, "rank-stabilised": stable, "a slice": low, "constant": flat} {
		c, err := a.Compat()
		must(t, err)
		if c.Alpha != float64(a.Rank) || c.Rank != a.Rank || c.Scaling != adapter.Paper || c.Mixed() {
			t.Errorf("%s: rank %d, alpha %v, scaling %v, mixed %t", name, c.Rank, c.Alpha, c.Scaling, c.Mixed())
		}
		for i := range a.Modules {
			if _, scale := c.Scale(&c.Modules[i], c.Rank); scale != 1 {
				t.Errorf("%s: module %d has the scale %v", name, i, scale)
			}
			w := normals(random(3), 30)
			want, got := a.Merge(&a.Modules[i], w, a.Rank), c.Merge(&c.Modules[i], w, c.Rank)
			for j := range want {
				if math.Abs(float64(want[j]-got[j])) > 1e-5 {
					t.Errorf("%s: module %d merged: %v, compatible %v", name, i, want[j], got[j])
				}
			}
		}
		dir := filepath.Join(t.TempDir(), "a")
		must(t, adapter.Save(dir, c, nil, adapter.SaveOptions{}))
		editConfig(t, dir, `"rank_pattern": {}`, `"rank_pattern": {}`, `"alpha_pattern": {}`, `"alpha_pattern": {}`, `"use_rslora": false`, `"use_rslora": false`)
		st, err := safetensors.Read(filepath.Join(dir, weightsFile))
		must(t, err)
		for _, x := range st.Tensors {
			if strings.Contains(x.Name, "lora_A") && x.Shape[0] != a.Rank || strings.Contains(x.Name, "lora_B") && x.Shape[1] != a.Rank {
				t.Errorf("%s: %s is %v", name, x.Name, x.Shape)
			}
		}
	}
	if trained(t).Modules[0].B[0] != plain.Modules[0].B[0] {
		t.Error("the original has changed")
	}
	if _, err := withBiases(t, "roberta.embeddings.LayerNorm.bias").Compat(); fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != adapter.HasBiases {
		t.Errorf("biases: %v", err)
	}
}

// TestSaveNarrow: narrow weights are half the bytes, the nearest values, and load.
func TestSaveNarrow(t *testing.T) {
	a := trained(t)
	for dtype, most := range map[string]float64{safetensors.Float16: 1. / 2048, safetensors.BFloat16: 1. / 256} {
		dir := filepath.Join(t.TempDir(), "a")
		must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{DType: dtype}))
		st, err := safetensors.Read(filepath.Join(dir, weightsFile))
		must(t, err)
		for _, x := range st.Tensors {
			if x.DType != dtype {
				t.Errorf("%s is %s, not %s", x.Name, x.DType, dtype)
			}
		}
		got, _, err := adapter.Load(dir)
		must(t, err)
		rounded := 0
		for i, s := range a.Modules {
			for j, v := range s.B {
				if d := math.Abs(float64(v - got.Modules[i].B[j])); d > most*math.Abs(float64(v)) {
					t.Errorf("%s: %v became %v", dtype, v, got.Modules[i].B[j])
				} else if d > 0 {
					rounded++
				}
			}
		}
		if rounded == 0 {
			t.Errorf("%s: nothing was rounded", dtype)
		}
	}
	a.Modules[0].B[3] = 1e6
	dir := filepath.Join(t.TempDir(), "b")
	if err := adapter.Save(dir, a, nil, adapter.SaveOptions{DType: safetensors.Float16}); err == nil || !strings.Contains(err.Error(), "too large for F16") {
		t.Errorf("1e6 as a half: %v", err)
	}
}
