package adapter_test

import (
	"bytes"
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
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// reference is a folder of golden outputs whose model dylora can run.
type reference struct {
	dir     string
	full    *adapter.Adapter // at the highest rank
	tensors *safetensors.File
	model   *safetensors.File
}

// eachReference walks the folders of encoders.
func eachReference(t *testing.T, test func(t *testing.T, r reference)) {
	for _, dir := range reftest.Folders(t) {
		e := reftest.Open(t, dir)
		t.Run(e.Name(), func(t *testing.T) { test(t, openReference(t, e)) })
	}
}

func openReference(t *testing.T, e *reftest.Encoder) reference {
	t.Helper()
	r := reference{dir: e.Dir, full: &adapter.Adapter{Rank: e.RankMax, Alpha: e.Alpha}, tensors: e.File}
	var err error
	r.model, err = safetensors.Read(filepath.Join(e.Model(), "model.safetensors"))
	must(t, err)
	for _, name := range e.Modules {
		a, b := e.Tensor(t, "adapter."+name+".lora_A"), e.Tensor(t, "adapter."+name+".lora_B")
		r.full.Modules = append(r.full.Modules, adapter.Module{Name: name, In: len(a) / e.RankMax, Out: len(b) / e.RankMax, A: a, B: b})
	}
	for _, h := range r.model.Tensors {
		if strings.HasPrefix(h.Name, "classifier.") || strings.HasPrefix(h.Name, "pre_classifier.") {
			r.full.Head = append(r.full.Head, weights.Tensor{Name: h.Name, Shape: h.Shape, Data: values(t, h)})
		}
	}
	return r
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
			want, provenance, err := adapter.Load(dir)
			must(t, err)
			if provenance.Task != "" {
				t.Errorf("PEFT's folder has provenance %+v", provenance)
			}
			byName := cmpopts.SortSlices(func(a, b weights.Tensor) bool { return a.Name < b.Name })
			if diff := cmp.Diff(want, cut, byName); diff != "" {
				t.Errorf("slice (-PEFT +dylora):\n%s", diff)
			}
			sameFiles(t, dir, want)
			sameFiles(t, dir, cut)
		})
	})
}

// TestReferenceScaledSlices: a slice of every scaling equals what PEFT saved, tensor for tensor, and
// its configuration has PEFT's scale, but for the last bit of a power.
func TestReferenceScaledSlices(t *testing.T) {
	for _, name := range []string{"roberta", "bert"} {
		for _, text := range []string{"sqrt", "constant", "power:0.75"} {
			r := openReference(t, reftest.Open(t, filepath.Join(reftest.Testdata(t), name)))
			dir := filepath.Join(r.dir, "scaled-r2", strings.Replace(text, ":", "-", 1))
			var err error
			r.full.Scaling, err = adapter.ParseScaling(text)
			must(t, err)
			cut, err := r.full.Slice(2)
			must(t, err)
			want, _, err := adapter.Load(dir)
			must(t, err)
			for i := range want.Modules {
				_, scale := want.Scale(&want.Modules[i], 2)
				if own, got := cut.Scale(&cut.Modules[i], 2); own != 2 || math.Abs(got-scale) > 1e-14*scale {
					t.Errorf("%s, %s: %d rows of scale %v, PEFT's %v", name, text, own, got, scale)
				}
			}
			files := encoded(t, cut, nil)
			b, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
			must(t, err)
			alphas := regexp.MustCompile(`("lora_alpha": [\d.]{12})\d*`)
			ours, theirs := alphas.ReplaceAll(files["adapter_config.json"].Data, []byte("$1")), alphas.ReplaceAll(b, []byte("$1"))
			if diff := cmp.Diff(string(canonical(theirs)), string(canonical(ours))); diff != "" {
				t.Errorf("%s, %s: adapter_config.json (-PEFT +dylora):\n%s", name, text, diff)
			}
			cut.Alpha, cut.Scaling, cut.ScalingRank = want.Alpha, want.Scaling, 0 // PEFT knows one rank
			byName := cmpopts.SortSlices(func(a, b weights.Tensor) bool { return a.Name < b.Name })
			if diff := cmp.Diff(want, cut, byName); diff != "" {
				t.Errorf("%s, %s (-PEFT +dylora):\n%s", name, text, diff)
			}
		}
	}
}

// sameFiles saves a and compares with PEFT's files to the byte, but for two things in the
// config: PEFT writes alpha as it was given and the modules in the order of a Python set.
func sameFiles(t *testing.T, dir string, a *adapter.Adapter) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "saved")
	must(t, adapter.Save(out, a, nil, adapter.SaveOptions{}))
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

// TestReferenceMerge: merged.rankN.MODULE.weight is the base weight plus the update.
func TestReferenceMerge(t *testing.T) {
	const tolerance = 1e-6 // of the largest magnitude
	eachReference(t, func(t *testing.T, r reference) {
		for _, want := range r.tensors.Tensors {
			var rank int
			var module string
			if _, err := fmt.Sscanf(want.Name, "merged.rank%d.%s", &rank, &module); err != nil {
				continue
			}
			w, ok := r.model.Tensor(module)
			i := slices.IndexFunc(r.full.Modules, func(s adapter.Module) bool { return s.Name+".weight" == module })
			if !ok || i < 0 {
				t.Fatalf("%s: no such module", want.Name)
			}
			s, base := &r.full.Modules[i], values(t, w)
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

// TestReferenceAdapters: every adapter found in the wild loads, its tensors stay the same
// to the bit when it is saved again, and what is not kept is said.
func TestReferenceAdapters(t *testing.T) {
	root := reftest.Shared(t, "adapters of public repositories")
	said := map[string]int{"aguleon-r4-biasall": 2} // lines about odd keys
	found, err := filepath.Glob(filepath.Join(root, "data", "adapters", "*", "adapter_config.json"))
	must(t, err)
	for _, file := range found {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			l, err := adapter.Open(dir, adapter.Options{})
			must(t, err)
			t.Logf("rank %d, %d modules, %d biases, %d parameters; %q", l.Adapter.Rank, len(l.Adapter.Modules), len(l.Adapter.Biases), l.Adapter.Parameters(), l.Notes)
			if len(l.Notes) != said[filepath.Base(dir)] {
				t.Errorf("notes %q, want %d", l.Notes, said[filepath.Base(dir)])
			}
			resaved(t, dir, l.Adapter)
		})
	}
	if len(found) == 0 {
		t.Error("no adapters there")
	}
}

// TestReferenceLoralib: a file of microsoft/LoRA loads where that is allowed, and saved as
// PEFT's its tensors are the same to the bit.
func TestReferenceLoralib(t *testing.T) {
	root := reftest.Shared(t, "the adapters of microsoft/LoRA")
	file := filepath.Join(root, "data", "adapters", "microsoft-lora-mnli", "roberta_base_lora_mnli.bin")
	for want, o := range map[fault.Reason]adapter.Options{adapter.PickledWeights: {Alpha: 16}, adapter.NoAlpha: {AllowPickle: true}} {
		if _, err := adapter.OpenLoralib(file, o); fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != want {
			t.Errorf("%+v: %v", o, err)
		}
	}
	l, err := adapter.OpenLoralib(file, adapter.Options{AllowPickle: true, Alpha: 16})
	must(t, err)
	a := l.Adapter
	if a.Rank != 8 || a.Alpha != 16 || len(a.Modules) != 24 || len(a.Head) != 4 || len(l.Notes) > 0 || a.Mixed() {
		t.Errorf("rank %d, alpha %v, %d modules, %d tensors of the head, notes %q", a.Rank, a.Alpha, len(a.Modules), len(a.Head), l.Notes)
	}
	out := filepath.Join(t.TempDir(), "saved")
	must(t, adapter.Save(out, a, nil, adapter.SaveOptions{}))
	got, err := safetensors.Read(filepath.Join(out, "adapter_model.safetensors"))
	must(t, err)
	want, err := pickle.Read(file)
	must(t, err)
	for _, w := range want.Tensors {
		name := "base_model.model." + w.Name
		if strings.Contains(name, ".lora_") {
			name += ".weight"
		}
		if g, ok := got.Tensor(name); !ok || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("%s is not the same in PEFT's form", w.Name)
		}
	}
	if len(got.Tensors) != len(want.Tensors) {
		t.Errorf("%d tensors saved of %d", len(got.Tensors), len(want.Tensors))
	}
}

// resaved compares the tensors of a's folder with those of a saved again: all are there
// with the same bits, but for the copies of the head that a file of an older PEFT has.
func resaved(t *testing.T, dir string, a *adapter.Adapter) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "saved")
	must(t, adapter.Save(out, a, nil, adapter.SaveOptions{}))
	want, err := safetensors.Read(filepath.Join(dir, "adapter_model.safetensors"))
	must(t, err)
	got, err := safetensors.Read(filepath.Join(out, "adapter_model.safetensors"))
	must(t, err)
	kept := 0
	for _, w := range want.Tensors {
		if strings.Contains(w.Name, ".original_module.") || strings.Contains(w.Name, ".modules_to_save.") {
			continue
		}
		kept++
		g, ok := got.Tensor(w.Name)
		if !ok || g.DType != w.DType || !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("%s is not the same when saved again", w.Name)
		}
	}
	if len(got.Tensors) != kept {
		t.Errorf("%d tensors saved of %d", len(got.Tensors), kept)
	}
}
