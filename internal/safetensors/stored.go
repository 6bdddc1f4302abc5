package safetensors

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// Stored is a tensor whose bytes are still in the file.
type Stored struct {
	Name  string
	DType string
	Shape []int

	file  string // for messages
	from  io.ReaderAt
	at    int64
	bytes int
}

// Index reads the header of a file of so many bytes, as strictly as Parse, and leaves the
// tensors in it: a model's weights need not be in memory twice. name is the file's path,
// for messages. What it gives reads from r until it is used no more.
func Index(name string, r io.ReaderAt, size int64) ([]Stored, error) {
	if size < 8 {
		return nil, refuse(name, "%d bytes are too few for a header; the file is truncated", size)
	}
	start := make([]byte, min(size, int64(lfs.Length)))
	if err := readAt(name, r, start, 0); err != nil {
		return nil, err
	}
	if err := lfs.Check(name, start); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(start)
	if n > maxHeader {
		return nil, refuse(name, "a header of %d bytes is above the format's 100 MiB; this is no safetensors file", n)
	}
	if n > uint64(size-8) {
		return nil, refuse(name, "the header says %d bytes, %d follow; the file is truncated", n, size-8)
	}
	header := make([]byte, n)
	if err := readAt(name, r, header, 8); err != nil {
		return nil, err
	}
	_, entries, err := parseHeader(name, header)
	if err != nil {
		return nil, err
	}
	data := 8 + int64(n)
	if err := checkLayout(name, entries, int(size-data)); err != nil {
		return nil, err
	}
	tensors := make([]Stored, len(entries))
	for i, e := range entries {
		tensors[i] = Stored{Name: e.name, DType: e.dtype, Shape: e.shape, file: name, from: r, at: data + int64(e.begin), bytes: e.end - e.begin}
	}
	return tensors, nil
}

// Stored is the tensor as one whose bytes are in a file, though they are in memory; file is
// for messages.
func (t Tensor) Stored(file string) Stored {
	return Stored{Name: t.Name, DType: t.DType, Shape: t.Shape, file: file, from: bytes.NewReader(t.Data), bytes: len(t.Data)}
}

func readAt(name string, r io.ReaderAt, b []byte, at int64) error {
	if n, err := r.ReadAt(b, at); n < len(b) {
		return fault.Invalidf("%s: cannot be read at byte %d: %w", name, at+int64(n), err)
	}
	return nil
}

// AppendFloat32 reads the tensor's values and appends them to dst, as Tensor.Float32
// converts them. It is safe for concurrent use on one file.
func (t Stored) AppendFloat32(dst []float32) ([]float32, error) {
	width := widths[t.DType]
	if width == 0 {
		_, err := (Tensor{Name: t.Name, DType: t.DType}).Float32()
		return nil, err
	}
	dst = slices.Grow(dst, t.bytes/width)
	buffer := make([]byte, min(t.bytes, 1<<18))
	for done := 0; done < t.bytes; done += len(buffer) {
		buffer = buffer[:min(len(buffer), t.bytes-done)]
		if err := readAt(t.file, t.from, buffer, t.at+int64(done)); err != nil {
			return nil, err
		}
		more := dst[len(dst):][:len(buffer)/width]
		convert(more, buffer, t.DType)
		dst = dst[:len(dst)+len(more)]
	}
	return dst, nil
}
