package session

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// TestSliceSeveral: one folder of slices with a manifest that lists them.
func TestSliceSeveral(t *testing.T) {
	a := storedRoberta(t)
	out := filepath.Join(t.TempDir(), "made", "slices")
	cut, err := a.Slice([]int{1, 2, 4}, Form{DType: safetensors.Float16}, out+"/", false)
	must(t, err)
	if !slices.Equal(names(t, out), []string{"manifest.json", "rank-1", "rank-2", "rank-4"}) {
		t.Errorf("%s holds %q", out, names(t, out))
	}
	var m struct {
		CutFrom int `json:"cut_from"`
		Slices  []Slice
	}
	must(t, json.Unmarshal([]byte(read(t, out, "manifest.json")), &m))
	if m.CutFrom != 4 || len(m.Slices) != 3 || len(cut) != 3 {
		t.Fatalf("manifest %+v", m)
	}
	for i, s := range m.Slices {
		if s.Folder != filepath.Base(cut[i].Folder) || s.Rank != cut[i].Rank || s.Bytes != cut[i].Bytes || s.Parameters != cut[i].Parameters {
			t.Errorf("the manifest lists %+v, made was %+v", s, cut[i])
		}
		if got := adapterOf(t, cut[i].Folder); got.Rank != s.Rank || int64(len(read(t, cut[i].Folder, "adapter_model.safetensors"))) != s.Bytes {
			t.Errorf("%s: an adapter of rank %d", cut[i].Folder, got.Rank)
		}
	}
}

// TestSliceFolders: where slices go that no folder is named for.
func TestSliceFolders(t *testing.T) {
	a := storedRoberta(t)
	for want, ask := range map[string]func() ([]*Slice, error){
		"rank-2":        func() ([]*Slice, error) { return a.Slice([]int{2}, Form{}, "", false) },
		"slices/rank-1": func() ([]*Slice, error) { return a.Slice([]int{1, 2}, Form{}, "", false) },
		"module-ranks": func() ([]*Slice, error) {
			return a.Slice([]int{2}, Form{ModuleRanks: map[string]int{"query": 1}}, "", false)
		},
	} {
		cut, err := ask()
		must(t, err)
		if cut[0].Folder != filepath.Join(a.Run, want) {
			t.Errorf("written to %s, want %s in the run", cut[0].Folder, want)
		}
		adapterOf(t, cut[0].Folder)
	}
	_, err := a.Slice([]int{1, 2}, Form{ModuleRanks: map[string]int{"query": 1}}, "", true)
	refused(t, err, fault.Usage, "", "2 ranks for the modules without a rank of their own")
}

// TestSliceReplaces: what slices wrote makes way if it may, anything else never does, and
// what is refused stays as it was.
func TestSliceReplaces(t *testing.T) {
	a := storedRoberta(t)
	one := func(dir string) { _, err := a.Slice([]int{4}, Form{}, dir, false); must(t, err) }
	many := func(dir string) { _, err := a.Slice([]int{3, 4}, Form{}, dir, false); must(t, err) }
	bare := func(dir string) { must(t, os.Mkdir(dir, 0o777)) }
	for name, tt := range map[string]struct {
		there   func(dir string)
		ranks   []int
		replace bool
		reason  fault.Reason
		part    string // of the error; "": none
	}{
		"one, exists":                {one, []int{2}, false, Occupied, "exists"},
		"one, replaced":              {one, []int{2}, true, "", ""},
		"one, empty":                 {bare, []int{2}, true, "", ""},
		"one, over many":             {many, []int{2}, true, "", "is not part of an adapter"},
		"one, over other files":      {func(d string) { write(t, "mine", d, "notes.txt") }, []int{2}, true, "", "notes.txt"},
		"one, over a file":           {func(d string) { write(t, "mine", d) }, []int{2}, true, "", "not a folder"},
		"many, exists":               {many, []int{1, 2}, false, Occupied, "exists"},
		"many, empty":                {bare, []int{1, 2}, false, Occupied, "exists"},
		"many, replaced":             {many, []int{1, 2}, true, "", ""},
		"many, replaces empty":       {bare, []int{1, 2}, true, "", ""},
		"many, over one":             {one, []int{1, 2}, true, "", "which slice did not write"},
		"many, with more":            {func(d string) { many(d); write(t, "mine", d, "notes.txt") }, []int{1, 2}, true, "", "holds notes.txt"},
		"many, without the manifest": {func(d string) { many(d); must(t, os.Remove(filepath.Join(d, manifestName))) }, []int{1, 2}, true, "", "has no manifest.json"},
		"many, over a file":          {func(d string) { write(t, "mine", d) }, []int{1, 2}, true, "", "cannot write the slices"},
		"many, one too high":         {many, []int{1, 5}, true, "", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "out")
			tt.there(dir)
			before := tree(t, parent)
			_, err := a.Slice(tt.ranks, Form{}, dir, tt.replace)
			if tt.part == "" {
				must(t, err)
				if maps.Equal(tree(t, parent), before) || !slices.Equal(names(t, parent), []string{"out"}) {
					t.Errorf("%s is as before, or there is more beside it: %q", dir, names(t, parent))
				}
				return
			}
			if err == nil || fault.ReasonOf(err) != tt.reason || !strings.Contains(err.Error(), tt.part) || fault.ClassOf(err) != fault.Usage {
				t.Errorf("class %d, reason %q: %v", fault.ClassOf(err), fault.ReasonOf(err), err)
			}
			if !maps.Equal(tree(t, parent), before) {
				t.Errorf("%s is not as it was: %q", parent, slices.Collect(maps.Keys(tree(t, parent))))
			}
		})
	}
}

// tree is every file below a folder with its content; a folder ends in a slash.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			all[path+"/"] = ""
			return nil
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	}))
	return all
}
