package data

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

// TestReasons: what a user can mend says so by its reason, and everything else has none.
func TestReasons(t *testing.T) {
	many := strings.Builder{}
	many.WriteString("text,label\n")
	for i := range mostLabels + 1 {
		fmt.Fprintf(&many, "a,%d.5\n", i)
	}
	good := "text,label\na,1\nb,0\n"
	for _, tt := range []struct {
		name, train, dev string
		want             fault.Reason
	}{
		{"too many labels", many.String(), good, ManyLabels},
		{"a text for a label", "text,label\na," + strings.Repeat("x", longestLabel+1) + "\n", good, LongLabel},
		{"as long as a label may be", "text,label\na," + strings.Repeat("x", longestLabel) + "\nb,0\n", good, ""},
		{"letters behind quotes", good, "text,label\na,1\n\"b\" d,0\n", StrayQuote},
		{"row too short", good, "text,label\na\n", ""},
		{"no dev file", good, "", NoDevFile},
	} {
		task, err := own(t, "csv", tt.train, tt.dev, func(f *Files) {
			if tt.dev == "" {
				f.Dev = ""
			}
		})
		if err == nil {
			_, err = task.Read("", "dev")
		}
		if got := fault.ReasonOf(err); err == nil || got != tt.want {
			t.Errorf("%s: %v, reason %q, want %q", tt.name, err, got, tt.want)
		}
	}
	for name, dir := range map[string]string{"none": "", "no folder": filepath.Join(t.TempDir(), "none"), "no file": t.TempDir()} {
		if _, err := lookup(t, "sst2").Read(dir, "dev"); fault.ReasonOf(err) != NoDataFolder {
			t.Errorf("data folder: %s: %v, reason %q", name, err, fault.ReasonOf(err))
		}
	}
}
