package adapter_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// reference is a folder of golden outputs whose model dylora can run.
type reference struct {
	dir     string
	full    *adapter.Adapter // at the highest rank
	tensors *safetensors.File
	model   *safetensors.File
}

// eachReference walks $DYLORA_SHARED/golden.
func eachReference(t *testing.T, test func(t *testing.T, r reference)) {
	root := os.Getenv("DYLORA_SHARED")
	if root == "" {
		t.Skip("DYLORA_SHARED is not set")
	}
	found, err := filepath.Glob(filepath.Join(root, "golden", "*", "reference.json"))
	must(t, err)
	for _, file := range found {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			test(t, openReference(t, dir))
		})
	}
}

func openReference(t *testing.T, dir string) reference {
	t.Helper()
	var meta struct {
		RankMax int `json:"rank_max"`
		Alpha   float64
	}
	readInto(t, filepath.Join(dir, "reference.json"), &meta)
	r := reference{dir: dir, full: &adapter.Adapter{Rank: meta.RankMax, Alpha: meta.Alpha}}
	var err error
	r.tensors, err = safetensors.Read(filepath.Join(dir, "reference.safetensors"))
	must(t, err)
	r.model, err = safetensors.Read(filepath.Join(dir, "model", "model.safetensors"))
	must(t, err)
	for _, a := range r.tensors.Tensors {
		name, isA := strings.CutSuffix(a.Name, ".lora_A")
		if site, ok := strings.CutPrefix(name, "adapter."); ok && isA {
			b, _ := r.tensors.Tensor(name + ".lora_B")
			r.full.Sites = append(r.full.Sites, adapter.Site{Name: site, In: a.Shape[1], Out: b.Shape[0], A: values(t, a), B: values(t, b)})
		}
	}
	for _, h := range r.model.Tensors {
		if strings.HasPrefix(h.Name, "classifier.") {
			r.full.Head = append(r.full.Head, adapter.Tensor{Name: h.Name, Shape: h.Shape, Data: values(t, h)})
		}
	}
	return r
}

func readInto(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	must(t, json.Unmarshal(b, into))
}

func values(t *testing.T, s safetensors.Tensor) []float32 {
	t.Helper()
	v, err := s.Float32()
	must(t, err)
	return v
}

var peftFolder = regexp.MustCompile(`^peft-r(\d+)$`)

// eachPEFT walks the slices that PEFT saved.
func (r reference) eachPEFT(t *testing.T, test func(t *testing.T, dir string, rank int)) {
	entries, err := os.ReadDir(r.dir)
	must(t, err)
	for _, e := range entries {
		if peftFolder.MatchString(e.Name()) {
			rank := 0
			_, err := fmt.Sscanf(e.Name(), "peft-r%d", &rank)
			must(t, err)
			t.Run(e.Name(), func(t *testing.T) { test(t, filepath.Join(r.dir, e.Name()), rank) })
		}
	}
}

// TestReferenceSlices: a slice is what PEFT saved, tensor for tensor, loaded and as a file.
func TestReferenceSlices(t *testing.T) {
	eachReference(t, func(t *testing.T, r reference) {
		r.eachPEFT(t, func(t *testing.T, dir string, rank int) {
			cut, err := r.full.Slice(rank)
			must(t, err)
			want, facts, err := adapter.Load(dir)
			must(t, err)
			if facts.Task != "" {
				t.Errorf("PEFT's folder has facts %+v", facts)
			}
			byName := cmpopts.SortSlices(func(a, b adapter.Tensor) bool { return a.Name < b.Name })
			if diff := cmp.Diff(want, cut, byName); diff != "" {
				t.Errorf("slice (-PEFT +dylora):\n%s", diff)
			}
			sameFiles(t, dir, want)
			sameFiles(t, dir, cut)
		})
	})
}

// sameFiles saves a and compares with PEFT's files to the byte, but for two things in the
// config: PEFT writes alpha as it was given and the modules in the order of a Python set.
func sameFiles(t *testing.T, dir string, a *adapter.Adapter) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "saved")
	must(t, adapter.Save(out, a, nil))
	for _, name := range []string{"adapter_model.safetensors", "adapter_config.json"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		got, err := os.ReadFile(filepath.Join(out, name))
		must(t, err)
		if name == "adapter_config.json" {
			want, got = canonical(want), canonical(got)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s is not as PEFT wrote it (-want +got):\n%s", name, cmp.Diff(printable(want), printable(got)))
		}
	}
}

var (
	wholeAlpha  = regexp.MustCompile(`("lora_alpha": \d+)\.0,`)
	moduleNames = regexp.MustCompile(`(?s)"target_modules": \[.*?\]`)
)

func canonical(config []byte) []byte {
	config = wholeAlpha.ReplaceAll(config, []byte("$1,"))
	return moduleNames.ReplaceAllFunc(config, func(b []byte) []byte {
		words := strings.FieldsFunc(string(b), func(c rune) bool { return strings.ContainsRune(" ,\n", c) })
		slices.Sort(words)
		return []byte(strings.Join(words, " "))
	})
}

func printable(b []byte) string {
	if bytes.HasPrefix(b, []byte("{")) {
		return string(b)
	}
	return fmt.Sprintf("%d bytes of weights", len(b))
}

// TestReferenceMerge: merged.rankN.SITE.weight is the base weight plus the update.
func TestReferenceMerge(t *testing.T) {
	const tolerance = 1e-6 // of the largest magnitude
	eachReference(t, func(t *testing.T, r reference) {
		for _, want := range r.tensors.Tensors {
			var rank int
			var site string
			if _, err := fmt.Sscanf(want.Name, "merged.rank%d.%s", &rank, &site); err != nil {
				continue
			}
			w, ok := r.model.Tensor(site)
			i := slices.IndexFunc(r.full.Sites, func(s adapter.Site) bool { return s.Name+".weight" == site })
			if !ok || i < 0 {
				t.Fatalf("%s: no such site", want.Name)
			}
			s, base := &r.full.Sites[i], values(t, w)
			got := r.full.Merge(s, base, rank)
			worst, largest, update := 0.0, 0.0, 0.0
			for k, x := range values(t, want) {
				worst = max(worst, math.Abs(float64(x)-float64(got[k])))
				largest = max(largest, math.Abs(float64(x)))
				update += math.Pow(float64(x)-float64(base[k]), 2)
			}
			t.Logf("%s: largest difference %.1e of %.2f", want.Name, worst/largest, largest)
			if worst > tolerance*largest {
				t.Errorf("%s: difference %g, at most %g", want.Name, worst, tolerance*largest)
			}
			if n := r.full.DeltaNorm(s, rank); math.Abs(n-math.Sqrt(update)) > 1e-5*n {
				t.Errorf("%s: DeltaNorm %g, the merged weights say %g", want.Name, n, math.Sqrt(update))
			}
		}
	})
}

// TestReferenceAdapters: an adapter found in the wild loads, or is refused by a message
// of class Invalid that names what stands in the way.
func TestReferenceAdapters(t *testing.T) {
	root := os.Getenv("DYLORA_SHARED")
	if root == "" {
		t.Skip("DYLORA_SHARED is not set")
	}
	entries, err := os.ReadDir(filepath.Join(root, "data", "adapters"))
	must(t, err)
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			dir := filepath.Join(root, "data", "adapters", e.Name())
			a, _, err := adapter.Load(dir)
			if err == nil {
				t.Logf("rank %d, %d sites, %d parameters", a.Rank, len(a.Sites), a.Parameters())
				resaved(t, dir, a)
				return
			}
			t.Log(err)
			if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
				t.Errorf("class %d of %v", fault.ClassOf(err), err)
			}
			known, _ := adapter.FieldNames()
			names := func(key string) bool { return strings.Contains(err.Error(), ": "+key+" is ") }
			if _, absent := os.Stat(filepath.Join(dir, "adapter_config.json")); absent == nil && !slices.ContainsFunc(known, names) {
				t.Errorf("%v names no key", err)
			}
		})
	}
}

// resaved loads a's folder again after saving: the tensors stay the same.
func resaved(t *testing.T, dir string, a *adapter.Adapter) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "saved")
	must(t, adapter.Save(out, a, nil))
	want, err := os.ReadFile(filepath.Join(dir, "adapter_model.safetensors"))
	must(t, err)
	got, err := os.ReadFile(filepath.Join(out, "adapter_model.safetensors"))
	must(t, err)
	if !bytes.Equal(want, got) {
		t.Error("saved again, the weights differ")
	}
}
