package data

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// File is a file of data as it was read.
type File struct {
	Path   string // as it was given
	SHA256 string // of its bytes, as they are stored, in hex
	Bytes  int64
}

// A compressed file may expand to mostExpanded bytes, and beyond that to expansion times its own: texts
// shrink to a third or a tenth, and what shrinks to less is no data to learn from.
const (
	mostExpanded = 256 << 20
	expansion    = 250
	mostWindow   = 128 << 20 // that a zstd file may ask for: that of zstd --long
)

// opened is a file of data that is being read: its content, decompressed where its name ends in .gz or .zst.
type opened struct {
	path string
	file *os.File
	info fs.FileInfo // as it was when it was opened
	raw  *counted    // the file's own bytes
	r    io.Reader
	zstd *zstd.Decoder // to be closed; nil: none
}

// counted counts and hashes what is read through it.
type counted struct {
	r   io.Reader
	n   int64
	sum hash.Hash
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.sum.Write(p[:n])
	return n, err
}

// open opens a file of data. What is no regular file, and a pointer of Git LFS, is fault.Invalid.
func open(path string) (*opened, error) {
	file, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	o, err := hashing(path, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	buffered := bufio.NewReader(o.raw)
	start, _ := buffered.Peek(lfs.Length)
	err = lfs.Check(path, start)
	if err == nil {
		o.r, o.zstd, err = decompress(path, buffered, o.raw)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return o, nil
}

// hashing counts and hashes what is read of an open file, whose state it remembers.
func hashing(path string, file *os.File) (*opened, error) {
	info, err := disk.Settled(file)
	if err != nil {
		return nil, fault.Invalidf("cannot read %s: %w", path, reason(err))
	}
	return &opened{path: path, file: file, info: info, raw: &counted{r: file, sum: sha256.New()}}, nil
}

// openRegular opens a file and nothing else: a pipe would block.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fault.Invalidf("%s is not a file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Invalidf("cannot read %s: %w", path, reason(err))
	}
	return file, nil
}

// decompress is the content of a file whose bytes r gives, by the ending of its path; raw counts them.
func decompress(path string, r io.Reader, raw *counted) (io.Reader, *zstd.Decoder, error) {
	switch strings.ToLower(compression(path)) {
	case ".gz":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, unreadable(path, err)
		}
		return &expanded{path: path, r: z, raw: raw, most: mostExpanded}, nil, nil
	case ".zst":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow))
		if err != nil {
			return nil, nil, unreadable(path, err)
		}
		return &expanded{path: path, r: z, raw: raw, most: mostExpanded}, z, nil
	}
	return r, nil, nil
}

// done tells what the file was, once its content has been read to its end. One that somebody wrote
// to meanwhile is fault.Invalid, as what was read may be of two versions.
func (o *opened) done() (File, error) {
	if _, err := io.Copy(io.Discard, o.raw); err != nil {
		return File{}, fault.Invalidf("cannot read %s: %w", o.path, reason(err))
	}
	now, err := o.file.Stat()
	if err != nil {
		return File{}, fault.Invalidf("cannot read %s: %w", o.path, reason(err))
	}
	if disk.Identity(now) != disk.Identity(o.info) || now.Size() != o.info.Size() {
		return File{}, fault.Invalidf("%s %w", o.path, disk.ErrChanged)
	}
	return File{o.path, hex.EncodeToString(o.raw.sum.Sum(nil)), o.raw.n}, nil
}

// Close closes the file.
func (o *opened) Close() error {
	if o.zstd != nil {
		o.zstd.Close()
	}
	return o.file.Close()
}

// expanded bounds the content of a compressed file.
type expanded struct {
	path string
	r    io.Reader
	raw  *counted
	most int64 // bytes that it may have whatever the file's own size
	n    int64
}

func (e *expanded) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if e.n += int64(n); e.n > e.most && e.n > expansion*e.raw.n {
		return n, fmt.Errorf("it expands to more than %d times its size, which no text does", expansion)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = compressedError(e.path, err)
	}
	return n, err
}

// compressedError is a fault of compressed bytes.
func compressedError(path string, err error) error {
	what := strings.TrimPrefix(strings.ToLower(compression(path)), ".")
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the %s file ends too early", what)
	}
	return fmt.Errorf("its %s content is damaged, or it is no %s file (%w)", what, what, err)
}

func unreadable(path string, err error) error {
	return fault.Invalidf("cannot read %s: %w", path, compressedError(path, err))
}

// Sum is a file as it is now, read to its end.
func Sum(path string) (File, error) {
	file, err := openRegular(path)
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	o, err := hashing(path, file)
	if err != nil {
		return File{}, err
	}
	return o.done()
}

// Open opens a file of any text for reading, decompressed where its name ends in .gz or .zst, within the bounds of a file of data.
func Open(path string) (io.ReadCloser, error) {
	o, err := open(path)
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Read reads the content.
func (o *opened) Read(p []byte) (int, error) { return o.r.Read(p) }
