package pickle

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// storage is the memory that tensors are views of.
type storage struct {
	dtype string
	width int64
	data  []byte
}

// tensor is a view of a storage, put in row-major order.
type tensor struct {
	dtype string
	shape []int
	data  []byte
}

// storages opens those of an archive.
type storages struct {
	archive *archive
	size    int // of the file
	byKey   map[string]*storage
	used    int // bytes of all tensors so far
	copied  int // of those that had to be put in order
}

// find answers a persistent id: ("storage", class, key, device, number of elements). The
// device is where the tensor was when it was saved, which does not matter here.
func (s *storages) find(id any) (any, error) {
	t, _ := id.(tuple)
	if len(t) != 5 || t[0] != "storage" {
		return nil, fmt.Errorf("a persistent id that is no storage's")
	}
	class, isClass := t[1].(global)
	kind, known := storageTypes[class]
	key, isKey := t[2].(string)
	count, isCount := t[4].(int64)
	if !isClass || !known || !isKey || !isCount {
		return nil, fmt.Errorf("a storage without type, key or size")
	}
	if old, ok := s.byKey[key]; ok {
		if old.dtype != kind.dtype {
			return nil, fmt.Errorf("storage %s is of type %s and of type %s", quote(key), old.dtype, kind.dtype)
		}
		return old, nil
	}
	b, err := s.archive.entry("data/" + key)
	if err != nil {
		return nil, err
	}
	if count < 0 || count > math.MaxInt64/8 || count*kind.width != int64(len(b)) {
		return nil, fmt.Errorf("storage %s has %d bytes, not %d elements of type %s", quote(key), len(b), count, kind.dtype)
	}
	if s.byKey == nil {
		s.byKey = map[string]*storage{}
	}
	s.byKey[key] = &storage{kind.dtype, kind.width, b}
	return s.byKey[key], nil
}

// tensor is _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks).
func (s *storages) tensor(args tuple) (*tensor, error) {
	if len(args) != 6 {
		return nil, fmt.Errorf("a tensor of %d arguments, not 6; views such as conjugates are not read", len(args))
	}
	st, ok := args[0].(*storage)
	offset, isOffset := args[1].(int64)
	shape, isShape := sizes(args[2])
	strides, isStrides := sizes(args[3])
	if hooks, isDict := args[5].(*dict); !ok || !isOffset || !isShape || !isStrides || len(shape) != len(strides) || !isDict || len(hooks.keys) > 0 {
		return nil, fmt.Errorf("a tensor without storage, offset, size or strides, or with hooks")
	}
	count, err := extent(st, offset, shape, strides)
	if err != nil {
		return nil, err
	}
	n := int(count * st.width)
	t := &tensor{dtype: st.dtype, shape: make([]int, len(shape))}
	for i, d := range shape {
		t.shape[i] = int(d)
	}
	switch s.used += n; {
	case s.used > maxShared*s.size:
		return nil, fmt.Errorf("the tensors together are more than %d times as large as the file, by sharing storages", maxShared)
	case count == 0:
	case contiguous(shape, strides):
		from := int(offset * st.width)
		t.data = st.data[from : from+n : from+n]
	default:
		if s.copied += n; s.copied > s.size {
			return nil, fmt.Errorf("the tensors that are not in row-major order are together larger than the file, by sharing storages")
		}
		t.data = gather(make([]byte, 0, n), st, offset, shape, strides)
	}
	return t, nil
}

// sizes reads a tuple of numbers from 0 up.
func sizes(v any) ([]int64, bool) {
	t, ok := v.(tuple)
	if !ok || len(t) > maxDims {
		return nil, false
	}
	list := make([]int64, len(t))
	for i, x := range t {
		n, ok := x.(int64)
		if !ok || n < 0 {
			return nil, false
		}
		list[i] = n
	}
	return list, true
}

// extent is the number of elements of a view, after checking that all lie in the storage
// and that they are not more than it has: no element is there twice by a stride of zero.
func extent(st *storage, offset int64, shape, strides []int64) (int64, error) {
	have := int64(len(st.data)) / st.width
	if slices.Contains(shape, 0) {
		return 0, nil
	}
	if offset < 0 || offset >= have {
		return 0, fmt.Errorf("element %d is outside its storage of %d", offset, have)
	}
	count, last := uint64(1), uint64(offset)
	for i, d := range shape {
		overCount, product := bits.Mul64(count, uint64(d))
		overReach, reach := bits.Mul64(uint64(d-1), uint64(strides[i]))
		if overCount != 0 || overReach != 0 || product > uint64(have) || reach >= uint64(have) || last+reach >= uint64(have) {
			return 0, fmt.Errorf("a view of size %d with strides %d from element %d is larger than its storage of %d", shape, strides, offset, have)
		}
		count, last = product, last+reach
	}
	return int64(count), nil
}

// contiguous says whether the strides are those of row-major order.
func contiguous(shape, strides []int64) bool {
	want := int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] != 1 && strides[i] != want {
			return false
		}
		want *= shape[i]
	}
	return true
}

// gather appends the elements of a view in row-major order.
func gather(to []byte, st *storage, at int64, shape, strides []int64) []byte {
	if len(shape) == 0 {
		return append(to, st.data[at*st.width:(at+1)*st.width]...)
	}
	for i := range shape[0] {
		to = gather(to, st, at+i*strides[0], shape[1:], strides[1:])
	}
	return to
}
