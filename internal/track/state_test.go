package track

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStateFormat: the state of a version without numbers of formats is read, and has one when it is written; that of a
// newer version is refused by name.
func TestStateFormat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, StateName)
	old := `{"server":"http://127.0.0.1:5000","key":"0123","run":"r","start":5,"described":true,"sent":{"step":3,"lines":1}}`
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readState(dir, "http://127.0.0.1:5000", 9)
	if err != nil || s.Key != "0123" || s.Start != 5 || s.Sent.Step != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(b), `{"format":1,`) {
		t.Fatalf("%s, %v", b, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), `"format":1`, `"format":2`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readState(dir, "http://127.0.0.1:5000", 9); err == nil || err.Error() != path+" has format 2, this program reads up to 1: update dylora" {
		t.Errorf("%v", err)
	}
}
