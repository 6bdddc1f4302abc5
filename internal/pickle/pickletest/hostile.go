package pickletest

import (
	"archive/zip"
	"encoding/binary"
	"slices"
	"strings"
)

// File is a file that has to be refused.
type File struct {
	What  string // is wrong with it
	Bytes []byte
	Want  string // part of the message
}

// Hostile are files that want to run something, to fill the memory or to reach beyond their
// bytes: programs, each in a sound archive, and archives that are wrong or made to hurt. What
// runs any of them makes a file at the path marker.
func Hostile(marker string) []File {
	all := slices.Concat(programs(marker), archives())
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.What, b.What) })
	return all
}

func programs(marker string) (all []File) {
	program := func(what, p, want string) { all = append(all, File{what, saved(p), want}) }
	for module, function := range map[string]string{
		"os": "system", "posix": "system", "nt": "system", "subprocess": "Popen", "builtins": "eval", "__builtin__": "exec",
		"runpy": "_run_code", "importlib": "import_module", "shutil": "rmtree", "pty": "spawn", "torch.hub": "load", "torch.serialization": "load",
		"torch.jit": "load", "torch._dynamo.guards": "EVAL", "numpy.core.multiarray": "_reconstruct", "collections": "Counter", "torch": "load", "torch._utils": "_rebuild_tensor",
		"torch.storage": "_load_from_bytes", "operator": "attrgetter",
	} {
		program("call "+module+"."+function, start+name(module, function)+"("+str("touch "+marker)+"tR"+stop, "nothing was run")
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
		program("view "+what, dict(str("w"), v), "storage")
	}
	for what, v := range map[string]string{
		"negative size":       view(storage("FloatStorage", "0", 4), 0, []int64{-4}, unit),
		"negative stride":     view(storage("FloatStorage", "0", 4), 3, whole, []int64{-1}),
		"sizes without end":   view(storage("FloatStorage", "0", 4), 0, make([]int64, 100), make([]int64, 100)),
		"no strides":          view(storage("FloatStorage", "0", 4), 0, whole, nil),
		"no storage":          view(str("0"), 0, whole, unit),
		"storage of no file":  floats("1", 4),
		"storage outside":     floats("../../data.pkl", 4),
		"storage of too much": view(storage("FloatStorage", "0", 1<<60), 0, whole, unit),
		"storage of minus":    view(storage("FloatStorage", "0", -4), 0, whole, unit),
		"storage too short":   view(storage("DoubleStorage", "0", 4), 0, whole, unit),
		"storage of two types": view(storage("FloatStorage", "0", 4), 0, whole, unit) + str("v") +
			view(storage("IntStorage", "0", 4), 0, whole, unit),
		"storage of no type": "(" + str("storage") + str("FloatStorage") + str("0") + str("cpu") + long(4) + "tQ",
		"another id":         str("storage") + "Q",
	} {
		program("storage "+what, dict(str("w"), v), "m.bin: ")
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
		"a number as tensor":   dict(str("w"), "K\x01"),
		"a nested dict":        dict(str("model"), "}"),
		"a name twice":         dict(str("w"), floats("0", 4), str("w"), floats("0", 4)),
		"a recursive dict":     start + "}q\x00" + str("x") + "h\x00s" + stop,
		"shared without end":   again + longs(2, 1) + "\x89" + hooks + "tq\x01" + strings.Repeat("h\x00h\x01R", 60_000) + stop,
		"copied without end":   again + longs(1, 2) + "\x89" + hooks + "tq\x01" + strings.Repeat("h\x00h\x01R", 60_000) + stop,
	} {
		program("program "+what, p, "m.bin: ")
	}
	return all
}

// archives are files whose zip structure is wrong or made to hurt.
func archives() []File {
	good := dict(str("w"), floats("0", 4))
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
	large := saved(good)
	at := strings.LastIndex(string(large), "m/data/0") - 46
	binary.LittleEndian.PutUint32(large[at+20:], 1<<31)
	binary.LittleEndian.PutUint32(large[at+24:], 1<<31)
	moved := saved(good)
	binary.LittleEndian.PutUint32(moved[at+42:], 1<<30)
	far := saved(good)
	binary.LittleEndian.PutUint32(far[len(far)-6:], 1<<31-1)
	return []File{
		{"archive nothing", nil, "zip"},
		{"archive not a zip", []byte(strings.Repeat("x", 1<<20)), "zip"},
		{"archive cut short", saved(good)[:300], "zip"},
		{"archive no program", zipped(file{name: "m/data/0"}), "no data.pkl"},
		{"archive a program at the top", zipped(file{name: "data.pkl"}), "no data.pkl"},
		{"archive a program far down", zipped(file{name: "a/b/data.pkl"}), "no data.pkl"},
		{"archive two programs", zipped(file{name: "a/data.pkl"}, file{name: "b/data.pkl"}), "data.pkl in"},
		{"archive a program of 9 MiB", zipped(file{name: "m/data.pkl", data: strings.Repeat("N", 9<<20)}), "data.pkl has"},
		{"archive an entry twice", saved(good, file{name: "m/data/0"}), "two entries"},
		{"archive compressed", saved(good, file{name: "m/data/1", method: zip.Deflate, data: strings.Repeat("0", 1<<20)}), "more bytes than the file"},
		{"archive bomb", saved(good, file{name: "m/data/1", method: zip.Deflate, data: strings.Repeat("\x00", 80<<20)}), "more bytes than the file"},
		{"archive a compressed program", zipped(file{name: "m/data.pkl", data: good, method: zip.Deflate}, file{name: "m/data/0", data: strings.Repeat("x", 999)}), "compressed"},
		{"archive big endian", zipped(file{name: "m/data.pkl", data: good}, file{name: "m/byteorder", data: "big"}), "byteorder"},
		{"archive a damaged storage", flip(saved(good), "m/data/0", 12), "checksum"},
		{"archive a damaged program", flip(saved(good), "_rebuild", 3), "checksum"},
		{"archive a directory of 60,000", zipped(entries...), "directory"},
		{"archive an entry of 2 GiB", large, "more bytes than the file"},
		{"archive an entry elsewhere", moved, "m/data/0"},
		{"archive a directory elsewhere", far, "m.bin: "},
	}
}
