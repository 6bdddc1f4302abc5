package tensorboard_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/tensorboard"
)

// TestSpan: the time in which two processes wrote, without what lies between them, and whatever a crash has torn.
func TestSpan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	span := func() float64 {
		t.Helper()
		s, err := tensorboard.Span(dir)
		must(t, err)
		return s
	}
	if s := span(); s != 0 {
		t.Errorf("no files: %v s", s)
	}
	for _, start := range []int{0, 60_000} {
		w, err := tensorboard.Create(dir, at(start), 1)
		must(t, err)
		for i := range 3 {
			must(t, w.Scalars(at(start+1000*i), i+1, tensorboard.Scalar{Tag: "a", Value: 1}))
		}
		must(t, w.Close())
	}
	if s := span(); s != 4 {
		t.Errorf("%v s, want 2 for each of the files", s)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	b, err := os.ReadFile(files[1])
	must(t, err)
	must(t, os.WriteFile(files[1], b[:len(b)-3], 0o666))
	if s := span(); s != 3 {
		t.Errorf("%v s with the last event torn, want 3", s)
	}
	must(t, os.WriteFile(files[0], []byte{0, 0, 0, 0, 0, 0, 0, 64, 1, 2, 3, 4}, 0o666))
	if _, err := tensorboard.Span(dir); err == nil {
		t.Error("a record of exabytes is read")
	}
}

// FuzzSpan: no file makes it panic, or take memory that the file has not.
func FuzzSpan(f *testing.F) {
	dir := f.TempDir()
	w, err := tensorboard.Create(dir, at(0), 1)
	if err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	b, err := os.ReadFile(files[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		must(t, os.WriteFile(files[0], b, 0o666))
		if s, err := tensorboard.Span(dir); err == nil && !(s >= 0) {
			t.Errorf("%v s", s)
		}
	})
}
