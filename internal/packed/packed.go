// Package packed keeps packed weights on the disk between runs, in files that are mapped:
// a run that finds them neither converts nor copies anything, and processes that run at the
// same time share the memory. A cache is never needed: what is missing, damaged, or cannot
// be written is as if there were none.
package packed

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/disk"
)

// Cache is a folder of packed weights. A nil Cache holds nothing.
type Cache struct {
	Dir   string
	Limit int64 // bytes of all files: beyond it the least recently used ones go
}

// Blob is a named piece of memory, as parts that lie end to end in the file.
type Blob struct {
	Name  string
	Parts [][]byte
}

// File is an open file of blobs. Its memory lasts as long as the process.
type File struct {
	data  []byte
	blobs map[string]entry
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

const (
	magic  = "dylora\x00p"
	prefix = len(magic) + 8 + sha256.Size // magic, length of the header, its SHA-256
	page   = 4096
	ending = ".packed"

	maxHeader = 1 << 20
)

type header struct {
	Key   string           `json:"key"`
	Size  int64            `json:"size"` // of the file
	Blobs map[string]entry `json:"blobs"`
}

// entry says where a blob lies. Ends is the CRC-32C of its first and last page: it tells a
// file with holes, or of something else, without reading it all.
type entry struct {
	At, Size int64
	Ends     uint32
}

// ends is an entry's checksum of a blob in parts.
func ends(parts ...[]byte) uint32 {
	var first, last []byte
	for _, p := range parts {
		first = append(first, p[:min(page-len(first), len(p))]...)
	}
	for _, p := range slices.Backward(parts) {
		last = append(slices.Clone(p[max(0, len(p)-page+len(last)):]), last...)
	}
	return crc32.Checksum(append(first, last...), crc32.MakeTable(crc32.Castagnoli))
}

// path is the file of a key.
func (c *Cache) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:16])+ending)
}

// Open maps the file of a key and makes it the most recently used; nil if there is none. A
// damaged one is removed.
func (c *Cache) Open(key string) *File {
	if c == nil {
		return nil
	}
	path := c.path(key)
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close() // read only
	data, err := mapped(f)
	if err != nil {
		return nil
	}
	h, ok := parse(data, key)
	if !ok {
		unmap(data)
		_ = os.Remove(path) // one that stays is refused again
		return nil
	}
	touch(path)
	return &File{data, h.Blobs}
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
		if e.At < 0 || e.Size < 1 || e.At%page != 0 || e.At > h.Size || e.Size > h.Size-e.At || ends(data[e.At:e.At+e.Size]) != e.Ends {
			return h, false
		}
	}
	return h, true
}

// Write makes the file of a key, whole or not at all, and then removes what goes beyond the
// limit. Two processes that write the same key leave one of two equal files.
func (c *Cache) Write(key string, blobs []Blob) error {
	h, first, err := layout(key, blobs)
	if err != nil || h.Size > c.Limit {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	path := c.path(key)
	err = disk.WriteFile(path, func(w io.Writer) error {
		at, err := w.Write(first)
		for _, b := range blobs {
			if err != nil {
				return err
			}
			for _, part := range append([][]byte{make([]byte, int(h.Blobs[b.Name].At)-at)}, b.Parts...) {
				n, e := w.Write(part)
				at, err = at+n, cmp.Or(err, e)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.evict(path)
}

// layout is the header, and all that stands before the first blob. The places depend on the
// header's length: room for it is left ahead.
func layout(key string, blobs []Blob) (h header, first []byte, err error) {
	h = header{Key: key, Blobs: map[string]entry{}}
	at := int64(page * (1 + len(blobs)/16))
	for _, b := range blobs {
		at = (at + page - 1) / page * page
		e := entry{At: at, Ends: ends(b.Parts...)}
		for _, part := range b.Parts {
			e.Size += int64(len(part))
		}
		h.Blobs[b.Name], at = e, at+e.Size
	}
	h.Size = at
	text, err := json.Marshal(h, json.Deterministic(true))
	if err != nil {
		return h, nil, err
	}
	sum := sha256.Sum256(text)
	first = binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(text)))
	return h, slices.Concat(first, sum[:], text), nil
}
