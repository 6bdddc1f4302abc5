package decision

import (
	"slices"
	"strings"
	"testing"
)

// TestLog: decisions come back in order, as a copy, and a nil log takes them silently.
func TestLog(t *testing.T) {
	var l Log
	l.Add("tokenizer", "WordPiece", "tokenizer.json: model.type", "the file names it")
	l.Add("labels", "no, yes", "config.json: id2label", "in the order of the numbers")
	want := []Decision{
		{"tokenizer", "WordPiece", "tokenizer.json: model.type", "the file names it"},
		{"labels", "no, yes", "config.json: id2label", "in the order of the numbers"},
	}
	got := l.All()
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got[0].Value = "BPE"
	if l.All()[0].Value != "WordPiece" {
		t.Error("All gives the log's own memory")
	}
	var none *Log
	none.Add("labels", "no, yes", "config.json", "")
	if none.All() != nil {
		t.Errorf("a nil log holds %v", none.All())
	}
}

// TestAddIsPrintable: what a hostile file holds stays on its line.
func TestAddIsPrintable(t *testing.T) {
	for text, want := range map[string]string{
		`a "b" über 中文`:                    `a "b" über 中文`,
		"a\nb\x1b[31m":                     `a\nb\x1b[31m`,
		"not \"UTF-8\" \xff":               `not "UTF-8" \xff`,
		strings.Repeat("é", longest):       strings.Repeat("é", longest/2) + "…",
		"x" + strings.Repeat("é", longest): "x" + strings.Repeat("é", longest/2-1) + "…",
	} {
		var l Log
		l.Add("keys", text, "", "")
		if got := l.All()[0].Value; got != want {
			t.Errorf("%.40q is logged as %.80q, want %.80q", text, got, want)
		}
	}
}
