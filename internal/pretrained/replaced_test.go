package pretrained_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/pretrained"
)

// versions makes two versions of a model folder, which differ in config.json, the tokenizer
// and the weights, and in the length of no file of weights.
func versions(t *testing.T) (a, b string) {
	t.Helper()
	a, b = folder(t, "roberta"), folder(t, "roberta")
	remove(t, a, "tokenizer.json")
	remove(t, b, "tokenizer.json")
	change(t, filepath.Join(b, "config.json"), map[string]any{"layer_norm_eps": 0.25})
	vocab, err := os.ReadFile(filepath.Join(b, "vocab.json"))
	must(t, err)
	text := strings.NewReplacer(`"a":`, `"e":`, `"e":`, `"a":`).Replace(string(vocab))
	if text == string(vocab) {
		t.Fatal("the vocabulary has no a and no e")
	}
	must(t, os.WriteFile(filepath.Join(b, "vocab.json"), []byte(text), 0o666))
	weights := filepath.Join(b, "model.safetensors")
	bytes, err := os.ReadFile(weights)
	must(t, err)
	bytes[len(bytes)-1] ^= 1
	must(t, os.WriteFile(weights, bytes, 0o666))
	return a, b
}

// load reads all of a folder and says which version it is of.
func load(t *testing.T, files fs.FS) (string, error) {
	t.Helper()
	f, err := pretrained.Read(files, "place", pretrained.Options{})
	if err != nil {
		return "", err
	}
	m, err := f.Load(model.LoadOptions{Machine: kerneltest.New(t)})
	if err != nil {
		return "", err
	}
	if f.Config.LayerNormEps != m.Config.LayerNormEps {
		t.Errorf("two configurations: layer_norm_eps %v and %v", f.Config.LayerNormEps, m.Config.LayerNormEps)
	}
	return fmt.Sprint(f.Config.LayerNormEps, f.Tokenizer.Encode("a e"), m.Hash), nil
}

// hooked calls a function after each time that a file is opened or asked for.
type hooked struct {
	fs.FS
	then func()
}

func (h hooked) Open(name string) (fs.File, error) {
	defer h.then()
	return h.FS.Open(name)
}

func (h hooked) Stat(name string) (fs.FileInfo, error) {
	defer h.then()
	return fs.Stat(h.FS, name)
}

// TestReplacedAtEachStep replaces the folder by another version after each file that is opened
// or asked for, in every way that people do: what is read is one version, or refused.
func TestReplacedAtEachStep(t *testing.T) {
	a, b := versions(t)
	first, err := load(t, pretrained.At(a))
	must(t, err)
	second, err := load(t, pretrained.At(b))
	must(t, err)
	if first == second {
		t.Fatal("the two versions are one")
	}
	steps := 0
	_, err = load(t, hooked{pretrained.At(a), func() { steps++ }})
	must(t, err)
	if steps < 5 {
		t.Fatalf("only %d files were opened or asked for", steps)
	}
	for name, replace := range map[string]func(dir string) error{
		"folder": func(dir string) error {
			if err := os.Rename(dir, dir+".old"); err != nil {
				return err
			}
			return os.CopyFS(dir, os.DirFS(b))
		},
		"files": func(dir string) error {
			return each(b, func(from, name string) error { return install(from, filepath.Join(dir, name)) })
		},
		"bytes": func(dir string) error {
			return each(b, func(from, name string) error { return overwrite(from, filepath.Join(dir, name)) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusals := 0
			for at := range steps {
				dir := filepath.Join(t.TempDir(), "folder")
				must(t, os.CopyFS(dir, os.DirFS(a)))
				step := 0
				got, err := load(t, hooked{os.DirFS(dir), func() {
					if step == at {
						must(t, replace(dir))
					}
					step++
				}})
				switch {
				case err != nil:
					refusals++
					invalid(t, err, "place/", "was changed or replaced while it was read")
				case got != first && got != second:
					t.Errorf("replaced after step %d: a mixture of two versions: %s", at, got)
				}
			}
			if refusals == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

// each calls do for every file of a folder.
func each(dir string, do func(from, name string) error) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, do(filepath.Join(dir, e.Name()), e.Name()))
	}
	return err
}

// install puts a copy of a file in another's place, at once.
func install(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to+".new", b, 0o666), os.Rename(to+".new", to))
}

// overwrite writes a file's content into another, and sets its time back, as cp -p does.
func overwrite(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	before, err := os.Stat(to)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to, b, 0o666), os.Chtimes(to, before.ModTime(), before.ModTime()))
}

// TestReplacedAllTheTime reads a folder while another goroutine exchanges it with another
// version again and again.
func TestReplacedAllTheTime(t *testing.T) {
	a, b := versions(t)
	first, err := load(t, pretrained.At(a))
	must(t, err)
	second, err := load(t, pretrained.At(b))
	must(t, err)
	done := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for pause := time.Duration(0); ; pause = (pause + 170*time.Microsecond) % (3 * time.Millisecond) {
			select {
			case <-done:
				return
			case <-time.After(pause):
				if err := (disk.Real{}).Exchange(a, b); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	for range 60 {
		switch got, err := load(t, pretrained.At(a)); {
		case err != nil:
			invalid(t, err)
		case got != first && got != second:
			t.Errorf("a mixture of two versions: %s", got)
		}
	}
	close(done)
	swapping.Wait()
}

// TestReplacedLink: where the folder is a link that is pointed to another version meanwhile,
// all files are those of the version that it led to at first.
func TestReplacedLink(t *testing.T) {
	a, b := versions(t)
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(a, link))
	want, err := load(t, pretrained.At(a))
	must(t, err)
	step := 0
	got, err := load(t, hooked{pretrained.At(link), func() {
		if step++; step == 3 {
			must(t, os.Remove(link))
			must(t, os.Symlink(b, link))
		}
	}})
	if err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}
