package safetensors_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	oracle "github.com/nlpodyssey/safetensors"
	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
)

func TestEncodeRefuses(t *testing.T) {
	u8 := func(name string, shape []int, data string) safetensors.Tensor {
		return safetensors.Tensor{Name: name, DType: "U8", Shape: shape, Data: []byte(data)}
	}
	tests := []struct {
		name     string
		tensors  []safetensors.Tensor
		metadata map[string]string
		want     string
	}{
		{"two of one name", []safetensors.Tensor{u8("a", nil, "x"), u8("a", nil, "x")}, nil, "two tensors"},
		{"wrong length", []safetensors.Tensor{u8("a", []int{2}, "x")}, nil, "takes 2 bytes, not 1"},
		{"negative dimension", []safetensors.Tensor{u8("a", []int{-1, -1}, "x")}, nil, "negative"},
		{"unknown dtype", []safetensors.Tensor{{Name: "a", DType: "F31"}}, nil, "unknown dtype"},
		{"name of the metadata", []safetensors.Tensor{u8("__metadata__", nil, "x")}, nil, "cannot name"},
		{"name not UTF-8", []safetensors.Tensor{u8("\xff", nil, "x")}, nil, "cannot name"},
		{"metadata key not UTF-8", nil, map[string]string{"\xff": ""}, "metadata key"},
		{"metadata not UTF-8", nil, map[string]string{"a": "\xff"}, "metadata \"a\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := safetensors.Encode(tt.tensors, tt.metadata)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v does not say %q", err, tt.want)
			}
		})
	}
}

func TestF32Copies(t *testing.T) {
	shape, v := []int{1}, []float32{1}
	a := safetensors.F32("a", shape, v)
	shape[0], v[0] = 2, 2
	if got, err := a.Float32(); err != nil || a.Shape[0] != 1 || got[0] != 1 {
		t.Errorf("tensor %v, values %v, %v changed with their source", a, got, err)
	}
}

// sameBytes parses a file of the reference library and writes it again.
func sameBytes(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(path, b)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(f.Tensors) // the order given must not matter
	got, err := safetensors.Encode(f.Tensors, f.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b) {
		t.Errorf("%s: encoded again, the bytes differ", path)
	}
}

// TestReferenceDTypes: testdata/dtypes.safetensors was written by the Rust library
// 0.8.0 (from Python) with a tensor of every dtype PyTorch has and metadata that needs
// every kind of escape.
func TestReferenceDTypes(t *testing.T) { sameBytes(t, filepath.Join("testdata", "dtypes.safetensors")) }

// TestReferenceFiles: files of other writers keep their bytes.
func TestReferenceFiles(t *testing.T) {
	roots := reftest.Folders(t)
	if shared := os.Getenv(reftest.Variable); shared != "" {
		roots = append(roots, filepath.Join(shared, "data", "adapters"))
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".safetensors" {
				t.Run(filepath.Base(root)+strings.TrimPrefix(path, root), func(t *testing.T) { sameBytes(t, path) })
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// widths are dtypes that the oracle knows too.
var widths = map[string]int{"BOOL": 1, "U8": 1, "I16": 2, "F16": 2, "BF16": 2, "F32": 4, "I32": 4, "F64": 8, "I64": 8}

// drawFile makes up to six tensors of small shapes, zeros included.
func drawFile(t *rapid.T) ([]safetensors.Tensor, map[string]string) {
	names := rapid.SliceOfNDistinct(rapid.String().Filter(func(s string) bool { return s != "__metadata__" }), 0, 6, rapid.ID[string]).Draw(t, "names")
	var tensors []safetensors.Tensor
	for _, name := range names {
		dtype := rapid.SampledFrom(slices.Sorted(maps.Keys(widths))).Draw(t, "dtype")
		shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(t, "shape")
		n := widths[dtype]
		for _, d := range shape {
			n *= d
		}
		data := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "data")
		tensors = append(tensors, safetensors.Tensor{Name: name, DType: dtype, Shape: shape, Data: data})
	}
	return tensors, rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tensors, metadata := drawFile(t)
		b, err := safetensors.Encode(tensors, metadata)
		if err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Parse("m", b)
		if err != nil {
			t.Fatal(err)
		}
		byName := cmpopts.SortSlices(func(a, b safetensors.Tensor) bool { return a.Name < b.Name })
		if diff := cmp.Diff(&safetensors.File{Metadata: metadata, Tensors: tensors}, f, byName, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s", diff)
		}
		again, err := safetensors.Encode(f.Tensors, f.Metadata)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("encoded again, the bytes differ: %v", err)
		}
	})
}

// TestReferenceOracle: what we write, another reader of the format reads as we do.
func TestReferenceOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tensors, metadata := drawFile(t)
		b, err := safetensors.Encode(tensors, metadata)
		if err != nil {
			t.Fatal(err)
		}
		st, err := oracle.Deserialize(b)
		if err != nil {
			t.Fatalf("the oracle refuses: %v\n%q", err, b)
		}
		if st.Len() != len(tensors) {
			t.Fatalf("the oracle sees %d tensors of %d", st.Len(), len(tensors))
		}
		for _, want := range tensors {
			got, ok := st.Tensor(want.Name)
			if !ok || got.DType().String() != want.DType || !bytes.Equal(got.Data(), want.Data) {
				t.Fatalf("tensor %q: %v, %v", want.Name, got, ok)
			}
			if diff := cmp.Diff(want.Shape, signed(got.Shape()), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("tensor %q (-want +got):\n%s", want.Name, diff)
			}
		}
	})
}

func signed(shape []uint64) (v []int) {
	for _, n := range shape {
		v = append(v, int(n))
	}
	return v
}
