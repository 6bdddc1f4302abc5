package pickle

import "strings"

// global is a function or class that a pickle may name, as "module name".
type global string

const (
	rebuildTensor global = "torch._utils _rebuild_tensor_v2"
	orderedDict   global = "collections OrderedDict"
)

// storageTypes are the classes of torch that only say what the elements of a storage are,
// with safetensors' name for it and the bytes of one.
var storageTypes = map[global]struct {
	dtype string
	width int64
}{
	"torch FloatStorage":    {"F32", 4},
	"torch HalfStorage":     {"F16", 2},
	"torch BFloat16Storage": {"BF16", 2},
	"torch DoubleStorage":   {"F64", 8},
	"torch LongStorage":     {"I64", 8},
	"torch IntStorage":      {"I32", 4},
	"torch ShortStorage":    {"I16", 2},
	"torch CharStorage":     {"I8", 1},
	"torch ByteStorage":     {"U8", 1},
	"torch BoolStorage":     {"BOOL", 1},
}

// global is the operation that names a function, where malice begins: what is not on the
// list ends the reading.
func (m *machine) global() error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	g := global(module + " " + name)
	if _, ok := storageTypes[g]; !ok && g != rebuildTensor && g != orderedDict {
		return m.refuse("asks for %s, which no weights need; nothing was run. If you trust the file, load it with PyTorch and save model.state_dict() as safetensors",
			quote(strings.ReplaceAll(string(g), " ", ".")))
	}
	return m.push(g)
}

// reduce calls a function with a tuple of arguments.
func (m *machine) reduce() error {
	v, err := m.take(2)
	if err != nil {
		return err
	}
	g, ok := v[0].(global)
	args, isTuple := v[1].(tuple)
	switch {
	case ok && isTuple && g == orderedDict && len(args) == 0:
		return m.push(&dict{})
	case ok && isTuple && g == rebuildTensor:
		t, err := m.storages.tensor(args)
		if err != nil {
			return m.refuse("%w", err)
		}
		return m.push(t)
	}
	return m.refuse("calls %s with %s, which no weights need", kind(v[0]), kind(v[1]))
}

// build sets attributes of an object. A state dict has one, _metadata: the versions of its
// modules, which nothing here depends on.
func (m *machine) build() error {
	v, err := m.take(2)
	if err != nil {
		return err
	}
	_, isDict := v[0].(*dict)
	if _, ok := v[1].(*dict); !ok || !isDict {
		return m.refuse("sets attributes of %s by %s", kind(v[0]), kind(v[1]))
	}
	return m.push(v[0])
}
