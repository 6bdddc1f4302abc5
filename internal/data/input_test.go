package data

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// TestOpenInput: a file is read as it is, and decompressed by its ending.
func TestOpenInput(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("text\na\n")); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, tt := range map[string]struct{ content, want, says string }{
		"a.csv":    {"text\na\n", "text\na\n", ""},
		"a.csv.GZ": {packed.String(), "text\na\n", ""},
		"b.csv.gz": {"text\na\n", "", "cannot read"},
		"c.csv.gz": {packed.String()[:packed.Len()-6], "text\na\n", "ends too early"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(tt.content), 0o666); err != nil {
			t.Fatal(err)
		}
		got := ""
		in, err := OpenInput(path)
		if err == nil {
			var b []byte
			b, err = io.ReadAll(in)
			got = string(b)
			if e := in.Close(); e != nil {
				t.Error(e)
			}
		}
		if got != tt.want || tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := OpenInput(filepath.Join(dir, "none.csv")); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "none.csv: no such file") {
		t.Errorf("no file: %v", err)
	}
	for name, want := range map[string]string{"a.csv": ".csv", "b/a.TSV.zst": ".tsv", "a.gz": "", "a": ""} {
		if got := Ending(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
