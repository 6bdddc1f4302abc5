package pretrained_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/pretrained"
	"github.com/dylora/dylora/internal/reftest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder is a copy of the model folder of the reference of that name.
func folder(t *testing.T, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), name)
	must(t, os.CopyFS(to, os.DirFS(filepath.Join(reftest.Testdata(t), name, "model"))))
	return to
}

// change changes keys of a JSON file; a value nil removes the key.
func change(t *testing.T, file string, values map[string]any) {
	t.Helper()
	all := map[string]any{}
	if b, err := os.ReadFile(file); err == nil {
		must(t, json.Unmarshal(b, &all))
	}
	maps.Copy(all, values)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	b, err := json.MarshalIndent(all, "", "  ")
	must(t, err)
	must(t, os.WriteFile(file, b, 0o666))
}

// invalid wants an error of class Invalid with all the parts in its text.
func invalid(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil || fault.ClassOf(err) != fault.Invalid {
		t.Fatalf("got %v, want an error of class invalid", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v: does not say %q", err, part)
		}
	}
}

// decided returns the entry of a log about something; "" where it holds nothing.
func decided(log *decision.Log, about string) string {
	for _, d := range log.All() {
		if d.About == about {
			return d.Value
		}
	}
	return ""
}

// TestRead: a folder is read, everything that it settles is logged, and its weights load.
func TestRead(t *testing.T) {
	for _, name := range []string{"roberta", "bert"} {
		t.Run(name, func(t *testing.T) {
			var log decision.Log
			f, err := pretrained.Read(pretrained.At(folder(t, name)), "place", pretrained.Options{Log: &log})
			must(t, err)
			if f.Config.ModelType != name || f.Tokenizer.VocabSize() > f.Config.VocabSize {
				t.Errorf("read a %s, a tokenizer of %d tokens", f.Config.ModelType, f.Tokenizer.VocabSize())
			}
			must(t, f.Survey(model.LoadOptions{Log: &log}))
			want := map[string]string{"model type": name, "head": "3 outputs", "pooler": "", "weights": "F32"}
			if name == "bert" {
				want["head"], want["pooler"] = "1 outputs", "found"
			}
			for about, value := range want {
				if got := decided(&log, about); !strings.Contains(got, value) || (got == "") != (value == "") {
					t.Errorf("%s is %q, want %q", about, got, value)
				}
			}
			m, err := f.Load(model.LoadOptions{Machine: kerneltest.New(t)})
			must(t, err)
			if m.Config.ModelType != name || len(m.Hash) != 64 {
				t.Errorf("loaded a %s with hash %q", m.Config.ModelType, m.Hash)
			}
			must(t, f.CheckTypes(false))
			must(t, f.CheckTypes(true))
		})
	}
}

// TestReadRefuses: files that contradict each other, and folders that are not whole.
func TestReadRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir string)
		parts []string
	}{
		"no config":    {func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "config.json"))) }, []string{"place/config.json: cannot be read"}},
		"no tokenizer": {func(t *testing.T, dir string) { remove(t, dir, "tokenizer.json", "vocab.json", "merges.txt") }, []string{"place: ", "has no tokenizer.json"}},
		"no tokenizer of another kind of model": {func(t *testing.T, dir string) {
			remove(t, dir, "tokenizer.json", "vocab.json", "merges.txt")
			change(t, filepath.Join(dir, "config.json"), map[string]any{"model_type": "gpt2"})
		}, []string{"place/config.json", "gpt2"}},
		"small vocabulary": {func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, "config.json"), map[string]any{"vocab_size": 100})
		}, []string{"111 tokens", "config.json", "vocab_size is 100"}},
		"an endless config": {func(t *testing.T, dir string) {
			must(t, os.Truncate(filepath.Join(dir, "config.json"), 17<<20))
		}, []string{"place/config.json: larger than 16 MiB"}},
		"a pointer of Git LFS": {func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte("version https://git-lfs.github.com/spec/v1\n"), 0o666))
		}, []string{"place/config.json", "Git LFS"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "roberta")
			tt.spoil(t, dir)
			_, err := pretrained.Read(pretrained.At(dir), "place", pretrained.Options{})
			invalid(t, err, tt.parts...)
		})
	}
}

func remove(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

// TestSurveyRefuses: weights that do not fit config.json are refused without being loaded.
func TestSurveyRefuses(t *testing.T) {
	dir := folder(t, "roberta")
	change(t, filepath.Join(dir, "config.json"), map[string]any{"intermediate_size": 44})
	f, err := pretrained.Read(pretrained.At(dir), "place", pretrained.Options{})
	must(t, err)
	invalid(t, f.Survey(model.LoadOptions{}), "place/model.safetensors", "config.json", "wrong shape")
	must(t, os.WriteFile(filepath.Join(dir, "model.safetensors"), []byte("version https://git-lfs.github.com/spec/v1\n"), 0o666))
	f, err = pretrained.Read(pretrained.At(dir), "place", pretrained.Options{})
	must(t, err)
	invalid(t, f.Survey(model.LoadOptions{}), "place/model.safetensors", "Git LFS")
}

// TestCheckTypes: a tokenizer that gives types to pairs is refused for pairs where the model
// has one type alone, and taken for single texts, whose tokens are all of type 0.
func TestCheckTypes(t *testing.T) {
	dir := folder(t, "bert")
	change(t, filepath.Join(dir, "config.json"), map[string]any{"type_vocab_size": 1})
	f, err := pretrained.Read(pretrained.At(dir), "place", pretrained.Options{})
	must(t, err)
	must(t, f.CheckTypes(false))
	invalid(t, f.CheckTypes(true), "place: ", "token type 1 in pairs", "type_vocab_size is 1", "tokenizer_config.json")
}

// TestCopies: every file of the tokenizer is copied as it is, and nothing else.
func TestCopies(t *testing.T) {
	dir := folder(t, "roberta")
	more := map[string]string{"added_tokens.json": `{}`, "special_tokens_map.json": `{"unk_token": "<unk>"}`, "README.md": "x", "generation_config.json": "{}"}
	for name, text := range more {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	f, err := pretrained.Read(pretrained.At(dir), dir, pretrained.Options{})
	must(t, err)
	list, err := f.Copies()
	must(t, err)
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
		if want, err := os.ReadFile(filepath.Join(dir, c.Name)); err != nil || string(want) != string(c.Data) {
			t.Errorf("%s is not the folder's: %v", c.Name, err)
		}
	}
	entries, err := fs.ReadDir(os.DirFS(dir), ".")
	must(t, err)
	for _, e := range entries {
		copied := !slices.Contains([]string{"config.json", "model.safetensors", "README.md", "generation_config.json"}, e.Name())
		if slices.Contains(names, e.Name()) != copied {
			t.Errorf("%s: copied %v", e.Name(), !copied)
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "added_tokens.json"), []byte(`{"x": 1}`), 0o666))
	_, err = f.Copies()
	invalid(t, err, "added_tokens.json", "was changed")
}

// TestAddedBeyondTheVocabulary: added tokens without an embedding are taken, and said; a text
// that has one is refused by the model, and so is a folder where each text would have one.
func TestAddedBeyondTheVocabulary(t *testing.T) {
	dir := folder(t, "roberta")
	remove(t, dir, "tokenizer.json")
	change(t, filepath.Join(dir, "added_tokens.json"), map[string]any{"<extra>": 111})
	var log decision.Log
	f, err := pretrained.Read(pretrained.At(dir), "place", pretrained.Options{Log: &log})
	must(t, err)
	if got := decided(&log, "tokens without embeddings"); got != "added ones with ids from 111 to 111" {
		t.Errorf("logged %q", got)
	}
	if ids := f.Tokenizer.Encode("a <extra>"); ids[len(ids)-1] != 111 {
		t.Errorf("ids %v", ids)
	}
	change(t, filepath.Join(dir, "tokenizer_config.json"), map[string]any{"tokenizer_class": "RobertaTokenizer", "sep_token": "<extra>"})
	_, err = pretrained.Read(pretrained.At(dir), "place", pretrained.Options{})
	invalid(t, err, "place: ", "id 111 around every text", "vocab_size is 111")
}
