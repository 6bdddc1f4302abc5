package hub

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCached: folders that are repositories' are listed with the bytes of their files, each once, and one of them is removed with
// its locks, and nothing else.
func TestCached(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "hub")
	c := &Client{cache: cache}
	if all, err := c.Cached(); err != nil || len(all) > 0 {
		t.Errorf("no cache: %v, %v", all, err)
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(cache, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("models--org--name/blobs/abc", "12345")
	write("models--org--name/refs/main", "12")
	write("models--roberta-base/blobs/abc", "1")
	write("datasets--nyu-mll--glue/blobs/abc", "1234")
	write(".locks/models--org--name/abc.lock", "")
	for _, other := range []string{"spaces--org--app/x", "models--a--b--c/x", "models--..--x/x", "notes.txt", "models--/x", "version.txt/x"} {
		write(other, "1")
	}
	snapshot := filepath.Join(cache, "models--org--name", "snapshots", "main")
	if err := os.MkdirAll(snapshot, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../blobs/abc", filepath.Join(snapshot, "config.json")); err != nil {
		t.Fatal(err)
	}
	all, err := c.Cached()
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	for i, want := range []CachedRepo{{Kind: Dataset, ID: "nyu-mll/glue", Bytes: 4}, {Kind: Model, ID: "org/name", Bytes: 7}, {Kind: Model, ID: "roberta-base", Bytes: 1}} {
		if got := all[i]; got.Kind != want.Kind || got.ID != want.ID || got.Bytes != want.Bytes || got.Used.IsZero() {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if err := c.RemoveCached(all[1]); err != nil {
		t.Fatal(err)
	}
	for path, there := range map[string]bool{"models--org--name": false, ".locks/models--org--name": false, "models--roberta-base/blobs/abc": true, "spaces--org--app/x": true} {
		if _, err := os.Stat(filepath.Join(cache, path)); (err == nil) != there {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestRemoveCachedLink: a repository that was moved to another disk loses its link, and keeps its files.
func TestRemoveCachedLink(t *testing.T) {
	home := t.TempDir()
	elsewhere := filepath.Join(home, "elsewhere")
	cache := filepath.Join(home, "hub")
	for _, dir := range []string{elsewhere, cache} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(elsewhere, filepath.Join(cache, "models--org--name")); err != nil {
		t.Fatal(err)
	}
	if err := (&Client{cache: cache}).RemoveCached(CachedRepo{Kind: Model, ID: "org/name"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(elsewhere); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(cache, "models--org--name")); err == nil {
		t.Error("the link is left")
	}
}
