package predict

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
)

// TestSubmissionFolder: what is in a folder beside a submission's files is never lost.
func TestSubmissionFolder(t *testing.T) {
	root := t.TempDir()
	w := Submission{Rank: 1, Folder: filepath.Join(root, "rank-1"), Files: []string{"RTE.tsv"}}
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(w.Folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.Folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("QNLI.tsv", "kept")
	if kept, err := w.others(false); err != nil || len(kept) != 1 || string(kept[0].Data) != "kept" {
		t.Errorf("others = %v, %v", kept, err)
	}
	put("RTE.tsv", "old")
	if _, err := w.others(false); err == nil || fault.ReasonOf(err) != session.Occupied {
		t.Errorf("without force: %v", err)
	}
	if kept, err := w.others(true); err != nil || len(kept) != 1 || kept[0].Name != "QNLI.tsv" {
		t.Errorf("with force: %v, %v", kept, err)
	}
	if err := os.Symlink("QNLI.tsv", filepath.Join(w.Folder, "CoLA.tsv")); err == nil {
		if _, err := w.others(true); err == nil || !strings.Contains(err.Error(), "CoLA.tsv is no file of") {
			t.Errorf("a link: %v", err)
		}
	}
	w.Folder = filepath.Join(w.Folder, "RTE.tsv")
	if _, err := w.others(true); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a file: %v", err)
	}
}
