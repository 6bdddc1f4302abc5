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
		{"F64", "\x01\x00\x00\x10\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x24\xc0", []float32{1 + 1.0/(1<<23), -10}}, // a bit above a tie
	}
	for _, tt := range tests {
		got, err := safetensors.Tensor{Name: "a", DType: tt.dtype, Data: []byte(tt.data)}.Float32()
		if err != nil || len(got) != 2 || got[0] != tt.want[0] || got[1] != tt.want[1] {
			t.Errorf("%s: %v, %v; want %v", tt.dtype, got, err, tt.want)
		}
	}
	for _, dtype := range []string{"I64", "F8_E4M3", "BOOL", "C64"} {
		_, err := safetensors.Tensor{Name: "layer.weight", DType: dtype}.Float32()
		if fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "layer.weight") || !strings.Contains(err.Error(), dtype) {
			t.Errorf("%s: %v", dtype, err)
		}
	}
}

// TestNarrow: rounding to a half and to a bfloat16 takes the nearest, of two the even: for
// each value of the narrow type, around it and around the middle to the next.
func TestNarrow(t *testing.T) {
	for _, dtype := range []string{safetensors.Float16, safetensors.BFloat16} {
		at := func(h uint16) float32 {
			v, err := safetensors.Tensor{DType: dtype, Shape: []int{1}, Data: []byte{byte(h), byte(h >> 8)}}.Float32()
			if err != nil {
				t.Fatal(err)
			}
			return v[0]
		}
		check := func(x float32, want uint16) {
			s, err := safetensors.Floats(dtype, "a", []int{1}, []float32{x})
			if err != nil {
				t.Fatalf("%s of %v: %v", dtype, x, err)
			}
			if got := binary.LittleEndian.Uint16(s.Data); got != want {
				t.Fatalf("%s of %v (%#08x) is %#04x, want %#04x", dtype, x, math.Float32bits(x), got, want)
			}
		}
		infinite := uint16(0x7c00)
		if dtype == safetensors.BFloat16 {
			infinite = 0x7f80
		}
		for h := range infinite - 1 {
			low, high := float64(at(h)), float64(at(h+1))
			middle := float32((low + high) / 2)
			if float64(middle) != (low+high)/2 {
				t.Fatalf("the middle of %v and %v is no float32", low, high)
			}
			for _, sign := range []uint16{0, 0x8000} {
				s := float32(1)
				if sign != 0 {
					s = -1
				}
				check(s*float32(low)+0*s, h|sign)
				check(s*middle, h+h&1|sign)
				check(s*math.Nextafter32(middle, 0), h|sign)
				check(s*math.Nextafter32(middle, float32(high)), (h+1)|sign)
			}
		}
		check(float32(math.Inf(-1)), infinite|0x8000)
		nan, err := safetensors.Floats(dtype, "a", []int{1}, []float32{float32(math.NaN())})
		if err != nil || !math.IsNaN(float64(at(binary.LittleEndian.Uint16(nan.Data)))) {
			t.Errorf("%s of NaN: %x, %v", dtype, nan.Data, err)
		}
		if _, err := safetensors.Floats(dtype, "w", []int{1}, []float32{math.MaxFloat32}); err == nil || !strings.Contains(err.Error(), `"w"`) || !strings.Contains(err.Error(), "too large") {
			t.Errorf("%s of the largest float32: %v", dtype, err)
		}
	}
	if _, err := safetensors.Floats("I8", "a", []int{0}, nil); err == nil {
		t.Error("I8 is taken")
	}
}
