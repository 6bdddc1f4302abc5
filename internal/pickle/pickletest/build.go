package pickletest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
)

// The operations of a pickle, as text that can be joined.
const (
	start = "\x80\x02"
	stop  = "."
	hooks = "ccollections\nOrderedDict\n)R"
)

func name(module, what string) string { return "c" + module + "\n" + what + "\n" }

func str(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func long(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func longs(ns ...int64) string {
	s := "("
	for _, n := range ns {
		s += long(n)
	}
	return s + "t"
}

// storage is the persistent id of count elements under a key.
func storage(class, key string, count int64) string {
	return "(" + str("storage") + name("torch", class) + str(key) + str("cpu") + long(count) + "tQ"
}

// view is a tensor of a storage.
func view(storage string, offset int64, shape, strides []int64) string {
	return name("torch._utils", "_rebuild_tensor_v2") + "(" + storage + long(offset) + longs(shape...) + longs(strides...) + "\x89" + hooks + "tR"
}

// floats is a vector that is the whole storage of that key.
func floats(key string, n int64) string {
	return view(storage("FloatStorage", key, n), 0, []int64{n}, []int64{1})
}

// dict is a whole program that gives names and values in turn.
func dict(entries ...string) string {
	s := start + "}("
	for _, e := range entries {
		s += e
	}
	return s + "u" + stop
}

// file is an entry of an archive.
type file struct {
	name   string
	data   string
	method uint16
}

// Saved is a file as torch.save writes it: the program, and four floats under "0".
func Saved(program string) []byte { return saved(program) }

func saved(program string, more ...file) []byte {
	return zipped(append([]file{
		{name: "m/data.pkl", data: program}, {name: "m/byteorder", data: "little"},
		{name: "m/data/0", data: string(make([]byte, 16))}, {name: "m/version", data: "3\n"},
	}, more...)...)
}

// zipped is an archive in memory, where no write fails.
func zipped(files ...file) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: f.method})
		if err == nil {
			_, err = w.Write([]byte(f.data))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// memos stores the top of the stack in the memo n times.
func memos(n int) string {
	var b []byte
	for i := range n {
		b = binary.LittleEndian.AppendUint32(append(b, 'r'), uint32(i))
	}
	return string(b)
}

// Programs are some that a fuzzer may begin with: two sound ones, and one that wants to run something.
func Programs() []string {
	return []string{
		dict(str("w"), floats("0", 4)),
		dict(str("w"), view(storage("HalfStorage", "0", 8), 1, []int64{3, 2}, []int64{1, 3}), str("v"), view(storage("HalfStorage", "0", 8), 7, nil, nil)),
		start + name("os", "system") + "(" + str("true") + "tR.",
	}
}
