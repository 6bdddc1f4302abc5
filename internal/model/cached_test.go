package model

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/packed"
)

// cacheFolder is a folder of weights, most of them embeddings of several pages.
func cacheFolder(t *testing.T) string {
	t.Helper()
	config := with(map[string]any{"vocab_size": 1 << 14, "num_hidden_layers": 2})
	dir := t.TempDir()
	files := folder(t, map[string]any{"config.json": config, tensorFormat.whole: weightsOf(t, config, "roberta.")})
	must(t, os.CopyFS(dir, files))
	return dir
}

// A model that is mapped from a cache has the logits, and the hash, of one that is packed;
// a changed or damaged file of either kind is never used.
func TestLoadCached(t *testing.T) {
	t.Parallel()
	dir := cacheFolder(t)
	weights := filepath.Join(dir, tensorFormat.whole)
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(weights, old, old))
	c := &packed.Cache{Dir: filepath.Join(t.TempDir(), "cache"), Limit: 1 << 30}
	for _, p := range []kernel.Precision{kernel.Float32, kernel.I16, kernel.BF16} {
		load := func(c *packed.Cache) *Model {
			m, err := Load(os.DirFS(dir), dir, LoadOptions{Machine: kerneltest.New(t), Precision: p, Cache: c})
			must(t, err)
			return m
		}
		first := load(nil)
		want := run(t, first, 4)
		cached := func() string {
			files, err := filepath.Glob(filepath.Join(c.Dir, "*.packed"))
			must(t, err)
			if len(files) != 1 {
				t.Fatalf("%v: files %q", p, files)
			}
			return files[0]
		}
		same := func(when string) {
			m := load(c)
			if m.Hash != first.Hash || !slices.Equal(run(t, m, 4), want) {
				t.Errorf("%v, %s: another model", p, when)
			}
		}
		same("cold")
		before, err := os.Stat(cached())
		must(t, err)
		same("warm")
		if after, err := os.Stat(cached()); err != nil || !os.SameFile(before, after) {
			t.Errorf("%v: packed again: %v", p, err)
		}
		must(t, os.Truncate(cached(), before.Size()/2))
		same("truncated")
		same("warm again")
		must(t, os.RemoveAll(c.Dir))
	}
}

// The bytes of the cache are what is multiplied, and its hash what a model has, as long as
// the weights' file is the same.
func TestCacheIsUsed(t *testing.T) {
	t.Parallel()
	dir := cacheFolder(t)
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(filepath.Join(dir, tensorFormat.whole), old, old))
	c := &packed.Cache{Dir: t.TempDir(), Limit: 1 << 30}
	first, err := Load(os.DirFS(dir), dir, LoadOptions{Machine: kerneltest.New(t), Cache: c})
	must(t, err)
	info, err := fs.Stat(os.DirFS(dir), tensorFormat.whole)
	must(t, err)
	must(t, c.Remember([]fs.FileInfo{info}, "another"))
	name := "encoder.layer.0.output.dense"
	wrong := make([]byte, len(slices.Concat(first.layers[0].output.W.Memory()...)))
	must(t, c.Write("another "+first.machine.Packing(kernel.Float32), []packed.Blob{{Name: name, Parts: [][]byte{wrong}}}))
	second, err := Load(os.DirFS(dir), dir, LoadOptions{Machine: kerneltest.New(t), Cache: c})
	must(t, err)
	if second.Hash != "another" || slices.Equal(run(t, second, 4), run(t, first, 4)) {
		t.Error("the cache is not used")
	}
	must(t, os.Chtimes(filepath.Join(dir, tensorFormat.whole), old, old)) // another time of change
	third, err := Load(os.DirFS(dir), dir, LoadOptions{Machine: kerneltest.New(t), Cache: c})
	must(t, err)
	if third.Hash != first.Hash || !slices.Equal(run(t, third, 4), run(t, first, 4)) {
		t.Error("the cache is used for a changed file")
	}
}

// Weights of fewer bytes than the cache takes are packed each time, and no file is written.
func TestSmallIsNotKept(t *testing.T) {
	t.Parallel()
	dir := cacheFolder(t)
	info, err := os.Stat(filepath.Join(dir, tensorFormat.whole))
	must(t, err)
	for least, files := range map[int64]int{info.Size() + 1: 0, info.Size(): 1} {
		c := &packed.Cache{Dir: t.TempDir(), Limit: 1 << 30, Least: least}
		_, err := Load(os.DirFS(dir), dir, LoadOptions{Machine: kerneltest.New(t), Cache: c})
		must(t, err)
		found, err := filepath.Glob(filepath.Join(c.Dir, "*.packed"))
		must(t, err)
		if len(found) != files {
			t.Errorf("least %d: files %q, want %d", least, found, files)
		}
	}
}
