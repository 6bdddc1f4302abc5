package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// What stays in the file reads as what is parsed at once, for every dtype that weights
// have, over more than one buffer.
func TestStoredIsParsed(t *testing.T) {
	long := make([]float32, 1<<17+3)
	for i := range long {
		long[i] = float32(i%2000) / 16
	}
	for _, dtype := range []string{Float32, Float16, BFloat16, Float64} {
		b, err := Encode([]Tensor{stored(t, "long", dtype, long), stored(t, "short", dtype, long[:5]), stored(t, "none", dtype, nil)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse("f", b)
		if err != nil {
			t.Fatal(err)
		}
		tensors, err := Index("f", bytes.NewReader(b), int64(len(b)))
		if err != nil || len(tensors) != len(f.Tensors) {
			t.Fatalf("%s: %d tensors, %v", dtype, len(tensors), err)
		}
		for i, s := range tensors {
			want, err := f.Tensors[i].Float32()
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.AppendFloat32([]float32{7})
			if err != nil || got[0] != 7 || !slices.Equal(got[1:], want) || s.Name != f.Tensors[i].Name || !slices.Equal(s.Shape, f.Tensors[i].Shape) {
				t.Errorf("%s %s %v: %d values, want %d; %v", dtype, s.Name, s.Shape, len(got)-1, len(want), err)
			}
		}
	}
}

// stored makes a tensor of another dtype of float32 that it holds exactly.
func stored(t *testing.T, name, dtype string, v []float32) Tensor {
	t.Helper()
	if dtype == Float64 {
		var b []byte
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(x)))
		}
		return Tensor{Name: name, DType: dtype, Shape: []int{len(v)}, Data: b}
	}
	tensor, err := Floats(dtype, name, []int{len(v)}, v)
	if err != nil {
		t.Fatal(err)
	}
	return tensor
}

// Index refuses what Parse refuses, and a file that ends before its size does.
func TestIndexFaults(t *testing.T) {
	good, err := Encode([]Tensor{F32("a", []int{3}, []float32{1, 2, 3})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pointer := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 498818054\n")
	if _, err := Index("f", bytes.NewReader(pointer), int64(len(pointer))); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "f: a Git LFS pointer") {
		t.Errorf("a pointer: %v", err)
	}
	for i := range good {
		for _, b := range [][]byte{good[:i], append(slices.Clone(good[:i]), append([]byte{good[i] ^ 0x80}, good[i+1:]...)...)} {
			_, want := Parse("f", b)
			_, got := Index("f", bytes.NewReader(b), int64(len(b)))
			if (want == nil) != (got == nil) || got != nil && (fault.ClassOf(got) != fault.Invalid || got.Error() != want.Error()) {
				t.Fatalf("byte %d of %d: Index %v, Parse %v", i, len(b), got, want)
			}
		}
	}
	tensors, err := Index("f", io.NewSectionReader(bytes.NewReader(good), 0, int64(len(good))-1), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tensors[0].AppendFloat32(nil); fault.ClassOf(err) != fault.Invalid || !errors.Is(err, io.EOF) {
		t.Errorf("a file that has become shorter: %v", err)
	}
	odd := Stored{Name: "a", DType: "I64"}
	if _, err := odd.AppendFloat32(nil); fault.ClassOf(err) != fault.Invalid {
		t.Errorf("I64: %v", err)
	}
}

// BenchmarkStored converts a megabyte of each dtype.
func BenchmarkStored(b *testing.B) {
	for _, dtype := range []string{Float32, Float16, BFloat16, Float64} {
		data := make([]byte, 1<<20)
		for i := range data {
			data[i] = byte(i * 37)
		}
		s := Tensor{Name: "t", DType: dtype, Shape: []int{len(data) / widths[dtype]}, Data: data}.Stored("file")
		dst := make([]float32, 0, len(data)/2)
		b.Run(dtype, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := s.AppendFloat32(dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
