package pickle_test

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

// TestTorch reads what torch.save (2.13) wrote: views of shared storages, in any order of
// dimensions, and every type of element.
func TestTorch(t *testing.T) {
	f, err := pickle.Read(filepath.Join("testdata", "torch.bin"))
	must(t, err)
	rows := []float32{0, 1, 2, 3, 4, 5}
	for name, want := range map[string]struct {
		dtype  string
		shape  []int
		values []float32
	}{
		"rows":       {"F32", []int{2, 3}, rows},
		"tied":       {"F32", []int{2, 3}, rows},
		"transposed": {"F32", []int{3, 2}, []float32{0, 3, 1, 4, 2, 5}},
		"second":     {"F32", []int{3}, []float32{3, 4, 5}},
		"scalar":     {"F32", []int{}, []float32{1.5}},
		"half":       {"F16", []int{2, 3}, rows},
		"brain":      {"BF16", []int{2, 3}, rows},
		"empty":      {"F32", []int{0, 3}, []float32{}},
		"every":      {"F32", []int{3}, []float32{1, 4, 7}},
		"permuted": {"F32", []int{4, 2, 3}, []float32{0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21,
			2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23}},
	} {
		x, ok := f.Tensor(name)
		if !ok {
			t.Errorf("no tensor %s", name)
			continue
		}
		got, err := x.Float32()
		must(t, err)
		if x.DType != want.dtype || !slices.Equal(x.Shape, want.shape) || !slices.Equal(got, want.values) {
			t.Errorf("%s is %s %v %v, want %s %v %v", name, x.DType, x.Shape, got, want.dtype, want.shape, want.values)
		}
	}
	for name, want := range map[string]struct{ dtype, data string }{
		"whole": {"I64", "\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"},
		"flags": {"BOOL", "\x01\x00"}, "bytes": {"U8", "\x01\xff"}, "short": {"I16", "\xfe\xff"}, "int": {"I32", "\xfd\xff\xff\xff"}, "char": {"I8", "\xfc"},
	} {
		if x, _ := f.Tensor(name); x.DType != want.dtype || string(x.Data) != want.data {
			t.Errorf("%s is %s %x, want %s %x", name, x.DType, x.Data, want.dtype, want.data)
		}
	}
	x, _ := f.Tensor("double")
	if v := math.Float64frombits(binary.LittleEndian.Uint64(x.Data[8:])); x.DType != "F64" || v != 1.0/3 {
		t.Errorf("double is %s %v", x.DType, v)
	}
	if names := []string{f.Tensors[0].Name, f.Tensors[len(f.Tensors)-1].Name}; len(f.Tensors) != 17 || !slices.Equal(names, []string{"rows", "char"}) {
		t.Errorf("%d tensors from %v", len(f.Tensors), names)
	}
	if _, err := safetensors.Encode(f.Tensors, nil); err != nil {
		t.Errorf("shapes and data do not agree: %v", err)
	}
}

// TestLegacy: the format before PyTorch 1.6 is refused with what to do.
func TestLegacy(t *testing.T) {
	_, err := pickle.Read(filepath.Join("testdata", "legacy.bin"))
	checkRefused(t, err, "before 1.6")
}

// TestWild reads a file from a public repository.
func TestWild(t *testing.T) {
	shared := reftest.Shared(t, "adapters of public repositories")
	paths, err := filepath.Glob(filepath.Join(shared, "data", "adapters", "*", "*.bin"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no file: %v", err)
	}
	for _, p := range paths {
		f, err := pickle.Read(p)
		must(t, err)
		t.Logf("%s: %d tensors", p, len(f.Tensors))
		b, err := safetensors.Encode(f.Tensors, nil)
		must(t, err)
		again, err := safetensors.Parse(p, b)
		must(t, err)
		if len(again.Tensors) != len(f.Tensors) || len(f.Tensors) < 2 {
			t.Errorf("%d tensors, then %d", len(f.Tensors), len(again.Tensors))
		}
	}
}

func TestReadFaults(t *testing.T) {
	_, err := pickle.Read(filepath.Join(t.TempDir(), "absent.bin"))
	checkRefused(t, err, "absent.bin")
	_, err = pickle.Read(t.TempDir())
	checkRefused(t, err, "not a regular file")
	_, err = pickle.Parse("m/pytorch_model.bin", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 498818054\n"))
	checkRefused(t, err, "m/pytorch_model.bin: a Git LFS pointer")
}

func checkRefused(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if !strings.Contains(text, want) {
		t.Errorf("error %q, want %q in it", text, want)
	}
	if strings.ContainsAny(text, "\n\x00") || len(text) > 800 || fault.ClassOf(err) != fault.Invalid {
		t.Errorf("error %q of class %d is not a short line of class invalid", text, fault.ClassOf(err))
	}
}
