package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dylora/dylora/scripts/serving/soak"
)

// TestSoak is a short run of scripts/soak-serve: no wrong answer, no request lost that was accepted, and exit code 0, with broken
// requests and adapters that come and go, and SIGTERM while all of it goes on.
func TestSoak(t *testing.T) {
	t.Parallel()
	model, err := filepath.Abs("../../internal/reftest/testdata/bert/model")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, err := soak.Run(t.Context(), soak.Options{
		Dylora: []string{self}, Environment: []string{runAsProgram + "=1", "XDG_CACHE_HOME=" + t.TempDir()}, Model: model, Dir: t.TempDir(),
		Duration: 4 * time.Second, Clients: 4, Seed: 1, Texts: []string{"a fine film", "dull", "the story of a man who was not very good at anything , and of his dog", ""},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Sound(); err != nil {
		t.Errorf("%v\n%s", err, r.Said)
	}
}
