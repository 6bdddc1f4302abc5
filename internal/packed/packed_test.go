package packed

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newCache(t *testing.T) *Cache {
	return &Cache{Dir: filepath.Join(t.TempDir(), "a", "b"), Limit: 1 << 20}
}

// opened is the file of a key; nil if there is none that is intact.
func opened(c *Cache, key string) *File {
	f, _ := c.Open(key)
	return f
}

// blobs are of odd sizes, one in two parts, one larger than two pages.
func blobs() []Blob {
	long := bytes.Repeat([]byte("0123456789abc"), 1000)
	return []Blob{{"one", [][]byte{[]byte("x")}}, {"two", [][]byte{long, []byte("the end")}}, {"three", [][]byte{long[:page]}}}
}

func check(t *testing.T, f *File) {
	t.Helper()
	for _, b := range blobs() {
		if got := f.Blob(b.Name); !bytes.Equal(got, slices.Concat(b.Parts...)) {
			t.Errorf("%s: %d bytes", b.Name, len(got))
		}
	}
	if f.Blob("four") != nil {
		t.Error("a blob that was not written")
	}
}

func TestWriteAndOpen(t *testing.T) {
	c := newCache(t)
	if f := opened(c, "k"); f != nil || f.Blob("one") != nil {
		t.Error("a file in an empty cache")
	}
	must(t, c.Write("k", blobs()))
	check(t, opened(c, "k"))
	if opened(c, "other") != nil || opened(nil, "k") != nil {
		t.Error("a file of another key")
	}
	must(t, os.Rename(c.path("k"), c.path("other")))
	if opened(c, "other") != nil {
		t.Error("a file under another key's name")
	}
}

// A file that is cut anywhere, or has a wrong byte in its header or in a blob, is as if there
// were none, is gone afterwards, and is named.
func TestDamaged(t *testing.T) {
	c := newCache(t)
	must(t, c.Write("k", blobs()))
	good, err := os.ReadFile(c.path("k"))
	must(t, err)
	h, ok := parse(good, "k")
	if !ok {
		t.Fatal("the file is damaged already")
	}
	places := []int64{0, 9, 20, int64(prefix), int64(prefix) + 30, h.Blobs["one"].At, h.Blobs["two"].At, h.Blobs["two"].At + 5000, h.Blobs["two"].At + h.Blobs["two"].Size - 1}
	bad := [][]byte{nil, good[:1], good[:prefix-1], good[:prefix], good[:page], good[:len(good)-1], append(slices.Clone(good), 0)}
	for _, at := range places {
		b := slices.Clone(good)
		b[at] ^= 0x81
		bad = append(bad, b)
	}
	for i, b := range bad {
		must(t, os.WriteFile(c.path("k"), b, 0o600))
		if f, err := c.Open("k"); f != nil || err == nil || !strings.Contains(err.Error(), c.path("k")) {
			t.Errorf("damage %d: opened: %v, error: %v", i, f != nil, err)
		}
		if _, err := os.Stat(c.path("k")); err == nil && len(b) >= prefix {
			t.Errorf("damage %d: still there", i)
		}
		must(t, c.Write("k", blobs()))
		check(t, opened(c, "k"))
	}
}

func TestEviction(t *testing.T) {
	c := newCache(t)
	size := func() (n int) {
		files, err := filepath.Glob(filepath.Join(c.Dir, "*"+ending))
		must(t, err)
		return len(files)
	}
	must(t, c.Write("0", blobs()))
	info, err := os.Stat(c.path("0"))
	must(t, err)
	c.Limit = 3*info.Size() + 10
	must(t, os.WriteFile(filepath.Join(c.Dir, "notes.txt"), make([]byte, c.Limit), 0o600))
	left := filepath.Join(c.Dir, "."+filepath.Base(c.path("9"))+"-123")
	must(t, os.WriteFile(left, nil, 0o600))
	for i := range 5 {
		key := fmt.Sprint(i)
		must(t, c.Write(key, blobs()))
		old := time.Now().Add(time.Duration(i-100) * time.Hour)
		must(t, os.Chtimes(c.path(key), old, old))
		if i > 0 && opened(c, "0") == nil { // and so 0 is used last
			t.Fatalf("after %d: what was used last is gone", i)
		}
	}
	if size() != 3 || opened(c, "3") == nil || opened(c, "4") == nil || opened(c, "1") != nil {
		t.Errorf("%d files", size())
	}
	_, notes := os.Stat(filepath.Join(c.Dir, "notes.txt"))
	_, writing := os.Stat(left)
	if notes != nil || writing != nil {
		t.Errorf("gone: %v, %v", notes, writing)
	}
	old := time.Now().Add(-2 * abandoned)
	must(t, os.Chtimes(left, old, old))
	must(t, c.Write("5", blobs()))
	if _, err := os.Stat(left); err == nil {
		t.Error("an abandoned file is still there")
	}
	c.Limit = info.Size() - 1
	must(t, c.Write("6", blobs()))
	if opened(c, "6") != nil {
		t.Error("a file beyond the limit")
	}
}

// Writers and readers of one key at the same time only ever see whole files.
func TestConcurrent(t *testing.T) {
	c := newCache(t)
	must(t, c.Write("k", blobs()))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				if err := c.Write("k", blobs()); err != nil {
					t.Error(err)
				}
				if f := opened(c, "k"); f == nil {
					t.Error("no file")
				} else {
					check(t, f)
				}
			}
		})
	}
	all.Wait()
}

func TestNotWritable(t *testing.T) {
	c := newCache(t)
	must(t, os.WriteFile(filepath.Dir(filepath.Dir(c.Dir))+"/file", nil, 0o600))
	c.Dir = filepath.Join(filepath.Dir(filepath.Dir(c.Dir)), "file", "cache")
	if c.Write("k", blobs()) == nil || opened(c, "k") != nil {
		t.Error("a cache inside of a file")
	}
}
