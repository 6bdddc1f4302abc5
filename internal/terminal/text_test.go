package terminal

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/jedib0t/go-pretty/v6/table"
)

// A table rules off its header alone, and headings keep their case.
func TestTable(t *testing.T) {
	t.Parallel()
	w := Table()
	w.AppendHeader(table.Row{"rank", "‖ΔW‖"})
	w.AppendRow(table.Row{1, "Some"})
	w.AppendRow(table.Row{16, "x"})
	const want = " rank  ‖ΔW‖ \n────────────\n    1  Some \n   16  x    "
	if got := w.Render(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// JSON is one line, in which markup stays as it is.
func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := JSON(&out, map[string]any{"b": "<s> & 'x'", "a": []int{1}}); err != nil || out.String() != "{\"a\":[1],\"b\":\"<s> & 'x'\"}\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := JSON(&out, math.Inf(1)); err == nil {
		t.Error("a number that JSON does not have is printed")
	}
}

// writesLeft takes so many writes and no more.
type writesLeft int

func (w *writesLeft) Write(b []byte) (int, error) {
	if *w == 0 {
		return 0, errors.New("no space")
	}
	*w--
	return len(b), nil
}

// Printing ends at the first line that cannot be written.
func TestLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Lines(&out, "one", "", "two"); err != nil || out.String() != "one\n\ntwo\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := Lines(&out); err != nil {
		t.Error(err)
	}
	left := writesLeft(1)
	if err := Lines(&left, "one", "two", "three"); err == nil || left != 0 {
		t.Errorf("%d, %v", left, err)
	}
}

// TestColumns: what is no terminal has 80 columns.
func TestColumns(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, w := range []io.Writer{f, new(bytes.Buffer)} {
		if got := Columns(w); got != 80 {
			t.Errorf("%T has %d columns", w, got)
		}
	}
}
