package adapter_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/safetensors"
)

// headed is trained with heads by rank, all different.
func headed(t testing.TB) *adapter.Adapter {
	t.Helper()
	a := trained(t)
	if err := a.GrowHeads(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, h := range a.Heads {
		copy(h.Data, normals(r, len(h.Data)))
	}
	return a
}

// lastOf is the weight of the last layer that a rank computes with.
func lastOf(a *adapter.Adapter, rank int) []float32 {
	head := a.HeadAt(rank)
	return head[len(head)-2].Data
}

// Grown heads are copies of the head's last layer; training that of R trains the head.
func TestGrowHeads(t *testing.T) {
	a := trained(t)
	before, parameters := slices.Clone(lastOf(a, 0)), a.Parameters()
	if err := a.GrowHeads(); err != nil {
		t.Fatal(err)
	}
	for rank := range a.Rank + 1 {
		if !slices.Equal(lastOf(a, rank), before) {
			t.Errorf("rank %d: %v, want %v", rank, lastOf(a, rank), before)
		}
	}
	if got := a.Parameters(); got != parameters+3*(2*6+2) || a.ParametersAt(4) != parameters {
		t.Errorf("%d parameters, %d at rank 4, before %d", got, a.ParametersAt(4), parameters)
	}
	w := a.Heads[0].Data
	w[0], w[len(w)-1] = 5, 7
	if lastOf(a, 1)[0] != 5 || lastOf(a, 4)[11] != 7 || a.Head[2].Data[11] != 7 || lastOf(a, 0)[11] != 7 {
		t.Error("the heads do not share the memory that is trained")
	}
	if err := a.GrowHeads(); err != nil || a.Heads[0].Data[0] != 5 {
		t.Errorf("grown again: %v", err)
	}
	if err := new(adapter.Adapter).GrowHeads(); err == nil {
		t.Error("an adapter without a head got heads")
	}
}

// A slice has the head of its rank alone; a copy has all, in memory of its own.
func TestHeadsOfCopies(t *testing.T) {
	a := headed(t)
	for rank := 1; rank <= a.Rank; rank++ {
		s, err := a.Slice(rank)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Heads) > 0 || !slices.Equal(lastOf(s, rank), lastOf(a, rank)) || !slices.Equal(s.Head[3].Data, a.HeadAt(rank)[3].Data) {
			t.Errorf("the slice at rank %d has another head", rank)
		}
	}
	c := a.Clone()
	if c.Fingerprint() != a.Fingerprint() {
		t.Error("a copy differs")
	}
	c.Heads[0].Data[len(c.Heads[0].Data)-1]++
	if a.Fingerprint() == c.Fingerprint() || slices.Equal(lastOf(c, 4), lastOf(a, 4)) || !slices.Equal(lastOf(c, 4), lastOf(c, 0)) {
		t.Error("a copy shares its heads with the adapter, or not with itself")
	}
	compat, err := a.Compat()
	if err != nil || len(compat.Heads) > 0 || !slices.Equal(lastOf(compat, 0), lastOf(a, 4)) {
		t.Errorf("compatible form: %d heads, %v", len(compat.Heads), err)
	}
	b := trained(t)
	b.TakeHeads(a.HeadAt)
	if len(b.Heads) > 0 || !slices.Equal(lastOf(b, 0), lastOf(a, 4)) {
		t.Error("a shared head is not that of R")
	}
	if err := b.GrowHeads(); err != nil {
		t.Fatal(err)
	}
	b.TakeHeads(a.HeadAt)
	if !slices.Equal(b.Heads[0].Data, a.Heads[0].Data) || !slices.Equal(b.Heads[1].Data, a.Heads[1].Data) {
		t.Error("heads taken over differ")
	}
}

// Heads are saved beside PEFT's files, which are those of the adapter with the head of R, and
// read again, in every type of number.
func TestSaveHeads(t *testing.T) {
	a := headed(t)
	plain := a.Clone()
	plain.Heads = nil
	for _, dtype := range []string{safetensors.Float32, safetensors.BFloat16} {
		dir, other := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
		for path, x := range map[string]*adapter.Adapter{dir: a, other: plain} {
			if err := adapter.Save(path, x, nil, adapter.SaveOptions{DType: dtype}); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"adapter_config.json", "adapter_model.safetensors"} {
			if !slices.Equal(read(t, dir, name), read(t, other, name)) {
				t.Errorf("%s: %s depends on the heads by rank", dtype, name)
			}
		}
		got, _, err := adapter.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if dtype == safetensors.Float32 && got.Fingerprint() != a.Fingerprint() {
			t.Error("loaded heads differ")
		}
		if d := math.Abs(float64(lastOf(got, 2)[3] - lastOf(a, 2)[3])); d > 0.02 {
			t.Errorf("%s: a weight is off by %v", dtype, d)
		}
		if _, err := os.Stat(filepath.Join(other, "rank_heads.safetensors")); err == nil {
			t.Error("an adapter without heads by rank has the file")
		}
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Heads that do not fit the adapter beside them are refused, and the file is named.
func TestLoadHeadsFaults(t *testing.T) {
	for want, change := range map[string]func(w, b *safetensors.Tensor) []safetensors.Tensor{
		"differs from the head's": func(w, b *safetensors.Tensor) []safetensors.Tensor {
			*b = safetensors.F32(b.Name, b.Shape, make([]float32, 8))
			return []safetensors.Tensor{*w, *b}
		},
		"an adapter of rank 4 has": func(w, b *safetensors.Tensor) []safetensors.Tensor {
			*b = safetensors.F32(b.Name, []int{2, 2}, make([]float32, 4))
			return []safetensors.Tensor{*w, *b}
		},
		"no tensor classifier.out_proj.bias": func(w, b *safetensors.Tensor) []safetensors.Tensor {
			b.Name = "bias"
			return []safetensors.Tensor{*w, *b}
		},
		"1 tensors beside a head of 4": func(w, _ *safetensors.Tensor) []safetensors.Tensor { return []safetensors.Tensor{*w} },
		"is NaN": func(w, b *safetensors.Tensor) []safetensors.Tensor {
			*b = safetensors.F32(b.Name, b.Shape, slices.Repeat([]float32{float32(math.NaN())}, 8))
			return []safetensors.Tensor{*w, *b}
		},
	} {
		dir := filepath.Join(t.TempDir(), "a")
		if err := adapter.Save(dir, headed(t), nil, adapter.SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "rank_heads.safetensors")
		f, err := safetensors.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := f.Tensor("classifier.out_proj.weight")
		b, _ := f.Tensor("classifier.out_proj.bias")
		text, err := safetensors.Encode(change(&w, &b), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := adapter.Load(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%v, want %q and the file", err, want)
		}
	}
	bad := headed(t)
	bad.Head[3].Data = []float32{1, 2}
	if err := adapter.Save(filepath.Join(t.TempDir(), "a"), bad, nil, adapter.SaveOptions{}); err == nil {
		t.Error("heads that are not the head's were saved")
	}
}
