package parquet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/parquet/parquettest"
)

// FuzzLines: no file ends this process, or makes it take more than its bounds; what is read has the
// shape of lines, and what is not, an error of one line.
func FuzzLines(f *testing.F) {
	originals, err := parquettest.Originals()
	if err != nil {
		f.Fatal(err)
	}
	for i, b := range originals {
		f.Add(b, i == 1)
		for seed := range uint64(8) {
			f.Add(parquettest.Damage(b, seed), i == 1)
		}
	}
	path := filepath.Join(f.TempDir(), "f.parquet")
	f.Fuzz(func(t *testing.T, b []byte, pairs bool) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		layout := layouts[0]
		if pairs {
			layout = layouts[1]
		}
		got, err := lines(t, path, layout)
		if err != nil && (fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("class %d of %v", fault.ClassOf(err), err)
		}
		if err == nil && !wellFormed(got) {
			t.Fatalf("lines %.100q", got)
		}
	})
}
