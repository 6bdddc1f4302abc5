package settings

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestReferenceIsMade: docs/settings.md is what the tags say, and has every setting.
func TestReferenceIsMade(t *testing.T) {
	t.Parallel()
	want := Reference()
	got, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Error("docs/settings.md is not what the settings' tags say: make settings-reference writes it")
	}
	for _, key := range Keys() {
		if strings.Count(string(want), "\n| `"+key+"` | ") != 1 {
			t.Errorf("%s does not have one line", key)
		}
	}
}
