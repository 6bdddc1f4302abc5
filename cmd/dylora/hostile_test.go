package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/internal/torture/hostile"
	"github.com/dylora/dylora/models"
)

// flat is a folder in which only the files themselves may be asked for.
type flat struct {
	t *testing.T
	fs.FS
}

func (f flat) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "/\\:\x00") {
		f.t.Errorf("%q was opened", name)
	}
	return f.FS.Open(name)
}

// TestHostileFolders: 200 indexes, tokenizers and configurations that lead out of their
// folder, or are made to cost memory or time, are refused in one line, in little of
// either; nothing is written. Those of adapters are in internal/adapter as well.
func TestHostileFolders(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	if err := os.CopyFS(dir, models.Mini()); err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(dir, "model.safetensors")
	for name, err := range map[string]error{ // what a path must not find
		"outside": os.Rename(weights, filepath.Join(root, hostile.Outside)),
		"folder":  os.Mkdir(filepath.Join(dir, hostile.Folder), 0o777),
		"link":    os.Symlink(root, filepath.Join(dir, hostile.Link)),
		"adapter": writeText(filepath.Join(dir, hostile.AdapterName), hostile.Adapter),
		"index":   writeText(filepath.Join(dir, hostile.IndexName), hostile.Index),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	inside := flat{t, os.DirFS(dir)}
	mc := kerneltest.New(t)
	loadModel := func(dir string) error { _, err := model.Load(inside, dir, model.LoadOptions{Machine: mc}); return err }
	load := map[string]func(dir string) error{
		hostile.IndexName:     loadModel,
		hostile.ConfigName:    loadModel,
		hostile.TokenizerName: func(dir string) error { _, err := tokenizer.Load(inside, dir, tokenizer.Options{}); return err },
		hostile.AdapterName:   func(dir string) error { _, err := adapter.Open(dir, adapter.Options{}); return err },
	}
	sound := map[string]string{}
	for name := range load {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sound[name] = string(b)
	}
	files, err := hostile.Files(func(name string) (string, error) { return sound[name], nil })
	if err != nil || len(files) < 200 {
		t.Fatalf("%d cases, want 200: %v", len(files), err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := writeText(path, f.Text); err != nil {
			t.Fatal(err)
		}
		refuses(t, f.What, dir, load[f.Name])
		if err := writeText(path, sound[f.Name]); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d cases", len(files))
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 2 {
		t.Errorf("beside the folder: %v, %v", entries, err)
	}
}

func writeText(path, text string) error { return os.WriteFile(path, []byte(text), 0o666) }

// refuses wants an error of invalid data in one line, soon and with little memory.
func refuses(t *testing.T, name, dir string, load func(string) error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := load(dir)
	d := time.Since(start)
	runtime.ReadMemStats(&after)
	switch {
	case err == nil:
		t.Errorf("%s: no error", name)
	case errors.Is(err, fs.ErrPermission) || fault.ClassOf(err) != fault.Invalid:
		t.Errorf("%s: class %d: %.200v", name, fault.ClassOf(err), err)
	case strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 2000 || !strings.Contains(err.Error(), dir):
		t.Errorf("%s: %.300q", name, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 || d > 5*time.Second {
		t.Errorf("%s: %d MiB, %v", name, used>>20, d)
	}
}
