package session

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// TestSliceIsPEFTs: the slice at rank 2 is the one that PEFT saved, tensor for tensor.
func TestSliceIsPEFTs(t *testing.T) {
	for _, name := range []string{"roberta", "bert"} {
		e := reference(t, name)
		a := asPEFT(t, peft(e))
		out := filepath.Join(t.TempDir(), "cut")
		cut, err := a.Slice([]int{2}, Form{}, out, false)
		must(t, err)
		if got, want := adapterOf(t, out), adapterOf(t, filepath.Join(e.Dir, "peft-r2")); got.Fingerprint() != want.Fingerprint() || got.Rank != 2 {
			t.Errorf("%s: another adapter than PEFT's", name)
		}
		if cut[0].Rank != 2 || cut[0].Folder != out || len(cut) != 1 {
			t.Errorf("%s: %+v", name, cut[0])
		}
		if _, err := os.Stat(filepath.Join(out, "dylora.json")); !os.IsNotExist(err) {
			t.Errorf("%s: an adapter without provenance has got one: %v", name, err)
		}
	}
}

// TestNewSlice: what is reported of a slice in each form is what its folder holds.
func TestNewSlice(t *testing.T) {
	full := storedRoberta(t)
	bytes := map[string]int64{}
	for _, dtype := range []string{safetensors.Float32, safetensors.Float16, safetensors.BFloat16} {
		s, err := NewSlice(full.Adapter, full.Provenance, 4, Form{DType: dtype})
		must(t, err)
		bytes[dtype] = s.Bytes
	}
	if most := bytes[safetensors.Float32] * 3 / 4; bytes[safetensors.Float16] > most || bytes[safetensors.BFloat16] > most {
		t.Errorf("half the bits take %v bytes", bytes)
	}
	for name, tt := range map[string]struct {
		rank    int
		form    Form
		own     []int // ranks of the modules
		alpha   float64
		cutFrom int
		metrics []string
		rankMin int
	}{
		"whole":           {4, Form{}, []int{4, 4, 4, 4}, 16, 0, []string{"1", "2", "4"}, 1},
		"half":            {2, Form{}, []int{2, 2, 2, 2}, 16, 4, []string{"1", "2"}, 1},
		"unmeasured":      {3, Form{}, []int{3, 3, 3, 3}, 16, 4, []string{"1", "2"}, 1},
		"float32 by name": {2, Form{DType: safetensors.Float32}, []int{2, 2, 2, 2}, 16, 4, []string{"1", "2"}, 1},
		"float16":         {2, Form{DType: safetensors.Float16}, []int{2, 2, 2, 2}, 16, 4, nil, 1},
		"bfloat16":        {4, Form{DType: safetensors.BFloat16}, []int{4, 4, 4, 4}, 16, 0, nil, 1},
		"modules":         {2, Form{ModuleRanks: map[string]int{"query": 3}}, []int{3, 2, 3, 2}, 16, 4, nil, 1},
		"one module":      {1, Form{ModuleRanks: map[string]int{"layer.1.attention.self.value": 4}}, []int{1, 1, 1, 4}, 16, 4, nil, 1},
		"compat":          {2, Form{Compat: true}, []int{2, 2, 2, 2}, 2, 4, []string{"1", "2"}, 1},
		"compat modules":  {2, Form{Compat: true, ModuleRanks: map[string]int{"query": 3}}, []int{3, 3, 3, 3}, 3, 4, nil, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewSlice(full.Adapter, full.Provenance, tt.rank, tt.form)
			must(t, err)
			out := filepath.Join(t.TempDir(), "cut")
			must(t, adapter.Write(out, s.contents, false))
			a := asPEFT(t, out)
			p := a.Provenance
			if s.Rank != a.Adapter.Rank || s.Rank != slices.Max(tt.own) || s.Parameters != a.Adapter.Parameters() || s.Bytes != int64(len(read(t, out, "adapter_model.safetensors"))) {
				t.Errorf("%+v of an adapter of rank %d and %d parameters", s, a.Adapter.Rank, a.Adapter.Parameters())
			}
			if !slices.Equal(a.Adapter.Ranks(), tt.own) || a.Adapter.Alpha != tt.alpha {
				t.Errorf("ranks %v, alpha %v", a.Adapter.Ranks(), a.Adapter.Alpha)
			}
			if got := slices.Sorted(maps.Keys(p.Metrics)); !slices.Equal(got, tt.metrics) || p.CutFrom != tt.cutFrom || p.RankMin != tt.rankMin || p.Rank != s.Rank || p.RankMax != 4 {
				t.Errorf("metrics of %v, cut from %d, rank %d of %d to %d", got, p.CutFrom, p.Rank, p.RankMin, p.RankMax)
			}
			wantType := tt.form.DType
			if wantType == "" {
				wantType = safetensors.Float32
			}
			f, err := safetensors.Read(filepath.Join(out, "adapter_model.safetensors"))
			must(t, err)
			for _, x := range f.Tensors {
				if x.DType != wantType {
					t.Errorf("%s is of type %s", x.Name, x.DType)
				}
			}
		})
	}
	if p := full.Provenance; p.CutFrom != 0 || len(p.Metrics) != 3 || p.RankMin != 1 {
		t.Errorf("slicing has changed the provenance: %+v", p)
	}
}

// TestSliceOfSlice: a slice of a slice comes from the adapter that was trained.
func TestSliceOfSlice(t *testing.T) {
	dir := t.TempDir()
	once := filepath.Join(dir, "once")
	_, err := storedRoberta(t).Slice([]int{3}, Form{}, once, false)
	must(t, err)
	twice, thrice := filepath.Join(dir, "twice"), filepath.Join(dir, "thrice")
	_, err = asPEFT(t, once).Slice([]int{1}, Form{}, twice, false)
	must(t, err)
	_, err = asPEFT(t, once).Slice([]int{3}, Form{ModuleRanks: map[string]int{"query": 1}}, thrice, false)
	must(t, err)
	for _, path := range []string{twice, thrice} {
		if p := asPEFT(t, path).Provenance; p.CutFrom != 4 {
			t.Errorf("%s is cut from %d", path, p.CutFrom)
		}
	}
	direct := filepath.Join(dir, "direct")
	_, err = storedRoberta(t).Slice([]int{1}, Form{}, direct, false)
	must(t, err)
	if adapterOf(t, direct).Fingerprint() != adapterOf(t, twice).Fingerprint() {
		t.Error("a slice of a slice is not the slice")
	}
}

// TestCompatComputes: the form for other servers computes what the slice does.
func TestCompatComputes(t *testing.T) {
	e, dir := reference(t, "roberta"), t.TempDir()
	form := Form{ModuleRanks: map[string]int{"query": 1}}
	_, err := asPEFT(t, peft(e)).Slice([]int{3}, form, filepath.Join(dir, "plain"), false)
	must(t, err)
	form.Compat = true
	_, err = asPEFT(t, peft(e)).Slice([]int{3}, form, filepath.Join(dir, "compat"), false)
	must(t, err)
	var logits [2][]float32
	for i, name := range []string{"plain", "compat"} {
		s := opened(t, env(t), filepath.Join(dir, name), "model: "+e.Model(), Options{AnyTask: true})
		logits[i], err = LogitsAt(s.Program, s.RandomBatch(), 3)
		must(t, err)
	}
	for i, v := range logits[0] {
		if math.Abs(float64(v-logits[1][i])) > 1e-5 {
			t.Errorf("logit %d: %v, in the other form %v", i, v, logits[1][i])
		}
	}
}

func TestNewSliceRefuses(t *testing.T) {
	a := storedRoberta(t)
	bias := asPEFT(t, biased(t, "roberta", "roberta.embeddings.LayerNorm.bias", 24))
	for name, tt := range map[string]struct {
		a      *StoredAdapter
		rank   int
		form   Form
		reason fault.Reason
	}{
		"rank 0":         {a: a, rank: 0},
		"above":          {a: a, rank: 5},
		"no such module": {a: a, rank: 2, form: Form{ModuleRanks: map[string]int{"key": 1}}},
		"no such type":   {a: a, rank: 2, form: Form{DType: "F8"}},
		"compat biases":  {a: bias, rank: 2, form: Form{Compat: true}, reason: adapter.HasBiases},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewSlice(tt.a.Adapter, tt.a.Provenance, tt.rank, tt.form)
			if err == nil || s != nil || fault.ReasonOf(err) != tt.reason {
				t.Errorf("%+v, %v", s, err)
			}
			dir := t.TempDir()
			if _, err := tt.a.Slice([]int{tt.rank}, tt.form, filepath.Join(dir, "cut"), false); err == nil || len(names(t, dir)) != 0 {
				t.Errorf("wrote %q, %v", names(t, dir), err)
			}
		})
	}
	if _, err := Sizes(a.Adapter, a.Provenance, []int{1, 5}); err == nil {
		t.Error("a rank above the adapter's has a size")
	}
}

// TestSizes are those of the folders that Slice writes, the metadata included.
func TestSizes(t *testing.T) {
	for name, a := range map[string]*StoredAdapter{"with provenance": storedRoberta(t), "without": asPEFT(t, peft(reference(t, "bert")))} {
		sizes, err := Sizes(a.Adapter, a.Provenance, []int{1, 2, 3, 4})
		must(t, err)
		before := int64(0)
		for rank := 1; rank <= 4; rank++ {
			out := filepath.Join(t.TempDir(), "cut")
			cut, err := a.Slice([]int{rank}, Form{}, out, false)
			must(t, err)
			parameters, bytes := sizes(rank)
			if want := int64(len(read(t, out, "adapter_model.safetensors"))); bytes != want || parameters != cut[0].Parameters || bytes <= before {
				t.Errorf("%s, rank %d: %d parameters and %d bytes, want %d and %d", name, rank, parameters, bytes, cut[0].Parameters, want)
			}
			before = bytes
		}
	}
}
