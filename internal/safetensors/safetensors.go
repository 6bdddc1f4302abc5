// Package safetensors reads and writes Hugging Face's tensor files: eight bytes of
// header length, a JSON header, and the tensors' bytes end to end.
//
// Reading is strict, as a file may come from anyone: what the format's reference
// library (safetensors, Rust) refuses is refused, and so are duplicate and unknown keys.
// Nothing is allocated that the bytes at hand do not justify.
package safetensors

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

const (
	maxHeader = 100 << 20 // the reference library's cap
	maxInt    = int(^uint(0) >> 1)
)

// Tensor is one array of a file.
type Tensor struct {
	Name  string
	DType string // the format's name: "F32", "F16", "BF16", "F64", "I64", …
	Shape []int  // outermost first; empty for a scalar
	Data  []byte // row-major, little-endian
}

// File is what a safetensors file holds.
type File struct {
	Metadata map[string]string // nil when the file has none
	Tensors  []Tensor          // in the order of their bytes
}

// Tensor finds a tensor by name, by a walk over all of them.
func (f *File) Tensor(name string) (Tensor, bool) {
	i := slices.IndexFunc(f.Tensors, func(t Tensor) bool { return t.Name == name })
	if i < 0 {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Read parses the file at path. Every error about its content is fault.Invalid and
// names the path and the tensor.
func Read(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "cannot read weights: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Invalidf("%s: not a regular file, so not a safetensors file", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "cannot read weights: %w", err)
	}
	return Parse(path, b)
}

// Parse reads a whole file from b; name is its path, for messages. The tensors' Data
// alias b. The header may take at most 100 MiB and must be exact: the tensors cover the
// rest of b without overlap, holes or trailing bytes, each as long as its shape says.
func Parse(name string, b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, refuse(name, "%d bytes are too few for a header; the file is truncated", len(b))
	}
	if err := lfs.Check(name, b); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		return nil, refuse(name, "a header of %d bytes is above the format's 100 MiB; this is no safetensors file", n)
	}
	if n > uint64(len(b)-8) {
		return nil, refuse(name, "the header says %d bytes, %d follow; the file is truncated", n, len(b)-8)
	}
	metadata, entries, err := parseHeader(name, b[8:8+n])
	if err != nil {
		return nil, err
	}
	f := &File{Metadata: metadata, Tensors: make([]Tensor, len(entries))}
	data := b[8+n:]
	if err := checkLayout(name, entries, len(data)); err != nil {
		return nil, err
	}
	for i, e := range entries {
		f.Tensors[i] = Tensor{Name: e.name, DType: e.dtype, Shape: e.shape, Data: data[e.begin:e.end:e.end]}
	}
	return f, nil
}

// checkLayout sorts the entries by place and checks that they tile size bytes.
func checkLayout(file string, entries []entry, size int) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		if a.begin != b.begin {
			return a.begin - b.begin
		}
		return a.end - b.end
	})
	at := 0
	for _, e := range entries {
		want, err := byteSize(e.dtype, e.shape)
		switch {
		case err != nil:
			return refuse(file, "tensor %s: %v", quote(e.name), err)
		case e.end < e.begin:
			return refuse(file, "tensor %s: data_offsets [%d,%d] run backwards", quote(e.name), e.begin, e.end)
		case e.begin < at:
			return refuse(file, "tensor %s: its bytes from %d overlap those of another tensor", quote(e.name), e.begin)
		case e.begin > at:
			return refuse(file, "tensor %s: bytes %d to %d before it belong to no tensor", quote(e.name), at, e.begin)
		case e.end-e.begin != want:
			return refuse(file, "tensor %s: %s of shape %v takes %d bytes, data_offsets give %d",
				quote(e.name), e.dtype, e.shape, want, e.end-e.begin)
		case e.end > size:
			return refuse(file, "tensor %s: its bytes end at %d, the file's at %d; the file is truncated", quote(e.name), e.end, size)
		}
		at = e.end
	}
	if at != size {
		return refuse(file, "%d bytes after the last tensor belong to no tensor; write the file again", size-at)
	}
	return nil
}

// refuse is the one form of this package's complaints about a file.
func refuse(file, format string, a ...any) error {
	return fault.Invalidf("%s: "+format, append([]any{file}, a...)...)
}

func errorf(format string, a ...any) error { return fmt.Errorf(format, a...) }

// quote shows a name from a file on one line of bounded length.
func quote(name string) string {
	const most = 120
	if len(name) > most {
		return fmt.Sprintf("%q… (%d bytes)", name[:most], len(name))
	}
	return fmt.Sprintf("%q", name)
}
