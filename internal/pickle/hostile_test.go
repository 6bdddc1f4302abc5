package pickle_test

import (
	"archive/zip"
	"encoding/binary"
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
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/spent"
)

// hostile are files that want to run something, to fill the memory or to reach beyond
// their bytes, with a part of the message that each is refused with.
func hostile(t *testing.T, marker string) map[string]struct {
	b    []byte
	want string
} {
	type hostileFile = struct {
		b    []byte
		want string
	}
	all := map[string]hostileFile{}
	program := func(what, p, want string) { all[what] = hostileFile{saved(t, p), want} }
	for module, function := range map[string]string{
		"os": "system", "posix": "system", "nt": "system", "subprocess": "Popen", "builtins": "eval", "__builtin__": "exec",
		"runpy": "_run_code", "importlib": "import_module", "shutil": "rmtree", "pty": "spawn", "torch.hub": "load", "torch.serialization": "load",
		"torch.jit": "load", "torch._dynamo.guards": "EVAL", "numpy.core.multiarray": "_reconstruct", "collections": "Counter", "torch": "load", "torch._utils": "_rebuild_tensor",
		"torch.storage": "_load_from_bytes", "operator": "attrgetter",
	} {
		program("call "+module+"."+function, start+name(module, function)+"("+text("touch "+marker)+"tR"+stop, "nothing was run")
	}
	for op, what := range map[string]string{"i": "INST", "o": "OBJ", "\x81": "NEWOBJ", "\x92": "NEWOBJ_EX", "\x93": "STACK_GLOBAL", "\x82\x01": "EXT1",
		"\x84\x01\x00\x00\x00": "EXT4", "P0\n": "PERSID", "\x94": "MEMOIZE", "I1\n": "INT", "V1\n": "UNICODE", "\x8b\xff\xff\xff\x7f": "LONG4", "2": "DUP", "0": "POP", "\x96": "BYTEARRAY8"} {
		program("operation "+what, start+name("collections", "OrderedDict")+")"+op+stop, "not one that tensors take")
	}
	whole := []int64{4}
	unit := []int64{1}
	for what, v := range map[string]string{
		"beyond":             view(storage("FloatStorage", "0", 4), 1, whole, unit),
		"negative offset":    view(storage("FloatStorage", "0", 4), -1, whole, unit),
		"huge offset":        view(storage("FloatStorage", "0", 4), 1<<62, whole, unit),
		"huge size":          view(storage("FloatStorage", "0", 4), 0, []int64{1 << 62, 4}, []int64{1, 1}),
		"repeated by stride": view(storage("FloatStorage", "0", 4), 0, []int64{1 << 40}, []int64{0}),
		"repeated rows":      view(storage("FloatStorage", "0", 4), 0, []int64{2, 4}, []int64{0, 1}),
		"huge stride":        view(storage("FloatStorage", "0", 4), 0, []int64{2, 2}, []int64{1 << 63 >> 1, 1}),
		"wrapping stride":    view(storage("FloatStorage", "0", 4), 3, []int64{3}, []int64{1<<63 - 1}),
		"scalar beyond":      view(storage("FloatStorage", "0", 4), 4, nil, nil),
	} {
		program("view "+what, dict(text("w"), v), "storage")
	}
	for what, v := range map[string]string{
		"negative size":       view(storage("FloatStorage", "0", 4), 0, []int64{-4}, unit),
		"negative stride":     view(storage("FloatStorage", "0", 4), 3, whole, []int64{-1}),
		"sizes without end":   view(storage("FloatStorage", "0", 4), 0, make([]int64, 100), make([]int64, 100)),
		"no strides":          view(storage("FloatStorage", "0", 4), 0, whole, nil),
		"no storage":          view(text("0"), 0, whole, unit),
		"storage of no file":  floats("1", 4),
		"storage outside":     floats("../../data.pkl", 4),
		"storage of too much": view(storage("FloatStorage", "0", 1<<60), 0, whole, unit),
		"storage of minus":    view(storage("FloatStorage", "0", -4), 0, whole, unit),
		"storage too short":   view(storage("DoubleStorage", "0", 4), 0, whole, unit),
		"storage of two types": view(storage("FloatStorage", "0", 4), 0, whole, unit) + text("v") +
			view(storage("IntStorage", "0", 4), 0, whole, unit),
		"storage of no type": "(" + text("storage") + text("FloatStorage") + text("0") + text("cpu") + long(4) + "tQ",
		"another id":         text("storage") + "Q",
	} {
		program("storage "+what, dict(text("w"), v), "m.bin: ")
	}
	again := start + name("torch._utils", "_rebuild_tensor_v2") + "q\x00" + // the same tensor, made again and again
		"(" + storage("FloatStorage", "0", 4) + long(0) + longs(2, 2)
	for what, p := range map[string]string{
		"endless marks":        start + strings.Repeat("(", 4<<20) + stop,
		"endless numbers":      start + strings.Repeat("K\x01", 1<<20) + stop,
		"endless lists":        start + strings.Repeat("]", 4<<20) + stop,
		"endless dicts":        start + strings.Repeat("}NNs", 1<<20) + stop,
		"endless memo":         start + "N" + memos(1<<20) + stop,
		"lists in lists":       start + strings.Repeat("]", 1<<17) + strings.Repeat("a", 1<<17) + stop,
		"a memo far away":      start + "Nr\xff\xff\xff\xff" + stop,
		"a text without end":   start + "X\xff\xff\xff\xffabc" + stop,
		"a name without end":   start + "c" + strings.Repeat("x", 4<<20),
		"a long of 255 bytes":  start + "\x8a\xff" + strings.Repeat("\x01", 255) + stop,
		"nothing to pop":       start + stop,
		"no mark":              start + "t" + stop,
		"below the mark":       start + "N(\x85" + stop,
		"nothing to call":      start + "R" + stop,
		"nothing to build":     start + "}Nb" + stop,
		"odd items":            start + "}(Nu" + stop,
		"items of a tuple":     start + ")(NNu" + stop,
		"a call of a number":   start + "K\x01)R" + stop,
		"a call without tuple": start + name("collections", "OrderedDict") + "NR" + stop,
		"a dict of arguments":  start + name("collections", "OrderedDict") + "N\x85R" + stop,
		"protocol 4":           "\x80\x04N.",
		"an empty program":     "",
		"a number at the end":  start + "K\x01" + stop,
		"a number as name":     dict("K\x01", floats("0", 4)),
		"a number as tensor":   dict(text("w"), "K\x01"),
		"a nested dict":        dict(text("model"), "}"),
		"a name twice":         dict(text("w"), floats("0", 4), text("w"), floats("0", 4)),
		"a recursive dict":     start + "}q\x00" + text("x") + "h\x00s" + stop,
		"shared without end":   again + longs(2, 1) + "\x89" + hooks + "tq\x01" + strings.Repeat("h\x00h\x01R", 60_000) + stop,
		"copied without end":   again + longs(1, 2) + "\x89" + hooks + "tq\x01" + strings.Repeat("h\x00h\x01R", 60_000) + stop,
	} {
		program("program "+what, p, "m.bin: ")
	}
	return all
}

// archives are files whose zip structure is wrong or made to hurt.
func archives(t *testing.T) map[string]struct {
	b    []byte
	want string
} {
	good := dict(text("w"), floats("0", 4))
	flip := func(b []byte, what string, by int) []byte {
		b = slices.Clone(b)
		b[strings.Index(string(b), what)+by] ^= 0x55
		return b
	}
	entries := make([]file, 60_000)
	for i := range entries {
		entries[i].name = "m/x" + string(binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	// the first storage's entry of the directory pointing at the program, and one with a size of its own
	large := saved(t, good)
	at := strings.LastIndex(string(large), "m/data/0") - 46
	binary.LittleEndian.PutUint32(large[at+20:], 1<<31)
	binary.LittleEndian.PutUint32(large[at+24:], 1<<31)
	moved := saved(t, good)
	binary.LittleEndian.PutUint32(moved[at+42:], 1<<30)
	far := saved(t, good)
	binary.LittleEndian.PutUint32(far[len(far)-6:], 1<<31-1)
	return map[string]struct {
		b    []byte
		want string
	}{
		"nothing":               {nil, "zip"},
		"not a zip":             {[]byte(strings.Repeat("x", 1<<20)), "zip"},
		"cut short":             {saved(t, good)[:300], "zip"},
		"no program":            {zipped(t, file{name: "m/data/0"}), "no data.pkl"},
		"a program at the top":  {zipped(t, file{name: "data.pkl"}), "no data.pkl"},
		"a program far down":    {zipped(t, file{name: "a/b/data.pkl"}), "no data.pkl"},
		"two programs":          {zipped(t, file{name: "a/data.pkl"}, file{name: "b/data.pkl"}), "data.pkl in"},
		"a program of 9 MiB":    {zipped(t, file{name: "m/data.pkl", data: strings.Repeat("N", 9<<20)}), "data.pkl has"},
		"an entry twice":        {saved(t, good, file{name: "m/data/0"}), "two entries"},
		"compressed":            {saved(t, good, file{name: "m/data/1", method: zip.Deflate, data: strings.Repeat("0", 1<<20)}), "more bytes than the file"},
		"a compressed program":  {zipped(t, file{name: "m/data.pkl", data: good, method: zip.Deflate}, file{name: "m/data/0", data: strings.Repeat("x", 999)}), "compressed"},
		"big endian":            {zipped(t, file{name: "m/data.pkl", data: good}, file{name: "m/byteorder", data: "big"}), "byteorder"},
		"a damaged storage":     {flip(saved(t, good), "m/data/0", 12), "checksum"},
		"a damaged program":     {flip(saved(t, good), "_rebuild", 3), "checksum"},
		"a directory of 60,000": {zipped(t, entries...), "directory"},
		"an entry of 2 GiB":     {large, "more bytes than the file"},
		"an entry elsewhere":    {moved, "m/data/0"},
		"a directory elsewhere": {far, "m.bin: "},
	}
}

// TestHostile: nothing is executed, memory stays below 64 MiB, and every file is refused in
// short time with a message that names it.
func TestHostile(t *testing.T) {
	const most = 64 << 20
	dir := t.TempDir()
	cases := hostile(t, filepath.Join(dir, "executed"))
	for name, c := range archives(t) {
		cases["archive "+name] = c
	}
	if len(cases) < 60 {
		t.Fatalf("%d cases, want 60 at least", len(cases))
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			used, took, err := measured(c.b)
			checkRefused(t, err, c.want)
			if used > most || took > time.Second {
				t.Errorf("%d KiB allocated in %v for %d KiB", used>>10, took, len(c.b)>>10)
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
	f.Add(dict(text("w"), floats("0", 4)))
	f.Add(dict(text("w"), view(storage("HalfStorage", "0", 8), 1, []int64{3, 2}, []int64{1, 3}), text("v"), view(storage("HalfStorage", "0", 8), 7, nil, nil)))
	f.Add(start + name("os", "system") + "(" + text("true") + "tR.")
	f.Fuzz(func(t *testing.T, program string) {
		got, err := pickle.Parse("m.bin", saved(t, program))
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
	f.Add(saved(f, dict(text("w"), floats("0", 4))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := pickle.Parse("m.bin", b); err != nil && fault.ClassOf(err) != fault.Invalid {
			t.Fatalf("class %d of %v", fault.ClassOf(err), err)
		}
	})
}
