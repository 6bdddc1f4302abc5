package safetensors

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// F32 makes a tensor of v's values; it copies both slices.
func F32(name string, shape []int, v []float32) Tensor {
	data := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
	return Tensor{Name: name, DType: "F32", Shape: slices.Clone(shape), Data: data}
}

// Floats makes a tensor of v's values in the given dtype: F32, F16 or BF16, rounded to the
// nearest, of two equally near to the even one. A finite value that would become infinite
// is an error.
func Floats(dtype, name string, shape []int, v []float32) (Tensor, error) {
	var narrow func(float32) uint16
	switch dtype {
	case Float32:
		return F32(name, shape, v), nil
	case Float16:
		narrow = toHalf
	case BFloat16:
		narrow = toBrain
	default:
		return Tensor{}, errorf("safetensors: tensor %s: %s is no dtype that weights are written in", quote(name), quote(dtype))
	}
	infinite := narrow(float32(math.Inf(1)))
	data := make([]byte, 2*len(v))
	for i, x := range v {
		h := narrow(x)
		if h&0x7fff == infinite && !math.IsInf(float64(x), 0) {
			return Tensor{}, errorf("safetensors: tensor %s: element %d is %v, too large for %s", quote(name), i, x, dtype)
		}
		binary.LittleEndian.PutUint16(data[2*i:], h)
	}
	return Tensor{Name: name, DType: dtype, Shape: slices.Clone(shape), Data: data}, nil
}

// Encode lays out a file as the reference library does, byte for byte: widest dtype
// first, then by name, the header padded with spaces to a multiple of eight. Metadata
// is written sorted, which that library leaves to chance when there are several keys.
func Encode(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	sorted := slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b Tensor) int {
		return cmp.Or(order(b.DType)-order(a.DType), cmp.Compare(a.Name, b.Name))
	})
	size, err := check(sorted)
	if err != nil {
		return nil, err
	}
	head, err := encodeHeader(sorted, metadata)
	if err != nil {
		return nil, err
	}
	if len(head) > maxHeader {
		return nil, errorf("safetensors: a header of %d bytes is above the format's 100 MiB", len(head))
	}
	b := make([]byte, 8, 8+len(head)+size)
	binary.LittleEndian.PutUint64(b, uint64(len(head)))
	b = append(b, head...)
	for _, t := range sorted {
		b = append(b, t.Data...)
	}
	return b, nil
}

// check returns the bytes that all tensors take, or what is wrong with one of them.
func check(sorted []Tensor) (total int, err error) {
	names := make(map[string]bool, len(sorted))
	for _, t := range sorted {
		size, err := byteSize(t.DType, t.Shape)
		switch {
		case err != nil:
			return 0, errorf("safetensors: tensor %s: %w", quote(t.Name), err)
		case size != len(t.Data):
			return 0, errorf("safetensors: tensor %s: %s of shape %v takes %d bytes, not %d", quote(t.Name), t.DType, t.Shape, size, len(t.Data))
		case names[t.Name]:
			return 0, errorf("safetensors: two tensors are named %s", quote(t.Name))
		case t.Name == metadataKey || !utf8.ValidString(t.Name):
			return 0, errorf("safetensors: %s cannot name a tensor", quote(t.Name))
		}
		names[t.Name] = true
		total += size
	}
	return total, nil
}

func encodeHeader(sorted []Tensor, metadata map[string]string) (b []byte, err error) {
	b = append(b, '{')
	if len(metadata) > 0 {
		if b, err = appendMetadata(b, metadata); err != nil {
			return nil, err
		}
	}
	at := 0
	for i, t := range sorted {
		if i > 0 || len(metadata) > 0 {
			b = append(b, ',')
		}
		if b, err = jsontext.AppendQuote(b, t.Name); err != nil {
			return nil, err
		}
		b = append(b, `:{"dtype":"`+t.DType+`","shape":`...)
		b = appendNumbers(b, t.Shape...)
		b = append(b, `,"data_offsets":`...)
		b = appendNumbers(b, at, at+len(t.Data))
		b = append(b, '}')
		at += len(t.Data)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	return b, nil
}

func appendMetadata(b []byte, metadata map[string]string) (_ []byte, err error) {
	b = append(b, `"`+metadataKey+`":{`...)
	for i, key := range slices.Sorted(maps.Keys(metadata)) {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = jsontext.AppendQuote(b, key); err != nil {
			return nil, errorf("safetensors: metadata key %s: %w", quote(key), err)
		}
		b = append(b, ':')
		if b, err = jsontext.AppendQuote(b, metadata[key]); err != nil {
			return nil, errorf("safetensors: metadata %s: %w", quote(key), err)
		}
	}
	return append(b, '}'), nil
}

func appendNumbers(b []byte, v ...int) []byte {
	b = append(b, '[')
	for i, n := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}
