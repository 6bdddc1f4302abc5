package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/models"
)

// largeMini is a folder of the built-in model with a vocabulary that makes its weights worth a
// place in the cache.
func largeMini(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, models.Mini()))
	const vocabulary = 64 << 10
	edit := func(name string, change func(b []byte) ([]byte, error)) {
		path := filepath.Join(dir, name)
		must(t, os.Chmod(path, 0o600))
		b, err := os.ReadFile(path)
		must(t, err)
		b, err = change(b)
		must(t, err)
		must(t, os.WriteFile(path, b, 0o600))
	}
	edit("config.json", func(b []byte) ([]byte, error) {
		config := map[string]any{}
		must(t, json.Unmarshal(b, &config))
		config["vocab_size"] = vocabulary
		return json.Marshal(config)
	})
	edit("model.safetensors", func(b []byte) ([]byte, error) {
		f, err := safetensors.Parse("mini", b)
		must(t, err)
		var list []safetensors.Tensor
		for _, x := range f.Tensors {
			v, err := x.Float32()
			must(t, err)
			if strings.HasSuffix(x.Name, "word_embeddings.weight") {
				v = append(v, make([]float32, vocabulary*x.Shape[1]-len(v))...)
				x.Shape = []int{vocabulary, x.Shape[1]}
			}
			list = append(list, safetensors.F32(x.Name, x.Shape, v))
		}
		return safetensors.Encode(list, nil)
	})
	old := time.Now().Add(-time.Hour) // a hash is remembered of files that have settled
	must(t, os.Chtimes(filepath.Join(dir, "model.safetensors"), old, old))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCacheSpoilt: a flipped bit in the cache is noted and changes nothing; a run whose cache
// is truncated while it trains ends with exit code 3 and the file's name.
func TestCacheSpoilt(t *testing.T) {
	model, cache, dir := largeMini(t), t.TempDir(), t.TempDir()
	start := func(more ...string) (*exec.Cmd, *bytes.Buffer) {
		c := command(t, dir, append(smallRun[:len(smallRun):len(smallRun)], append(more, "--model", model)...)...)
		c.Env = append(c.Env, "DYLORA_CACHE="+cache)
		var talk bytes.Buffer
		c.Stderr = &talk
		must(t, c.Start())
		return c, &talk
	}
	log := func(run string) string {
		b, err := os.ReadFile(filepath.Join(dir, run, "metrics.jsonl"))
		must(t, err)
		return string(b)
	}
	c, _ := start("--run", "runs/first", "--max-steps", "2")
	must(t, c.Wait())
	files, err := filepath.Glob(filepath.Join(cache, "*.packed"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(files[0], b, 0o600))

	c, talk := start("--run", "runs/flipped", "--max-steps", "2")
	must(t, c.Wait())
	if want := "is damaged: packed again from " + model; !strings.Contains(talk.String(), files[0]) || !strings.Contains(talk.String(), want) {
		t.Errorf("stderr lacks %q or %q: %s", files[0], want, talk)
	}
	if log("runs/flipped") != log("runs/first") {
		t.Error("other losses than before the bit was flipped")
	}

	c, talk = start()
	waitForSteps(t, filepath.Join(dir, "runs", "x", "metrics.jsonl"), 5)
	must(t, os.Truncate(files[0], int64(len(b)/3)))
	_ = c.Wait()
	if got := c.ProcessState.ExitCode(); got != 3 || !strings.Contains(talk.String(), files[0]) || strings.Contains(talk.String(), "goroutine") {
		t.Errorf("truncated: exit code %d, want 3 and the file's name: %s", got, talk)
	}
}
