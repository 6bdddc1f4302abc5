package kernel

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// mapFile is a file of b, and the memory that it is mapped to.
func mapFile(t *testing.T, b []byte) (path string, memory []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if memory, err = syscall.Mmap(int(f.Fd()), 0, len(b), syscall.PROT_READ, syscall.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	return path, memory
}

// Products over a mapped file are those over other memory. Once the file is truncated, its
// mapping is lost and no other one, the process goes on, and other products are right.
func TestLostMapping(t *testing.T) {
	onEveryForm(t, func(t *testing.T, mc *Machine) {
		for _, p := range []Precision{Float32, I16, BF16} {
			for _, threads := range []int{1, 3} {
				testLost(t, mc.WithThreads(threads), p)
			}
		}
	})
}

func testLost(t *testing.T, mc *Machine, p Precision) {
	t.Helper()
	const rows, out, in = 9, 128, 96
	w := mc.Pack(p, waves(out*in, 7), out, in)
	path, memory := mapFile(t, slices.Concat(w.Memory()...))
	_, other := mapFile(t, waveBytes())
	adopted, ok := mc.Adopt(p, memory, out, in)
	if !ok {
		t.Fatalf("%s: not adopted", mc.Packing(p))
	}
	mapping, beside := mc.Map(memory), mc.Map(other)
	x := waves(rows*in, 3)
	product := func(f *Frozen) []float32 {
		y := make([]float32, rows*out)
		f.Forward(y, out, x, in, rows, nil)
		if p.Trains() {
			f.Backward(make([]float32, rows*in), in, y, out, rows, false)
		}
		return y
	}
	want := product(w)
	if got := product(adopted); !slices.Equal(got, want) || mapping.Lost() {
		t.Errorf("%s: mapped: another product, or lost: %v", mc.Packing(p), mapping.Lost())
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	product(adopted.On(mc.WithThreads(2)))
	if !mapping.Lost() || beside.Lost() {
		t.Errorf("%s: lost: %v, and the one beside: %v", mc.Packing(p), mapping.Lost(), beside.Lost())
	}
	if got := product(w); !slices.Equal(got, want) {
		t.Errorf("%s: another product after the loss", mc.Packing(p))
	}
	if p == Float32 {
		adopted.Unpack() // must not end the process
	}
}

func waveBytes() []byte { return slices.Clone(Bytes(waves(64, 5))) }

// Where files are mapped, a panic of another kind goes on as without them.
func TestMappingLetsPanicsPass(t *testing.T) {
	t.Parallel()
	mc := best(t, 1)
	mapping := mc.Map(make([]byte, 10))
	defer func() {
		if r := recover(); r != "mine" || mapping.Lost() {
			t.Errorf("recovered %v, lost: %v", r, mapping.Lost())
		}
	}()
	mc.Parallel(3, 1, func(int, int) { panic("mine") })
}

// What a mapping holds ends where its memory does.
func TestMappingHolds(t *testing.T) {
	t.Parallel()
	b := make([]byte, 3*8)
	m := best(t, 1).Map(b[8:16])
	start := addressOf(b)
	for at, want := range map[uintptr]bool{0: false, 7: false, 8: true, 15: true, 16: false} {
		if m.holds(start+at) != want {
			t.Errorf("byte %d: held is %v", at, !want)
		}
	}
	if (*Mapping)(nil).Lost() {
		t.Error("no mapping is lost")
	}
}
