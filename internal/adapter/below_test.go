package adapter_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// TestBelow: a folder that has its adapters further below is refused, and the message names
// the folders to give.
func TestBelow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		folders []string // that hold an adapter_config.json
		want    string
	}{
		"nothing":                 {nil, ""},
		"one with a name":         {[]string{"sentiment"}, `there is one in its sub-folder "sentiment": give that`},
		"checkpoints":             {[]string{"checkpoint-10", "checkpoint-5"}, `there are adapters in its sub-folders "checkpoint-5", "checkpoint-10": give one of them`},
		"a name in a checkpoint":  {[]string{"checkpoint-5/sentiment"}, `there is one in its sub-folder "checkpoint-5/sentiment": give that`},
		"a name below an adapter": {[]string{"a", "a/b"}, `there is one in its sub-folder "a": give that`},
		"many":                    {[]string{"a", "b", "c", "d", "e", "f"}, `"a", "b", "c", "d" and 2 more: give one of them`},
		"too far below":           {[]string{"a/b/c"}, ""},
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "README.md"), nil, 0o666))
		for _, folder := range tt.folders {
			must(t, os.MkdirAll(filepath.Join(dir, filepath.FromSlash(folder)), 0o777))
			must(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(folder), "adapter_config.json"), []byte("{}"), 0o666))
		}
		got := filepath.ToSlash(adapter.Below(dir))
		if got == "" && tt.want != "" || !strings.HasSuffix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
		_, _, err := adapter.Load(dir)
		if fault.ClassOf(err) != fault.Invalid || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(filepath.ToSlash(err.Error()), tt.want) {
			t.Errorf("%s: class %d of %v, want %q in it", name, fault.ClassOf(err), err, tt.want)
		}
	}
	if got := adapter.Below(filepath.Join(t.TempDir(), "absent")); got != "" {
		t.Errorf("a folder that is not there has %q", got)
	}
}
