package pickle_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/pickle"
	"github.com/dylora/dylora/internal/pickle/pickletest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/spent"
)

// TestHostile: nothing is executed, memory stays below 64 MiB, and every file is refused in
// short time with a message that names it.
func TestHostile(t *testing.T) {
	const most = 64 << 20
	dir := t.TempDir()
	cases := pickletest.Hostile(filepath.Join(dir, "executed"))
	if len(cases) < 60 {
		t.Fatalf("%d cases, want 60 at least", len(cases))
	}
	for _, c := range cases {
		t.Run(c.What, func(t *testing.T) {
			used, took, err := measured(c.Bytes)
			checkRefused(t, err, c.Want)
			if used > most || took > time.Second {
				t.Errorf("%d KiB allocated in %v for %d KiB", used>>10, took, len(c.Bytes)>>10)
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("something was executed: %v, %v", left, err)
	}
}

// measured is what reading b allocates and what processor time it takes.
func measured(b []byte) (used uint64, took time.Duration, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	took = spent.On(func() { _, err = pickle.Parse("m.bin", b) })
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took, err
}

// TestDamage cuts a file at every byte and flips bits all over: no panic, no more memory,
// and what is still accepted is whole.
func TestDamage(t *testing.T) {
	good, err := os.ReadFile(filepath.Join("testdata", "torch.bin"))
	must(t, err)
	var files [][]byte
	for i := range good {
		files = append(files, good[:i])
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		c := slices.Clone(good)
		for range 1 + r.IntN(3) {
			c[r.IntN(len(c))] ^= 1 << r.IntN(8)
		}
		files = append(files, c)
	}
	refused := 0
	for i, b := range files {
		f, err := pickle.Parse("m.bin", b)
		if err == nil {
			if _, err := safetensors.Encode(f.Tensors, nil); err != nil {
				t.Errorf("file %d: accepted, but %v", i, err)
			}
			continue
		}
		refused++
		if fault.ClassOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), "m.bin: ") {
			t.Errorf("file %d: class %d of %v", i, fault.ClassOf(err), err)
		}
	}
	t.Logf("%d of %d damaged files refused", refused, len(files))
	if refused < len(good) {
		t.Errorf("only %d refused", refused)
	}
}

// FuzzProgram: whatever the program, no panic; what is accepted can be written again.
func FuzzProgram(f *testing.F) {
	for _, program := range pickletest.Programs() {
		f.Add(program)
	}
	f.Fuzz(func(t *testing.T, program string) {
		got, err := pickle.Parse("m.bin", pickletest.Saved(program))
		if err != nil {
			if text := err.Error(); strings.Contains(text, "\n") || len(text) > 2000 || fault.ClassOf(err) != fault.Invalid {
				t.Fatalf("message %q", text)
			}
			return
		}
		if _, err := safetensors.Encode(got.Tensors, nil); err != nil && !strings.Contains(err.Error(), "cannot name") {
			t.Fatalf("accepted, but %v", err)
		}
	})
}

// FuzzArchive: the same for the whole file.
func FuzzArchive(f *testing.F) {
	f.Add(pickletest.Saved(pickletest.Programs()[0]))
	for _, c := range pickletest.Hostile("/nowhere") {
		if len(c.Bytes) < 2000 {
			f.Add(c.Bytes)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := pickle.Parse("m.bin", b); err != nil && fault.ClassOf(err) != fault.Invalid {
			t.Fatalf("class %d of %v", fault.ClassOf(err), err)
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
