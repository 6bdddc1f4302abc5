package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/session"
)

// The built-in adapter classifies as many of the everyday sentences correctly as its constant states, but for one that another kernel may round
// to the other side.
func TestSentimentOnEveryday(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "internal", "session", "testdata", "everyday.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var texts, want []string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		text, label, _ := strings.Cut(line, "\t")
		texts, want = append(texts, text), append(want, label)
	}
	var out, talk bytes.Buffer
	if code := run([]string{"predict"}, strings.NewReader(strings.Join(texts, "\n")+"\n"), &out, &talk); code != 0 {
		t.Fatalf("exit %d: %s", code, talk.String())
	}
	right := 0
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		if label, _, _ := strings.Cut(line, "\t"); label == want[i] {
			right++
		}
	}
	if right < session.SentimentOnEveryday-1 || right > session.SentimentOnEveryday+1 {
		t.Errorf("%d of %d right, and the constant states %d", right, len(want), session.SentimentOnEveryday)
	}
	if !strings.Contains(talk.String(), "which is a toy") {
		t.Errorf("says %q", talk.String())
	}
}
