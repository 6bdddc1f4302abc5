package packed

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dylora/dylora/internal/disk"
)

// A hash is recalled for the same unchanged files alone: not after a change that keeps size
// and time of modification, not for a copy, not for files that were just written.
func TestRecall(t *testing.T) {
	c := newCache(t)
	path := filepath.Join(t.TempDir(), "weights")
	must(t, os.WriteFile(path, []byte("abc"), 0o600))
	info := func(path string) []fs.FileInfo {
		i, err := os.Stat(path)
		must(t, err)
		return []fs.FileInfo{i}
	}
	if disk.Identity(info(path)[0]) == "" {
		t.Skip("files have no identity on this system")
	}
	must(t, c.Remember(info(path), "sum"))
	if got := c.Recall(info(path)); got != "" {
		t.Errorf("of a file just written: %q", got)
	}
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(path, old, old))
	must(t, c.Remember(info(path), "sum"))
	if got := c.Recall(info(path)); got != "sum" {
		t.Errorf("recalled %q", got)
	}
	if got := (*Cache)(nil).Recall(info(path)); got != "" {
		t.Errorf("without a cache %q", got)
	}
	must(t, os.WriteFile(c.sums(info(path)), []byte("sun 12"), 0o600))
	if got := c.Recall(info(path)); got != "" {
		t.Errorf("of a damaged note %q", got)
	}
	must(t, c.Remember(info(path), "sum"))
	time.Sleep(20 * time.Millisecond) // more than a tick of the file system's clock
	must(t, os.WriteFile(path, []byte("abd"), 0o600))
	must(t, os.Chtimes(path, old, old))
	if got := c.Recall(info(path)); got != "" {
		t.Errorf("of a changed file %q", got)
	}
	embedded, err := fstest.MapFS{"w": {Data: []byte("abc")}}.Stat("w")
	must(t, err)
	must(t, c.Remember([]fs.FileInfo{embedded}, "sum"))
	if got := c.Recall([]fs.FileInfo{embedded}); got != "" {
		t.Errorf("of a file that is in no file system %q", got)
	}
}
