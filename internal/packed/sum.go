package packed

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/disk"
)

// Weights are known by their content, but to hash half a gigabyte takes as long as to load
// it. So the content's hash is remembered for the file itself: its device and inode, size,
// and the times of modification and of change to the nanosecond. The last cannot be set, so
// a file that was written over, or put in another's place, has another identity; one that
// has just been written is not remembered, since a clock's tick may hide a second write.
const (
	settled   = 2 * time.Second
	sumEnding = ".sha256"
)

// Recall is the content's hash that was remembered for files of these identities; "" if
// none was, or one has no identity.
func (c *Cache) Recall(files []fs.FileInfo) string {
	path := c.sums(files)
	if path == "" {
		return ""
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	sum, check, _ := strings.Cut(string(b), " ")
	if again := sha256.Sum256([]byte(sum)); check != hex.EncodeToString(again[:]) {
		return ""
	}
	touch(path)
	return sum
}

// Remember keeps the hash of the files' content.
func (c *Cache) Remember(files []fs.FileInfo, sum string) error {
	path := c.sums(files)
	if path == "" {
		return nil
	}
	for _, f := range files {
		if time.Since(f.ModTime()) < settled {
			return nil
		}
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	check := sha256.Sum256([]byte(sum))
	return disk.WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, sum+" "+hex.EncodeToString(check[:]))
		return err
	})
}

func (c *Cache) sums(files []fs.FileInfo) string {
	if c == nil || len(files) == 0 {
		return ""
	}
	h := sha256.New()
	for _, f := range files {
		id := disk.Identity(f)
		if id == "" {
			return ""
		}
		_, _ = io.WriteString(h, id+"\n") // a hash takes all
	}
	return filepath.Join(c.Dir, hex.EncodeToString(h.Sum(nil)[:16])+sumEnding)
}
