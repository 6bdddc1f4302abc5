package data_test

import (
	"testing"

	"github.com/dylora/dylora/internal/data"
)

// TestFingerprint: whatever changes an example changes the fingerprint, and nothing else does.
func TestFingerprint(t *testing.T) {
	b, empty := "b", ""
	variants := map[string][]data.Example{
		"none":      {},
		"one":       {{A: "a"}},
		"two":       {{A: "a"}, {A: "a"}},
		"index":     {{A: "a", Index: 1}},
		"text":      {{A: "ab"}},
		"pair":      {{A: "a", B: &b}},
		"empty b":   {{A: "a", B: &empty}},
		"class":     {{A: "a", Class: 1}},
		"score":     {{A: "a", Score: 0.5}},
		"boundary":  {{A: "", B: &b}},
		"boundary2": {{A: "b", B: &empty}},
	}
	seen := map[string]string{}
	for name, v := range variants {
		f := data.Fingerprint(v)
		if other, twice := seen[f]; twice {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		seen[f] = name
		if again := data.Fingerprint(v); again != f || len(f) != 64 {
			t.Errorf("%s: %q, then %q", name, f, again)
		}
	}
}
