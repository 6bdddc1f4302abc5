package safetensors_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// TestHalf compares all 65,536 halves with their definition (IEEE 754-2019, 3.4).
func TestHalf(t *testing.T) {
	data := make([]byte, 2<<16)
	for h := range 1 << 16 {
		binary.LittleEndian.PutUint16(data[2*h:], uint16(h))
	}
	v, err := safetensors.Tensor{Name: "a", DType: "F16", Shape: []int{1 << 16}, Data: data}.Float32()
	if err != nil {
		t.Fatal(err)
	}
	for h, got := range v {
		e, fraction := h>>10&31, float64(h&1023)
		want := math.Ldexp(1+fraction/1024, e-15)
		switch {
		case e == 0:
			want = math.Ldexp(fraction/1024, -14)
		case e == 31 && fraction == 0:
			want = math.Inf(1)
		case e == 31:
			if !math.IsNaN(float64(got)) {
				t.Errorf("half %#04x = %v, want NaN", h, got)
			}
			continue
		}
		if h>>15 == 1 {
			want = -want
		}
		if float64(got) != want || math.Signbit(float64(got)) != (h>>15 == 1) {
			t.Errorf("half %#04x = %v, want %v", h, got, want)
		}
	}
}

func TestFloat32(t *testing.T) {
	tests := []struct {
		dtype string
		data  string
		want  []float32
	}{
		{"F32", "\x00\x00\x80\x3f\x00\x00\x20\xc1", []float32{1, -10}},
		{"BF16", "\x80\x3f\x20\xc1", []float32{1, -10}},
		{"F16", "\x00\x3c\x00\xc9", []float32{1, -10}},
	}
	for _, tt := range tests {
		got, err := safetensors.Tensor{Name: "a", DType: tt.dtype, Data: []byte(tt.data)}.Float32()
		if err != nil || len(got) != 2 || got[0] != tt.want[0] || got[1] != tt.want[1] {
			t.Errorf("%s: %v, %v; want %v", tt.dtype, got, err, tt.want)
		}
	}
	for _, dtype := range []string{"F64", "I64", "F8_E4M3", "BOOL", "C64"} {
		_, err := safetensors.Tensor{Name: "layer.weight", DType: dtype}.Float32()
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "layer.weight") || !strings.Contains(err.Error(), dtype) {
			t.Errorf("%s: %v", dtype, err)
		}
	}
}
