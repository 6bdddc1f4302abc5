package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/session"
)

// What a command tells goes to stderr, and the rest of its environment is this process's.
func TestEnv(t *testing.T) {
	t.Setenv("TEST_OF_ENV", "here")
	var out, talk bytes.Buffer
	e := (&streams{in: strings.NewReader(""), out: &out, err: &talk}).env()
	e.Say("one", "two")
	bar := e.Begin("evaluate", 3)
	bar.At(2)
	bar.End()
	e.Download("model.safetensors", 1, 10<<20)
	if want := "one\ntwo\ndownloading model.safetensors, 10.5 MB\n"; talk.String() != want || out.Len() > 0 {
		t.Errorf("stderr %q, want %q; stdout %q", talk.String(), want, out.String())
	}
	if e.Getenv("TEST_OF_ENV") != "here" || e.Version == "" || time.Since(e.Now()) > time.Minute {
		t.Errorf("%+v", e)
	}
	if !slices.Equal(e.Memory, session.MemoryLimits("/")) {
		t.Errorf("memory %v, want %v", e.Memory, session.MemoryLimits("/"))
	}
}
