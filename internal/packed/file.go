package packed

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"
)

// File is an open file of blobs. Its memory lasts as long as the process, but where it is
// mapped and somebody truncates the file, reading it is a fault: see Data and Lost.
type File struct {
	path  string
	file  *os.File // kept open for Lost; nil where the file was read instead of mapped
	data  []byte
	blobs map[string]entry
}

// Path is where the file was opened.
func (f *File) Path() string { return f.path }

// Data is all of the file's memory, which is only to be read.
func (f *File) Data() []byte { return f.data }

// Lost is nil as long as the file has the size that it was opened with. Of a nil File it is
// nil, too. The error names the file.
func (f *File) Lost() error {
	if f == nil || f.file == nil {
		return nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if size := int64(len(f.data)); info.Size() != size {
		return fmt.Errorf("%s: has %d bytes now, and had %d when it was mapped", f.path, info.Size(), size)
	}
	return nil
}

// Blob is the bytes of that name, which begin on a page and are only to be read; nil if
// there are none.
func (f *File) Blob(name string) []byte {
	if f == nil {
		return nil
	}
	e, ok := f.blobs[name]
	if !ok {
		return nil
	}
	return f.data[e.At : e.At+e.Size : e.At+e.Size]
}

var (
	errDamaged = errors.New("is damaged")
	errVersion = errors.New("is of another version of the format")
)

// Open maps the file of a key, compares the checksums of all of it, and makes it the most
// recently used; nil if there is none. A damaged file is removed, and the error names it and
// what is damaged; a file of another version of the format is removed without an error.
func (c *Cache) Open(key string) (*File, error) {
	if c == nil {
		return nil, nil
	}
	path := c.path(key)
	file, err := os.Open(path)
	if err != nil {
		return nil, nil //nolint:nilerr // as if there were none
	}
	f := &File{path: path}
	err = f.load(file, key)
	if err == nil && shared {
		f.file = file
	} else {
		_ = file.Close() // read only
	}
	switch {
	case err == nil:
		touch(path)
		return f, nil
	case errors.Is(err, errDamaged):
		_ = os.Remove(path) // one that stays is refused again
		return nil, fmt.Errorf("%s: %w", path, err)
	case errors.Is(err, errVersion):
		_ = os.Remove(path)
	}
	return nil, nil //nolint:nilerr // what cannot be mapped is as if there were none
}

// load maps the file and verifies all of it.
func (f *File) load(file *os.File, key string) (err error) {
	if f.data, err = mapped(file); errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("its header %w", errDamaged)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			unmap(f.data)
		}
	}()
	var h header
	var old, whole bool
	read := readable(func() {
		old = outdated(f.data)
		h, whole = parse(f.data, key)
	})
	switch {
	case old:
		return errVersion
	case !read || !whole:
		return fmt.Errorf("its header or its length %w", errDamaged)
	}
	f.blobs = h.Blobs
	if blob := f.damaged(); blob != "" {
		return fmt.Errorf("%s %w", blob, errDamaged)
	}
	return nil
}

// outdated says whether the file has another version's beginning.
func outdated(data []byte) bool {
	return len(data) >= len(magic) && string(data[:len(family)]) == family && string(data[:len(magic)]) != magic
}

// parse checks all of the header, and that the blobs are where it says.
func parse(data []byte, key string) (h header, ok bool) {
	if len(data) < prefix || string(data[:len(magic)]) != magic {
		return h, false
	}
	n := binary.LittleEndian.Uint64(data[len(magic):])
	if n > uint64(min(len(data)-prefix, maxHeader)) {
		return h, false
	}
	b := data[prefix : prefix+int(n)]
	if sum := sha256.Sum256(b); string(sum[:]) != string(data[prefix-sha256.Size:prefix]) {
		return h, false
	}
	if json.Unmarshal(b, &h) != nil || h.Key != key || h.Size != int64(len(data)) {
		return h, false
	}
	for _, e := range h.Blobs {
		if e.At < 0 || e.Size < 1 || e.At%page != 0 || e.At > h.Size || e.Size > h.Size-e.At || len(e.Checks) != blocks(e.Size) {
			return h, false
		}
	}
	return h, true
}
