package session

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The built-in adapter is on the built-in model, as it is now, and leaves no folder behind.
func TestOpenSentiment(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a, err := OpenSentiment()
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("leaves %v, %v", left, err)
	}
	if a.Provenance == nil || a.Provenance.Model != "mini" || !slices.Equal(a.Provenance.Labels, []string{"negative", "neutral", "positive"}) {
		t.Errorf("%+v", a.Provenance)
	}
	s, err := Open(t.Context(), &Env{Getenv: func(string) string { return "" }}, a, Options{AnyTask: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.Task.Name == "" || len(s.Task.Labels) != 3 {
		t.Errorf("task %+v", s.Task)
	}
}

// The everyday sentences that it is measured on are 60 distinct ones, each with one of its labels.
func TestEverydaySentences(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/everyday.tsv")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		text, label, ok := strings.Cut(line, "\t")
		if !ok || seen[text] || !slices.Contains([]string{"negative", "neutral", "positive"}, label) {
			t.Errorf("line %d: %q", i+2, line)
		}
		seen[text] = true
	}
	if len(seen) != 60 {
		t.Errorf("%d sentences", len(seen))
	}
}
