package hub

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/tokenizer"
)

// blob is content of a size, the same each time.
func blob(size int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size] }

// roberta are the files of a model as the Hub has them, and two that nobody needs.
func roberta() map[string][]byte {
	return map[string][]byte{
		"config.json": []byte(`{"model_type":"roberta"}`), "tokenizer.json": blob(5000), "vocab.json": blob(300), "merges.txt": blob(200),
		"model.safetensors": blob(100_000), "pytorch_model.bin": blob(100_001), "README.md": blob(50),
	}
}

// client is one of a Hub, with a cache of its own and no waiting.
func client(t *testing.T, s *hubtest.Server, pairs ...string) *Client {
	t.Helper()
	env := map[string]string{"HF_ENDPOINT": s.URL, "HF_HOME": t.TempDir()}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	c, err := New(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	c.wait = func(context.Context, time.Duration) error { return nil }
	return c
}

func repo(t *testing.T, kind Kind, name, revision string) Repo {
	t.Helper()
	r, err := ParseRepo(kind, name, revision)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tree is every path below root with what is there: content, link or folder.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if e.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			m[name] = "→ " + target
			return err
		}
		b, err := os.ReadFile(path)
		m[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestLayout pins the cache that two programs share.
func TestLayout(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	c := client(t, s)
	got, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"models--org--name/refs/main": hubtest.Commit}
	total := int64(0)
	for _, name := range []string{"config.json", "tokenizer.json", "vocab.json", "merges.txt", "model.safetensors"} {
		content := roberta()[name]
		total += int64(len(content))
		want["models--org--name/blobs/"+hubtest.Etag(content)] = string(content)
		want["models--org--name/snapshots/"+hubtest.Commit+"/"+name] = "→ ../../blobs/" + hubtest.Etag(content)
	}
	have := tree(t, c.Cache())
	for name := range have {
		if strings.HasPrefix(name, ".locks/models--org--name/") && strings.HasSuffix(name, ".lock") || name == "CACHEDIR.TAG" {
			delete(have, name)
		}
	}
	for name := range want {
		if have[name] != want[name] {
			t.Errorf("%s is %.80q, want %.80q", name, have[name], want[name])
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d files in the cache, want %d", len(have), len(want))
	}
	if got.Downloaded != total || len(got.Files) != 5 || got.Commit != hubtest.Commit || got.Dir != filepath.Join(c.Cache(), "models--org--name", "snapshots", hubtest.Commit) {
		t.Errorf("snapshot %+v", got)
	}
}

// TestSnapshotAgain: a branch that is cached costs one request, a commit none, and
// without a network the copy serves.
func TestSnapshotAgain(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	c := client(t, s)
	get := func(revision string) (*Snapshot, error) {
		return c.Snapshot(t.Context(), repo(t, Model, "org/name", revision), ModelFiles(false))
	}
	first, err := get("v1")
	if err != nil {
		t.Fatal(err)
	}
	for revision, requests := range map[string]int{"v1": 1, "main": 1, hubtest.Commit: 0} {
		before := s.Requests("")
		again, err := get(revision)
		if err != nil || again.Dir != first.Dir || again.Downloaded != 0 {
			t.Errorf("%s: %+v, %v", revision, again, err)
		}
		if n := s.Requests("") - before; n != requests {
			t.Errorf("%s: %d requests, want %d", revision, n, requests)
		}
	}
	s.Before = abort // the network is gone
	var notes []string
	c.Note = func(text string) { notes = append(notes, text) }
	if again, err := get("v1"); err != nil || again.Dir != first.Dir || len(notes) != 1 || !strings.Contains(notes[0], "using the copy in the cache, commit 0123456") {
		t.Errorf("without a network: %+v, %v, notes %q", again, err, notes)
	}
	c.Offline = true
	before := s.Requests("")
	if again, err := get("v1"); err != nil || again.Dir != first.Dir || s.Requests("") != before {
		t.Errorf("offline: %+v, %v", again, err)
	}
	_, err = get("v2")
	checkError(t, err, fault.Offline, "model org/name@v2 is not in the cache")
}

func checkError(t *testing.T, err error, class fault.Class, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error = %q, want %q in it", err, w)
		}
	}
	if fault.ClassOf(err) != class || strings.ContainsAny(err.Error(), "\n\r") || strings.Contains(err.Error(), "hf_secret") {
		t.Errorf("class %d, want %d, one line and no token: %q", fault.ClassOf(err), class, err)
	}
}

func TestShards(t *testing.T) {
	s := hubtest.New(t)
	files := roberta()
	delete(files, "model.safetensors")
	files["model.safetensors.index.json"] = []byte(`{"metadata":{},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors","c":"model-00001-of-00002.safetensors"}}`)
	files["model-00001-of-00002.safetensors"], files["model-00002-of-00002.safetensors"], files["model-00001-of-00009.safetensors"] = blob(2000), blob(3000), blob(4000)
	s.Add("models/org/name", files)
	c := client(t, s)
	for range 2 { // from the Hub, then from the cache
		got, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range got.Files {
			names = append(names, f.Name)
		}
		if !slices.Contains(names, "model-00002-of-00002.safetensors") || slices.Contains(names, "model-00001-of-00009.safetensors") || len(names) != 7 {
			t.Errorf("files %v", names)
		}
		c.Offline = true
	}
}

// TestModelFilesOfTheTokenizer: every file that decides how texts are cut is downloaded.
func TestModelFilesOfTheTokenizer(t *testing.T) {
	files := roberta()
	for _, name := range tokenizer.Files() {
		files[name] = []byte("x")
	}
	s := hubtest.New(t)
	s.Add("models/org/name", files)
	got, err := client(t, s).Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tokenizer.Files() {
		if !slices.ContainsFunc(got.Files, func(f File) bool { return f.Name == name }) {
			t.Errorf("%s is not among them", name)
		}
	}
}

// TestModelFilesRefusals: what a repository lacks is named, and nothing outside it is asked for.
func TestModelFilesRefusals(t *testing.T) {
	change := func(remove []string, add map[string]string) map[string][]byte {
		files := roberta()
		for _, name := range remove {
			delete(files, name)
		}
		for name, text := range add {
			files[name] = []byte(text)
		}
		return files
	}
	index := "model.safetensors.index.json"
	tests := []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"no config", change([]string{"config.json"}, nil), "has no config.json"},
		{"no tokenizer", change([]string{"tokenizer.json", "merges.txt"}, nil), "has neither tokenizer.json"},
		{"another vocabulary", change([]string{"tokenizer.json"}, map[string]string{"tokenizer.model": "x"}), "takes tokenizer.model for the vocabulary"},
		{"pickle only", change([]string{"model.safetensors"}, nil), "its weights are a pickle, pytorch_model.bin, and there is no model.safetensors"},
		{"no weights", change([]string{"model.safetensors", "pytorch_model.bin"}, nil), "has no model.safetensors"},
		{"index is no JSON", change([]string{"model.safetensors"}, map[string]string{index: "{"}), "not as it should be"},
		{"index is empty", change([]string{"model.safetensors"}, map[string]string{index: "{}"}), "names no files"},
		{"index leads out", change([]string{"model.safetensors"}, map[string]string{index: `{"weight_map":{"a":"../../x.safetensors"}}`}), "no weights file"},
		{"index names another kind", change([]string{"model.safetensors"}, map[string]string{index: `{"weight_map":{"a":"config.json"}}`}), "no weights file"},
		{"shard is missing", change([]string{"model.safetensors"}, map[string]string{index: `{"weight_map":{"a":"m.safetensors"}}`}), "has no m.safetensors"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := hubtest.New(t)
			s.Add("models/org/name", tt.files)
			c := client(t, s)
			_, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
			checkError(t, err, fault.Invalid, "model org/name: ", tt.want)
			pickled := fault.Reason("")
			if tt.name == "pickle only" {
				pickled = PickledWeights
			}
			if got := fault.ReasonOf(err); got != pickled {
				t.Errorf("reason %q, want %q", got, pickled)
			}
			if _, err := os.Stat(filepath.Join(c.Cache(), "models--org--name", "refs")); err == nil {
				t.Error("a revision is remembered that is not there")
			}
			c.Offline = true
			_, err = c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
			checkError(t, err, fault.Offline, "is not in the cache")
			if got := fault.ReasonOf(err); got != OfflineMode {
				t.Errorf("offline: reason %q, want %q", got, OfflineMode)
			}
		})
	}
	s := hubtest.New(t)
	s.Add("models/org/name", change([]string{"model.safetensors"}, nil))
	if got, err := client(t, s).Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(true)); err != nil || got.Files[len(got.Files)-1].Name != "pytorch_model.bin" {
		t.Errorf("with a pickle allowed: %+v, %v", got, err)
	}
}

// TestOldName follows a repository that has moved, as the models without an owner have.
func TestOldName(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/FacebookAI/roberta-large", roberta())
	s.Move("models/roberta-large", "models/FacebookAI/roberta-large")
	s.Private("models/FacebookAI/roberta-large")
	c := client(t, s, "HF_TOKEN", "hf_secret")
	got, err := c.Snapshot(t.Context(), repo(t, Model, "roberta-large", ""), ModelFiles(false))
	if err != nil || !strings.Contains(got.Dir, "models--roberta-large") {
		t.Errorf("%+v, %v", got, err)
	}
}
