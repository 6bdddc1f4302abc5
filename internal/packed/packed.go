// Package packed keeps packed weights on the disk between runs, in files that are mapped:
// a run that finds them neither converts nor copies anything, and processes that run at the
// same time share the memory. A cache is never needed: what is missing, damaged, or cannot
// be written is as if there were none. Nothing of a file is used before its checksum has
// been compared.
package packed

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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
	Least int64 // bytes of weights from which the caller keeps a packed file of them; package model asks
}

// Blob is a named piece of memory, as parts that lie end to end in the file.
type Blob struct {
	Name  string
	Parts [][]byte
}

const (
	family = "dylora\x00"                 // begins the files of all versions of the format
	magic  = family + "2"                 // and the version; the first one, which had no checksum of each block, was "p"
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

// entry says where a blob lies, and the CRC-32C of each of its blocks.
type entry struct {
	At, Size int64
	Checks   []uint32
}

// path is the file of a key.
func (c *Cache) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:16])+ending)
}

// Write makes the file of a key, whole or not at all, and then removes what goes beyond the
// limit. Two processes that write the same key leave one of two equal files, in whatever order each has its blobs.
func (c *Cache) Write(key string, blobs []Blob) error {
	blobs = slices.SortedFunc(slices.Values(blobs), func(a, b Blob) int { return cmp.Compare(a.Name, b.Name) })
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
	const checkText = len("4294967295,")
	sums, at := make([][]uint32, len(blobs)), int64(page*(1+len(blobs)/16))
	for i, b := range blobs {
		sums[i] = checks(b.Parts...)
		at += int64(checkText * len(sums[i]))
	}
	for i, b := range blobs {
		at = (at + page - 1) / page * page
		e := entry{At: at, Checks: sums[i]}
		for _, part := range b.Parts {
			e.Size += int64(len(part))
		}
		h.Blobs[b.Name], at = e, at+e.Size
	}
	h.Size = at
	first, err = h.encode()
	return h, first, err
}

// encode is all that stands before the blobs, but for the gap.
func (h *header) encode() ([]byte, error) {
	text, err := json.Marshal(h, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	first := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(text)))
	return slices.Concat(first, sum[:], text), nil
}
