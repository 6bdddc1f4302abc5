package adapter_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

// TestSaveOccupied: what stands at the target is never lost.
func TestSaveOccupied(t *testing.T) {
	tests := []struct {
		name       string
		prepare    func(t *testing.T, dir string)
		save, over string // what the error says; "" for none
	}{
		{"nothing", func(*testing.T, string) {}, "", ""},
		{"an adapter of dylora's", func(t *testing.T, dir string) {
			must(t, adapter.Save(dir, trained(t), provenance(), adapter.SaveOptions{}))
		}, "exists", ""},
		{"an empty folder", func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o777)) }, "exists", ""},
		{"someone else's adapter", func(t *testing.T, dir string) { must(t, adapter.Save(dir, trained(t), nil, adapter.SaveOptions{})) }, "exists", "did not write"},
		{"a file", func(t *testing.T, dir string) { must(t, os.WriteFile(dir, nil, 0o666)) }, "exists", "not a folder"},
		{"a link to a folder", func(t *testing.T, dir string) { must(t, os.Symlink(t.TempDir(), dir)) }, "exists", "not a folder"},
		{"an adapter and a note", func(t *testing.T, dir string) {
			must(t, adapter.Save(dir, trained(t), provenance(), adapter.SaveOptions{}))
			must(t, os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o666))
		}, "exists", "holds README.md that dylora did not write"},
		{"an adapter with a card of another's hand", func(t *testing.T, dir string) {
			must(t, adapter.Save(dir, trained(t), provenance(), adapter.SaveOptions{}))
			path := filepath.Join(dir, "README.md")
			b, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, append([]byte("Read this first.\n"), b...), 0o666))
		}, "exists", "or that was changed since"},
		{"an adapter of dylora's from before there were cards", func(t *testing.T, dir string) {
			must(t, adapter.Save(dir, trained(t), provenance(), adapter.SaveOptions{}))
			must(t, os.Remove(filepath.Join(dir, "README.md")))
		}, "exists", ""},
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
				err, want := adapter.Save(dir, trained(t, "output.dense"), provenance(), adapter.SaveOptions{}), tt.save
				if over {
					err, want = adapter.Save(dir, trained(t, "output.dense"), provenance(), adapter.SaveOptions{Replace: true}), tt.over
				}
				if want == "" {
					got, _, lerr := adapter.Load(dir)
					if err != nil || lerr != nil || len(got.Modules) != 2 {
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
		"no modules":    func(a *adapter.Adapter) { a.Modules = nil },
		"in A":          func(a *adapter.Adapter) { a.Modules[0].A = a.Modules[0].A[1:] },
		"in B":          func(a *adapter.Adapter) { a.Rank = 3 },
		"twice":         func(a *adapter.Adapter) { a.Modules[1].Name = a.Modules[0].Name },
		"not a module":  func(a *adapter.Adapter) { a.Modules[1].Name = "pooler" },
		"missing":       func(a *adapter.Adapter) { a.Head = a.Head[1:] },
		"unexpected":    func(a *adapter.Adapter) { a.Head = append(a.Head, weights.Tensor{Name: "classifier.weight2"}) },
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
			err := adapter.Save(filepath.Join(root, "a"), a, nil, adapter.SaveOptions{})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not say %q", err, want)
			}
			if len(tree(t, root)) != 1 {
				t.Error("something was written")
			}
		})
	}
}
