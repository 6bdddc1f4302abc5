package adapter_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// facts fill every field.
func facts() *adapter.Facts {
	return &adapter.Facts{
		Version: "1.2.3", Task: "demo", Labels: []string{"bad", "good"}, Regression: true, Model: "mini",
		ModelHash: "0123456789abcdef", Rank: 4, Alpha: 16, RankMax: 8, RankMin: 1, CutFrom: 8,
		Sampler: "uniform", Block: 1, Update: "all", Seed: 1<<64 - 1, Targets: []string{"query", "value"},
		MaxLength: 64, Epoch: 3, Step: 120, Metrics: map[string]map[string]float64{"1": {"accuracy": 0.5}},
	}
}

func TestSaveLoad(t *testing.T) {
	all := []string{"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"}
	for _, modules := range [][]string{nil, all, all[5:], all[3:4], {all[1], all[5]}} {
		a := trained(t, modules...)
		dir := filepath.Join(t.TempDir(), "a", "b")
		if err := adapter.Save(dir, a, facts()); err != nil {
			t.Fatal(err)
		}
		got, f, err := adapter.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("adapter (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(facts(), f); diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
	}
}

// TestSaveWithoutFacts: the folder has PEFT's two files, and loads with zero facts.
func TestSaveWithoutFacts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plain")
	if err := adapter.Save(dir, trained(t), nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	if _, f, err := adapter.Load(dir); err != nil || f == nil || f.Task != "" {
		t.Errorf("facts %v, %v", f, err)
	}
}

// TestSaveOfSlice: the facts in a slice's folder speak of the slice.
func TestSaveOfSlice(t *testing.T) {
	dir, given := filepath.Join(t.TempDir(), "cut"), facts()
	cut, err := trained(t).Slice(3)
	if err != nil {
		t.Fatal(err)
	}
	if err := adapter.Save(dir, cut, given); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(facts(), given); diff != "" {
		t.Errorf("Save changed the facts it was given (-want +got):\n%s", diff)
	}
	a, f, err := adapter.Load(dir)
	if err != nil || a.Rank != 3 || f.Rank != 3 || f.RankMax != 8 {
		t.Errorf("rank %d, facts %+v, %v", a.Rank, f, err)
	}
}

// TestSaveMetadata: the weights' file alone says how it is meant.
func TestSaveMetadata(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	if err := adapter.Save(dir, trained(t), facts()); err != nil {
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

// TestTargetModules: the names written must make PEFT find exactly the adapter's sites.
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
			if err := adapter.Save(dir, tt.a, nil); err != nil {
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

// without removes the sites of the given places.
func without(a *adapter.Adapter, places ...int) *adapter.Adapter {
	for _, i := range places {
		a.Sites = append(a.Sites[:i:i], a.Sites[i+1:]...)
	}
	return a
}

// TestSaveOccupied: what stands at the target is never lost.
func TestSaveOccupied(t *testing.T) {
	tests := []struct {
		name       string
		prepare    func(t *testing.T, dir string)
		save, over string // what the error says; "" for none
	}{
		{"nothing", func(*testing.T, string) {}, "", ""},
		{"an adapter of dylora's", func(t *testing.T, dir string) { must(t, adapter.Save(dir, trained(t), facts())) }, "exists", ""},
		{"an empty folder", func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o777)) }, "exists", ""},
		{"someone else's adapter", func(t *testing.T, dir string) { must(t, adapter.Save(dir, trained(t), nil)) }, "exists", "did not write"},
		{"a file", func(t *testing.T, dir string) { must(t, os.WriteFile(dir, nil, 0o666)) }, "exists", "not a folder"},
		{"a link to a folder", func(t *testing.T, dir string) { must(t, os.Symlink(t.TempDir(), dir)) }, "exists", "not a folder"},
		{"an adapter and a note", func(t *testing.T, dir string) {
			must(t, adapter.Save(dir, trained(t), facts()))
			must(t, os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o666))
		}, "exists", "holds README.md"},
		{"below a file", func(t *testing.T, dir string) {
			parent := filepath.Dir(dir)
			must(t, os.Remove(parent))
			must(t, os.WriteFile(parent, nil, 0o666))
		}, "not a directory", "not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, over := range []bool{false, true} {
				root := t.TempDir()
				dir := filepath.Join(root, "run", "adapter")
				must(t, os.Mkdir(filepath.Dir(dir), 0o777))
				tt.prepare(t, dir)
				before := tree(t, root)
				err, want := adapter.Save(dir, trained(t, "output.dense"), facts()), tt.save
				if over {
					err, want = adapter.SaveOver(dir, trained(t, "output.dense"), facts()), tt.over
				}
				if want == "" {
					got, _, lerr := adapter.Load(dir)
					if err != nil || lerr != nil || len(got.Sites) != 2 {
						t.Errorf("over %v: %v, then %v", over, err, lerr)
					}
					continue
				}
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "run") {
					t.Errorf("over %v: error %v does not say %q", over, err, want)
				}
				if diff := cmp.Diff(before, tree(t, root)); diff != "" {
					t.Errorf("over %v: the refused save changed files (-before +after):\n%s", over, diff)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree is all that lies under root: path to content.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	m := map[string]string{}
	must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		m[path] = e.Type().String()
		if err == nil && e.Type().IsRegular() {
			b, err := os.ReadFile(path)
			m[path] = string(b)
			return err
		}
		return err
	}))
	return m
}

func TestSaveRefusesBrokenAdapters(t *testing.T) {
	tests := map[string]func(a *adapter.Adapter){
		"no sites":      func(a *adapter.Adapter) { a.Sites = nil },
		"in A":          func(a *adapter.Adapter) { a.Sites[0].A = a.Sites[0].A[1:] },
		"in B":          func(a *adapter.Adapter) { a.Rank = 3 },
		"twice":         func(a *adapter.Adapter) { a.Sites[1].Name = a.Sites[0].Name },
		"not a module":  func(a *adapter.Adapter) { a.Sites[1].Name = "pooler" },
		"missing":       func(a *adapter.Adapter) { a.Head = a.Head[1:] },
		"unexpected":    func(a *adapter.Adapter) { a.Head = append(a.Head, adapter.Tensor{Name: "classifier.weight2"}) },
		"7 values":      func(a *adapter.Adapter) { a.Head[0].Data = a.Head[0].Data[:7] },
		"not (2)":       func(a *adapter.Adapter) { a.Head[3].Shape = []int{2, 1} },
		"not (out, 6)":  func(a *adapter.Adapter) { a.Head[2].Shape, a.Head[2].Data = []int{2, 3}, a.Head[2].Data[:6] },
		"not (out, in)": func(a *adapter.Adapter) { a.Head[0].Shape = []int{36} },
		"alpha":         func(a *adapter.Adapter) { a.Alpha = 0 },
		"rank 0":        func(a *adapter.Adapter) { a.Rank = 0 },
	}
	for want, breakIt := range tests {
		t.Run(want, func(t *testing.T) {
			root := t.TempDir()
			a := trained(t)
			breakIt(a)
			err := adapter.Save(filepath.Join(root, "a"), a, nil)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not say %q", err, want)
			}
			if len(tree(t, root)) != 1 {
				t.Error("something was written")
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

func TestCheckBase(t *testing.T) {
	tests := []struct {
		name  string
		facts *adapter.Facts
		hash  string
		force bool
		ok    bool
	}{
		{"the same model", facts(), "0123456789abcdef", false, true},
		{"another model", facts(), "ffffffffffffffff", false, false},
		{"another model, forced", facts(), "ffffffffffffffff", true, true},
		{"no facts", nil, "f", false, true},
		{"no hash in the facts", &adapter.Facts{}, "f", false, true},
		{"no hash of the model", facts(), "", false, false},
	}
	for _, tt := range tests {
		err := tt.facts.CheckBase(tt.hash, tt.force)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
		if err != nil && (fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "--force-base")) {
			t.Errorf("%s: class %d, %v", tt.name, fault.ClassOf(err), err)
		}
	}
}
