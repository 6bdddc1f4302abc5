//go:build unix

package packed

import (
	"os"
	"strings"
	"testing"
)

// A file that is truncated while it is mapped is lost, wherever it is cut; one that is
// unlinked or replaced is not. To read what is gone is an error, and does not end the process.
func TestLost(t *testing.T) {
	c := newCache(t)
	must(t, c.Write("k", blobs()))
	f := opened(c, "k")
	if (*File)(nil).Lost() != nil || f.Lost() != nil {
		t.Fatal("lost at once")
	}
	must(t, c.Write("k", blobs())) // in another file of the same name
	must(t, os.Remove(c.path("k")))
	if err := f.Lost(); err != nil {
		t.Errorf("replaced and unlinked: %v", err)
	}
	check(t, f)
	size := int64(len(f.Data()))
	for _, to := range []int64{size + 1, size - 1, 1} {
		must(t, c.Write("k", blobs()))
		f := opened(c, "k")
		must(t, os.Truncate(c.path("k"), to))
		if err := f.Lost(); err == nil || !strings.Contains(err.Error(), f.Path()) {
			t.Errorf("%d bytes instead of %d: %v", to, size, err)
		}
		whole := true
		for name, e := range f.blobs {
			for _, sum := range e.Checks {
				whole = piece{name, f.Blob(name), sum}.intact() && whole
			}
		}
		if whole != (to >= size) {
			t.Errorf("%d bytes instead of %d: intact is %v", to, size, whole)
		}
	}
}

// Another panic than that of mapped memory is not an unreadable file.
func TestReadable(t *testing.T) {
	if !readable(func() {}) {
		t.Error("nothing cannot be read")
	}
	defer func() {
		if r := recover(); r != "mine" {
			t.Errorf("recovered %v", r)
		}
	}()
	readable(func() { panic("mine") })
}
