package adapter_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/safetensors"
)

func TestSaveLoad(t *testing.T) {
	all := []string{"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"}
	for _, modules := range [][]string{nil, all, all[5:], all[3:4], {all[1], all[5]}} {
		a := trained(t, modules...)
		dir := filepath.Join(t.TempDir(), "a", "b")
		if err := adapter.Save(dir, a, provenance(), adapter.SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		got, f, err := adapter.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("adapter (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(provenance(), f); diff != "" {
			t.Errorf("provenance (-want +got):\n%s", diff)
		}
	}
}

// TestSaveWithoutProvenance: the folder has PEFT's two files, and loads with zero provenance.
func TestSaveWithoutProvenance(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plain")
	if err := adapter.Save(dir, trained(t), nil, adapter.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	if _, f, err := adapter.Load(dir); err != nil || f == nil || f.Task != "" {
		t.Errorf("provenance %v, %v", f, err)
	}
}

// TestSaveOfSlice: the provenance in a slice's folder speaks of the slice.
func TestSaveOfSlice(t *testing.T) {
	dir, given := filepath.Join(t.TempDir(), "cut"), provenance()
	cut, err := trained(t).Slice(3)
	if err != nil {
		t.Fatal(err)
	}
	if err := adapter.Save(dir, cut, given, adapter.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(provenance(), given); diff != "" {
		t.Errorf("Save changed the provenance it was given (-want +got):\n%s", diff)
	}
	a, f, err := adapter.Load(dir)
	if err != nil || a.Rank != 3 || f.Rank != 3 || f.RankMax != 8 {
		t.Errorf("rank %d, provenance %+v, %v", a.Rank, f, err)
	}
}

// TestSaveMetadata: the weights' file alone says how it is meant.
func TestSaveMetadata(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	if err := adapter.Save(dir, trained(t), provenance(), adapter.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	st, err := safetensors.Read(filepath.Join(dir, "adapter_model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"format": "pt", "dylora.version": "1.2.3", "dylora.task": "demo", "dylora.labels": "bad,good",
		"dylora.model": "mini", "dylora.model_hash": "0123456789abcdef", "dylora.rank": "4", "dylora.rank_max": "8", "dylora.rank_min": "1",
		"dylora.alpha": "16", "dylora.sampler": "uniform", "dylora.update": "all", "dylora.seed": "18446744073709551615", "dylora.targets": "query,value"}
	if diff := cmp.Diff(want, st.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

// TestTargetModules: the names written must make PEFT find exactly the adapter's modules.
func TestTargetModules(t *testing.T) {
	tests := []struct {
		name string
		a    *adapter.Adapter
		want []string
	}{
		{"the default", trained(t), []string{"query", "value"}},
		{"both output.dense", trained(t, "attention.output.dense", "output.dense"), []string{"attention.output.dense", "output.dense"}},
		{"attention's output.dense", trained(t, "attention.output.dense"), []string{"attention.output.dense"}},
		{"output.dense would catch attention's too", trained(t, "output.dense"),
			[]string{"roberta.encoder.layer.0.output.dense", "roberta.encoder.layer.1.output.dense"}},
		{"one layer without value", without(trained(t), 3),
			[]string{"roberta.encoder.layer.0.attention.self.query", "roberta.encoder.layer.0.attention.self.value", "roberta.encoder.layer.1.attention.self.query"}},
		{"not the first layer", without(trained(t, "attention.self.key"), 0), []string{"roberta.encoder.layer.1.attention.self.key"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a")
			if err := adapter.Save(dir, tt.a, nil, adapter.SaveOptions{}); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
			if err != nil {
				t.Fatal(err)
			}
			var c struct {
				TargetModules []string `json:"target_modules"`
			}
			if err := json.Unmarshal(b, &c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.TargetModules); diff != "" {
				t.Errorf("target_modules (-want +got):\n%s", diff)
			}
			if got, _, err := adapter.Load(dir); err != nil || !cmp.Equal(tt.a, got) {
				t.Errorf("loaded %v", err)
			}
		})
	}
}

// without removes the modules of the given places.
func without(a *adapter.Adapter, places ...int) *adapter.Adapter {
	for _, i := range places {
		a.Modules = append(a.Modules[:i:i], a.Modules[i+1:]...)
	}
	return a
}
