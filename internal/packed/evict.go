package packed

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// abandoned is the age from which a temporary file has no writer any more.
const abandoned = time.Hour

// touch notes a use: the time of modification is when a file was used last. Where that
// cannot be set, the file is older than it should be, and goes earlier.
func touch(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now)
}

// Holds says whether a file of a cache's folder is the cache's own, by its name.
func Holds(name string) bool {
	return strings.Contains(name, ending) || strings.Contains(name, sumEnding)
}

// evict removes the least recently used files beyond the limit, but not keep, and what
// writers that were killed have left. A file that is mapped somewhere lives on there.
func (c *Cache) evict(keep string) error {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	var total int64
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !Holds(e.Name()) {
			continue
		}
		if strings.HasPrefix(e.Name(), ".") {
			if time.Since(info.ModTime()) > abandoned {
				_ = os.Remove(filepath.Join(c.Dir, e.Name())) // next time, else
			}
			continue
		}
		files, total = append(files, info), total+info.Size()
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, f := range files {
		path := filepath.Join(c.Dir, f.Name())
		if total <= c.Limit || path == keep {
			continue
		}
		if e := os.Remove(path); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = e
			continue
		}
		total -= f.Size()
	}
	return err
}
