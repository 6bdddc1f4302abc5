package model

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/packed"
)

// filled is a model folder whose packed weights are in a cache.
type filled struct {
	dir       string
	cache     *packed.Cache
	precision kernel.Precision
	notes     []string // of load
}

func newFilled(t *testing.T, p kernel.Precision) *filled {
	t.Helper()
	f := &filled{dir: cacheFolder(t), cache: &packed.Cache{Dir: filepath.Join(t.TempDir(), "cache"), Limit: 1 << 30}, precision: p}
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(filepath.Join(f.dir, tensorFormat.whole), old, old))
	f.load(t)
	return f
}

func (f *filled) load(t *testing.T) *Model {
	t.Helper()
	f.notes = nil
	m, err := Load(os.DirFS(f.dir), f.dir, LoadOptions{Machine: kerneltest.New(t), Precision: f.precision, Cache: f.cache, Note: func(line string) { f.notes = append(f.notes, line) }})
	must(t, err)
	return m
}

// file is the one file of packed weights.
func (f *filled) file(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(f.cache.Dir, "*.packed"))
	must(t, err)
	if len(files) != 1 {
		t.Fatalf("files %q", files)
	}
	return files[0]
}

// A bit that is flipped in a cached projection or in cached embeddings changes no logit: the
// weights are packed again, the file is replaced by a good one, and the note names both.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	for blob, p := range map[string]kernel.Precision{
		"encoder.layer.1.output.dense":      kernel.I16,
		"embeddings.word_embeddings.weight": kernel.Float32,
	} {
		f := newFilled(t, p)
		m := f.load(t)
		if len(f.notes) > 0 || m.source.file == nil {
			t.Fatalf("%v: not from the cache, or notes %q", p, f.notes)
		}
		want := run(t, m, 4)
		bad := slices.Clone(m.source.file.Data())
		part := m.source.file.Blob(blob)
		bad[int(address(part)-address(m.source.file.Data()))+len(part)/2] ^= 0x10
		// Another file of the name, as a copy from elsewhere is: m has mapped the old one.
		must(t, os.Remove(f.file(t)))
		must(t, os.WriteFile(m.source.file.Path(), bad, 0o600))
		got := f.load(t)
		if !slices.Equal(run(t, got, 4), want) || got.Hash != m.Hash {
			t.Errorf("%s: another model", blob)
		}
		if len(f.notes) != 1 || !strings.Contains(f.notes[0], f.file(t)+": "+blob+" is damaged") || !strings.Contains(f.notes[0], f.dir) {
			t.Errorf("%s: notes %q", blob, f.notes)
		}
		again := f.load(t)
		if len(f.notes) > 0 || again.source.file == nil || !bytes.Equal(again.source.file.Blob(blob), part) {
			t.Errorf("%s: not in the new file; notes %q", blob, f.notes)
		}
	}
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// Without anyone to tell, damage is repaired all the same.
func TestFlippedBitWithoutNote(t *testing.T) {
	t.Parallel()
	f := newFilled(t, kernel.Float32)
	must(t, os.Truncate(f.file(t), 10000))
	m, err := Load(os.DirFS(f.dir), f.dir, LoadOptions{Machine: kerneltest.New(t), Cache: f.cache})
	must(t, err)
	if m.source.file != nil {
		t.Error("the damaged file is used")
	}
}
