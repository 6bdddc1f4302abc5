package main

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/pickle/pickletest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/models"
)

// TestAllowPickle loads the built-in model from a folder where its weights are a pickle.
func TestAllowPickle(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"config.json", "tokenizer.json"} {
		b, err := fs.ReadFile(models.Mini(), name)
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := fs.ReadFile(models.Mini(), "model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := safetensors.Parse("mini", b)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = pickletest.Encode(weights.Tensors); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pytorch_model.bin"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	silent := &streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
	for _, tt := range []struct {
		args string
		ok   bool
	}{{"--model " + dir, false}, {"--model " + dir + " --allow-pickle", true}, {"--model " + dir + " --allow-pickle=false", false}} {
		r, err := resolveTrain(t, strings.Fields(tt.args)...)
		if err != nil {
			t.Fatal(err)
		}
		base, err := session.LoadEncoder(context.Background(), silent.env(), r, session.Arithmetic{Machine: kerneltest.New(t)}, nil)
		switch {
		case tt.ok && (err != nil || base.Model.Config.HiddenSize != 256):
			t.Errorf("%s: %v", tt.args, err)
		case !tt.ok && (fault.ClassOf(err) != fault.Usage || !strings.Contains(message(err), "--allow-pickle")):
			t.Errorf("%s: %v", tt.args, err)
		}
	}
}
