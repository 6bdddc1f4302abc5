package terminal

import (
	"bytes"
	"io"
	"testing"
)

// Off a terminal a large file gets one line, however often its bytes are reported, and a
// small one, or one whose size the Hub does not say, none.
func TestDownloads(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	p := NewDownloads(&talk)
	for _, report := range []struct {
		file        string
		done, total int64
	}{
		{"config.json", 100, 480},
		{"config.json", 480, 480},
		{"model.safetensors", 1 << 20, 498_000_000},
		{"model.safetensors", 300_000_000, 498_000_000},
		{"model.safetensors", 498_000_000, 498_000_000},
		{"tokenizer.json", 1, worthALine - 1},
		{"vocab.json", 1, worthALine},
		{"merges.txt", 1 << 30, -1},
	} {
		p.At(report.file, report.done, report.total)
	}
	const want = "downloading model.safetensors, 498.0 MB\ndownloading vocab.json, 10.5 MB\n"
	if talk.String() != want {
		t.Errorf("says %q, want %q", talk.String(), want)
	}
	if p.bar != nil {
		t.Error("there is a bar off a terminal")
	}
}

// A buffer is no terminal, nor is a file that is none: nothing is drawn.
func TestNoTerminal(t *testing.T) {
	t.Parallel()
	if Is(io.Discard) || Is(&bytes.Buffer{}) {
		t.Error("a writer that is no file passes for a terminal")
	}
	var talk bytes.Buffer
	p := NewProgress(&talk, "evaluate", 10)
	p.At(5)
	p.End()
	if talk.Len() > 0 || p.bar != nil {
		t.Errorf("draws %q", talk.String())
	}
}
