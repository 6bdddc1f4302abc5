package reftest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// recorder stands for the test of a caller: it keeps what was reported and ends the
// goroutine where a test would end.
type recorder struct {
	testing.TB
	skipped, failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, a ...any) { r.failed = fmt.Sprintf(format, a...) }

func (r *recorder) Fatalf(format string, a ...any) {
	r.Errorf(format, a...)
	runtime.Goexit()
}

func (r *recorder) Fatal(a ...any) { r.Fatalf("%s", fmt.Sprint(a...)) }

func (r *recorder) Skipf(format string, a ...any) {
	r.skipped = fmt.Sprintf(format, a...)
	runtime.Goexit()
}

// record runs f with a recorder and returns what it reported.
func record(f func(testing.TB)) *recorder {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r
}

func TestCompare(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, tt := range map[string]struct {
		got, want []float32
		failure   string // a part of it; "" is none
	}{
		"equal":                      {[]float32{1, -2}, []float32{1, -2}, ""},
		"within":                     {[]float32{1.001, -2}, []float32{1, -2}, ""},
		"of the largest magnitude":   {[]float32{0.015, -2}, []float32{0, -2}, ""},
		"beyond":                     {[]float32{1, -2.03}, []float32{1, -2}, "element 1"},
		"the worst of two":           {[]float32{1.5, -2.03, 0}, []float32{1, -2, 0}, "element 0"},
		"NaN":                        {[]float32{1, nan, 3}, []float32{1, 2, 3}, "element 1"},
		"NaN, and later a small one": {[]float32{nan, 2.001}, []float32{1, 2}, "element 0"},
		"infinite":                   {[]float32{1, inf}, []float32{1, 2}, "element 1"},
		"zeros":                      {[]float32{0, 0}, []float32{0, 0}, ""},
		"where zeros are wanted":     {[]float32{0, 1e-30}, []float32{0, 0}, "element 1"},
		"too short":                  {[]float32{1}, []float32{1, 2}, "1 elements, want 2"},
		"too long":                   {[]float32{1, 2}, []float32{1}, "2 elements, want 1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(func(t testing.TB) { Compare(t, "x", tt.got, tt.want, 0.01) })
			if (r.failed == "") != (tt.failure == "") || !strings.Contains(r.failed, tt.failure) {
				t.Errorf("reports %q, want %q", r.failed, tt.failure)
			}
		})
	}
}

func TestShared(t *testing.T) {
	t.Setenv(Variable, "")
	if r := record(func(t testing.TB) { Shared(t, "the official files") }); !strings.Contains(r.skipped, "the official files") || !strings.Contains(r.skipped, Variable) {
		t.Errorf("skipped with %q, want the variable and what is missing", r.skipped)
	}
	t.Setenv(Variable, "/somewhere")
	if got := Shared(t, ""); got != "/somewhere" {
		t.Errorf("the folder is %q", got)
	}
}

// TestGlob: the committed set always, the other one where the variable is set, and a
// failure where one of them has nothing.
func TestGlob(t *testing.T) {
	t.Setenv(Variable, "")
	committed := Folders(t)
	if len(committed) < 2 {
		t.Errorf("only %d committed folders", len(committed))
	}
	more := t.TempDir()
	t.Setenv(Variable, more)
	if r := record(func(t testing.TB) { Folders(t) }); !strings.Contains(r.failed, more) {
		t.Errorf("a folder without references: reports %q", r.failed)
	}
	folder := filepath.Join(more, "golden", "one")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "reference.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Folders(t); !slices.Equal(got, append(committed, folder)) {
		t.Errorf("folders %q, want %q and %s", got, committed, folder)
	}
	if r := record(func(t testing.TB) { Glob(t, "absent/*.json") }); !strings.Contains(r.failed, "absent/*.json") {
		t.Errorf("no match: reports %q", r.failed)
	}
}

func TestModuleRoot(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := moduleRoot(below); got != dir || err != nil {
		t.Errorf("%q, %v, want %q", got, err, dir)
	}
	if got, err := moduleRoot(string(filepath.Separator)); err == nil {
		t.Errorf("%q, want an error", got)
	}
}
