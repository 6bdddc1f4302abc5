package data_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/data"
)

func TestHas(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"MNLI/test_matched.tsv", "diagnostic/diagnostic.tsv"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mnli, err := data.LookupTask("mnli")
	if err != nil {
		t.Fatal(err)
	}
	demo, err := data.LookupTask("demo")
	if err != nil {
		t.Fatal(err)
	}
	for split, want := range map[string]bool{"test": true, "test_matched": true, "test_mismatched": false, "diagnostic": true, "nosuch": false} {
		if mnli.Has(dir, split) != want {
			t.Errorf("mnli has %s: %v, want %v", split, !want, want)
		}
	}
	if mnli.Has("", "test") || mnli.Has(filepath.Join(dir, "none"), "test") || !demo.Has("", "dev") || demo.Has("", "test") {
		t.Error("without a folder")
	}
}
