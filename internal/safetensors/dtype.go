package safetensors

import "slices"

// dtype is an element type of the format: its name in the header and its width.
type dtype struct {
	name string
	bits int
}

// dtypes are all the format knows (safetensors 0.7, enum Dtype), in the order in which
// that library sorts them: it writes the last of them first.
var dtypes = [...]dtype{
	{"BOOL", 8},
	{"F4", 4},
	{"F6_E2M3", 6},
	{"F6_E3M2", 6},
	{"U8", 8},
	{"I8", 8},
	{"F8_E5M2", 8},
	{"F8_E4M3", 8},
	{"F8_E8M0", 8},
	{"F8_E4M3FNUZ", 8},
	{"F8_E5M2FNUZ", 8},
	{"I16", 16},
	{"U16", 16},
	{"F16", 16},
	{"BF16", 16},
	{"I32", 32},
	{"U32", 32},
	{"F32", 32},
	{"C64", 64},
	{"F64", 64},
	{"I64", 64},
	{"U64", 64},
}

// order is the dtype's place in dtypes, -1 for a name the format does not know.
func order(name string) int {
	return slices.IndexFunc(dtypes[:], func(d dtype) bool { return d.name == name })
}

// byteSize is what a tensor of this shape takes. The error says why it takes none:
// an unknown dtype, a product that overflows, or sub-byte elements that do not fill
// their last byte.
func byteSize(name string, shape []int) (int, error) {
	i := order(name)
	if i < 0 {
		return 0, errorf("unknown dtype %s", quote(name))
	}
	bits := 1
	for _, n := range append(slices.Clone(shape), dtypes[i].bits) {
		if n < 0 {
			return 0, errorf("negative dimension %d", n)
		}
		if n != 0 && bits > maxInt/n {
			return 0, errorf("the size of shape %v overflows", shape)
		}
		bits *= n
	}
	if bits%8 != 0 {
		return 0, errorf("shape %v of %s does not end at a whole byte", shape, name)
	}
	return bits / 8, nil
}
