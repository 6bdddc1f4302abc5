package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// Off a terminal a large file gets one line, however often its bytes are reported, and a
// small one, or one whose size the Hub does not say, none.
func TestDownloadProgress(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	p := &downloadProgress{talk: &talk}
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
		p.at(report.file, report.done, report.total)
	}
	const want = "downloading model.safetensors, 498.0 MB\ndownloading vocab.json, 10.5 MB\n"
	if talk.String() != want {
		t.Errorf("says %q, want %q", talk.String(), want)
	}
	if p.bar != nil {
		t.Error("there is a bar off a terminal")
	}
}

// What a command tells goes to stderr, and the rest of its environment is this process's.
func TestEnv(t *testing.T) {
	t.Setenv("TEST_OF_ENV", "here")
	var out, talk bytes.Buffer
	e := (&streams{in: strings.NewReader(""), out: &out, err: &talk}).env()
	e.Say("one", "two")
	bar := e.Begin("evaluate", 3)
	bar.At(2)
	bar.End()
	e.Download("model.safetensors", 1, worthALine)
	if want := "one\ntwo\ndownloading model.safetensors, 10.5 MB\n"; talk.String() != want || out.Len() > 0 {
		t.Errorf("stderr %q, want %q; stdout %q", talk.String(), want, out.String())
	}
	if e.Getenv("TEST_OF_ENV") != "here" || e.Version == "" || time.Since(e.Now()) > time.Minute {
		t.Errorf("%+v", e)
	}
	if e.Memory != memoryLimit("/") {
		t.Errorf("memory %d, want %d", e.Memory, memoryLimit("/"))
	}
}

// A buffer is no terminal, nor is a file that is none: nothing is drawn.
func TestNoTerminal(t *testing.T) {
	t.Parallel()
	if isTerminal(io.Discard) || isTerminal(&bytes.Buffer{}) {
		t.Error("a writer that is no file passes for a terminal")
	}
	var talk bytes.Buffer
	p := newProgress(&talk, "evaluate", 10)
	p.At(5)
	p.End()
	if talk.Len() > 0 || p.bar != nil {
		t.Errorf("draws %q", talk.String())
	}
}
