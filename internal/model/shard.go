package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"sync"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
)

// shardFile is an open weight file.
type shardFile struct {
	io.ReaderAt
	name  string
	info  fs.FileInfo
	size  int64
	stat  func() (fs.FileInfo, error) // of the open file, as it is now; nil if it was read whole
	close func() error
}

// openShard opens a file of fsys to be read at any place; one that cannot be is read whole.
func openShard(fsys fs.FS, name string) (*shardFile, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if at, ok := f.(io.ReaderAt); ok && info.Mode().IsRegular() {
		return &shardFile{ReaderAt: at, info: info, size: info.Size(), stat: f.Stat, close: f.Close}, nil
	}
	b, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return &shardFile{ReaderAt: bytes.NewReader(b), info: info, size: int64(len(b)), close: func() error { return nil }}, nil
}

// unchanged is fault.Invalid if a weight file was written since it was opened: what was read
// of it may then be of two versions.
func (c *checkpoint) unchanged() error {
	for _, s := range c.shards {
		if s.stat == nil {
			continue
		}
		info, err := s.stat()
		if err != nil {
			return fault.Invalidf("%s: %w", s.name, err)
		}
		if disk.Identity(info) != disk.Identity(s.info) || info.Size() != s.info.Size() {
			return fault.Invalidf("%s: %w", s.name, disk.ErrChanged)
		}
	}
	return nil
}

func (c *checkpoint) close() (err error) {
	for _, s := range c.shards {
		err = errors.Join(err, s.close())
	}
	return err
}

// hash begins to compute, beside other work, the SHA-256 of the weight files' SHA-256, in
// hex; what it returns waits for it.
func (c *checkpoint) hash() (wait func() (string, error)) {
	type result struct {
		sum string
		err error
	}
	done := make(chan result, 1)
	go func() {
		total := sha256.New()
		for _, s := range c.shards {
			one := sha256.New()
			if _, err := io.Copy(one, io.NewSectionReader(s, 0, s.size)); err != nil {
				done <- result{err: fault.Invalidf("%s: cannot be read: %w", s.name, err)}
				return
			}
			total.Write(one.Sum(nil))
		}
		done <- result{sum: hex.EncodeToString(total.Sum(nil))}
	}()
	return sync.OnceValues(func() (string, error) { r := <-done; return r.sum, r.err })
}
