package kernel

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"
)

// A weight over the memory of another computes its bits, in both directions.
func TestAdopt(t *testing.T) {
	t.Parallel()
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		for _, p := range []Precision{Float32, I16, BF16} {
			for _, s := range []struct{ out, in int }{{32, 64}, {33, 19}, {5, 100}} {
				testAdopt(t, mc, p, s.out, s.in)
			}
		}
	})
}

func TestAdoptInt8(t *testing.T) {
	t.Parallel()
	mc := best(t, 0)
	if m := mc.Pack(Int8, waves(32*64, 7), 32, 64).Memory(); m != nil {
		t.Errorf("%d pieces of memory", len(m))
	}
	b := make([]byte, 1<<16)
	for n := range len(b) {
		if _, ok := mc.Adopt(Int8, b[:n], 32, 64); ok {
			t.Fatalf("%d bytes are adopted", n)
		}
	}
}

func testAdopt(t *testing.T, mc *Machine, p Precision, out, in int) {
	t.Helper()
	f := mc.Pack(p, waves(out*in, 7), out, in)
	memory := slices.Concat(f.Memory()...)
	room := make([]byte, len(memory)+4096)
	at := 0
	for g, ok := mc.Adopt(p, room[at:at+len(memory)], out, in); !ok; g, ok = mc.Adopt(p, room[at:at+len(memory)], out, in) {
		if at++; at > 64 {
			t.Fatalf("%s %d×%d: %d bytes are never adopted; %v", mc.Packing(p), out, in, len(memory), g)
		}
	}
	b := room[at : at+len(memory)]
	copy(b, memory)
	g, _ := mc.Adopt(p, b, out, in)
	for _, wrong := range [][]byte{nil, b[:len(b)-4], room[at : at+len(b)+4], room[at+4 : at+4+len(b)]} {
		if _, ok := mc.Adopt(p, wrong, out, in); ok {
			t.Errorf("%s %d×%d: %d bytes are adopted, it has %d", mc.Packing(p), out, in, len(wrong), len(b))
		}
	}
	const rows = 3
	x, dy := waves(rows*in, 3), waves(rows*out, 5)
	y, z := make([]float32, rows*out), make([]float32, rows*out)
	f.Forward(y, out, x, in, rows, nil)
	g.Forward(z, out, x, in, rows, nil)
	dx, dz := make([]float32, rows*in), make([]float32, rows*in)
	if p.Trains() {
		f.Backward(dx, in, dy, out, rows, false)
		g.Backward(dz, in, dy, out, rows, false)
	}
	if !slices.Equal(y, z) || !slices.Equal(dx, dz) || slices.Max(y) == 0 {
		t.Errorf("%s %d×%d: the products differ", mc.Packing(p), out, in)
	}
}

func waves(n, step int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i*step%17)/17 - 0.5
	}
	return v
}

// Memory of an older program must not be adopted where the layout has changed. If this
// fails, raise packingVersion and write down the new sums.
func TestPackingVersion(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"float32 portable": "035c6244", "i16 portable": "256c23b0",
		"float32 avx2": "e6be46d0", "i16 avx2": "b13d8894",
		"float32 avx512": "1668cd81", "i16 avx512": "c43c34c7",
	}
	onEveryLevel(t, func(t *testing.T, mc *Machine) {
		for _, p := range []Precision{Float32, I16} {
			sum := sha256.Sum256(slices.Concat(mc.Pack(p, waves(40*24, 7), 40, 24).Memory()...))
			if got := hex.EncodeToString(sum[:4]); got != want[p.String()+" "+mc.Name()] {
				t.Errorf("version %d: %s %s packs to %s", packingVersion, p, mc.Name(), got)
			}
		}
	})
}
