package safetensors

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	metadataKey = "__metadata__"
	maxDims     = 64 // as PyTorch
)

// entry is one tensor of the header; begin and end count from the end of the header.
type entry struct {
	name, dtype string
	shape       []int
	begin, end  int
}

// header walks the header's JSON token by token, so that what it costs is what it keeps.
type header struct {
	file     string
	dec      *jsontext.Decoder
	metadata map[string]string
	entries  []entry
}

// parseHeader reads {"__metadata__":{…},"name":{"dtype":…,"shape":…,"data_offsets":…},…}
// followed by nothing but spaces.
func parseHeader(file string, b []byte) (map[string]string, []entry, error) {
	if len(b) == 0 || b[0] != '{' {
		return nil, nil, refuse(file, "the header does not start with '{'; this is no safetensors file")
	}
	h := &header{file: file, dec: jsontext.NewDecoder(bytes.NewBuffer(b))}
	if err := h.object(h.member); err != nil {
		return nil, nil, err
	}
	rest := b[h.dec.InputOffset():]
	if len(bytes.TrimLeft(rest, " ")) != 0 {
		return nil, nil, refuse(file, "the header goes on after its closing '}'; only spaces may follow")
	}
	return h.metadata, h.entries, nil
}

// object reads a JSON object and hands each key to member, which reads the value.
func (h *header) object(member func(key string) error) error {
	if _, err := h.token('{'); err != nil {
		return err
	}
	for h.dec.PeekKind() != '}' {
		key, err := h.token('"')
		if err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
	}
	_, err := h.token('}')
	return err
}

// token reads one token of the wanted kind and returns it as text.
func (h *header) token(want jsontext.Kind) (string, error) {
	t, err := h.dec.ReadToken()
	if err != nil {
		return "", refuse(h.file, "header: %s", shorten(err.Error()))
	}
	if t.Kind() != want {
		return "", refuse(h.file, "header: %s at %s, where %s belongs", t.Kind(), h.where(), want)
	}
	return t.String(), nil
}

func (h *header) where() string { return shorten(string(h.dec.StackPointer())) }

func (h *header) member(name string) error {
	if name == metadataKey {
		h.metadata = map[string]string{}
		return h.object(func(key string) (err error) {
			h.metadata[key], err = h.token('"')
			return err
		})
	}
	e := entry{name: name}
	var offsets []int
	var seen [3]bool
	err := h.object(func(key string) (err error) {
		switch key {
		case "dtype":
			seen[0] = true
			e.dtype, err = h.token('"')
		case "shape":
			seen[1] = true
			e.shape, err = h.numbers()
		case "data_offsets":
			seen[2] = true
			offsets, err = h.numbers()
		default:
			err = refuse(h.file, "tensor %s: unknown key %s; the keys are dtype, shape, data_offsets", quote(name), quote(key))
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, key := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[i] {
			return refuse(h.file, "tensor %s: no %s", quote(name), key)
		}
	}
	if len(offsets) != 2 {
		return refuse(h.file, "tensor %s: data_offsets has %d numbers, not 2", quote(name), len(offsets))
	}
	e.begin, e.end = offsets[0], offsets[1]
	h.entries = append(h.entries, e)
	return nil
}

// numbers reads an array of non-negative integers written in plain digits.
func (h *header) numbers() ([]int, error) {
	if _, err := h.token('['); err != nil {
		return nil, err
	}
	v := []int{}
	for h.dec.PeekKind() != ']' {
		if len(v) == maxDims {
			return nil, refuse(h.file, "header: more than %d numbers at %s", maxDims, h.where())
		}
		text, err := h.token('0')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(text, 10, strconv.IntSize-1)
		if err != nil {
			return nil, refuse(h.file, "header: %s at %s is not a size", shorten(text), h.where())
		}
		v = append(v, int(n))
	}
	_, err := h.token(']')
	return v, err
}

// shorten bounds text that a hostile header may have made long.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
