package session

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

// onHub starts a Hub that has the reference roberta, and lets s use it.
func onHub(t *testing.T, s *surroundings) *hubtest.Server {
	t.Helper()
	server := hubtest.New(t)
	dir := reference(t, "roberta").Model()
	files := map[string][]byte{"README.md": []byte("not wanted")}
	for _, name := range names(t, dir) {
		files[name] = []byte(read(t, dir, name))
	}
	server.Add("models/org/boats", files)
	s.variables["HF_ENDPOINT"], s.variables["HF_HUB_OFFLINE"] = server.URL, ""
	return server
}

func find(t *testing.T, e *Env, yaml string) (*EncoderFiles, error) {
	t.Helper()
	return FindEncoder(t.Context(), e, settled(t, yaml), nil)
}

func TestFindBuiltIn(t *testing.T) {
	f, err := find(t, env(t), "")
	must(t, err)
	if f.Name != "mini" || f.Hub || f.Revision != "" || f.Model != nil || f.Config.Layers != 4 || f.MaxLength != f.Config.MaxLength() {
		t.Errorf("found %+v", f)
	}
	if f.Tokenizer.VocabSize() > f.Config.VocabSize || f.Config.VocabSize != 8192 {
		t.Errorf("%d tokens for a vocabulary of %d", f.Tokenizer.VocabSize(), f.Config.VocabSize)
	}
}

func TestFindFolder(t *testing.T) {
	for _, tt := range []struct{ name, file, modelType string }{{"roberta", "vocab.json", "roberta"}, {"bert", "vocab.txt", "bert"}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := reference(t, tt.name).Model()
			f, err := find(t, env(t), "model: "+dir)
			must(t, err)
			if f.Name != dir || f.Hub || f.Config.ModelType != tt.modelType {
				t.Errorf("found %+v", f)
			}
			if _, err := fs.Stat(f.Files, tt.file); err != nil {
				t.Error(err)
			}
			// The older form of the tokenizer will do.
			if _, err := find(t, env(t), "model: "+copyOf(t, dir, map[string]string{"tokenizer.json": ""})); err != nil {
				t.Errorf("without tokenizer.json: %v", err)
			}
		})
	}
}

// TestFindReadsNoWeights: an encoder is found without a look at its weights.
func TestFindReadsNoWeights(t *testing.T) {
	e := env(t)
	dir := garbled(t, reference(t, "roberta").Model())
	f, err := find(t, e, "model: "+dir)
	must(t, err)
	if f.Config.HiddenSize != 24 || f.MaxLength != 26 || f.Model != nil {
		t.Errorf("found %+v", f)
	}
	_, err = f.Load(e, float32s(t))
	refused(t, err, fault.Invalid, "", filepath.Join(dir, "model.safetensors"))
	_, err = LoadEncoder(t.Context(), e, settled(t, "model: "+dir), float32s(t), nil)
	refused(t, err, fault.Invalid, "", "model.safetensors")
}

// TestFindRefuses: what is no encoder, by a name or a folder.
func TestFindRefuses(t *testing.T) {
	roberta := reference(t, "roberta").Model()
	without := func(names ...string) string {
		gone := map[string]string{"model.safetensors": "garbage"}
		for _, name := range names {
			gone[name] = ""
		}
		return copyOf(t, roberta, gone)
	}
	changed := func(old, new string, more ...string) string {
		dir := without(more...)
		config := read(t, dir, "config.json")
		if !strings.Contains(config, old) {
			t.Fatalf("config.json has no %s", old)
		}
		write(t, strings.Replace(config, old, new, 1), dir, "config.json")
		return dir
	}
	noTokenizer := []string{"tokenizer.json", "vocab.json", "merges.txt"}
	file := write(t, "", t.TempDir(), "model.safetensors")
	below := filepath.Join(file, "below")
	for name, tt := range map[string]struct {
		yaml  string
		class fault.Class
		parts []string
	}{
		"absolute path":             {"model: /no/such/folder", fault.Usage, []string{`"/no/such/folder": no such folder`}},
		"relative path":             {"model: ./roberta", fault.Usage, []string{"no such folder"}},
		"home":                      {"model: ~/roberta", fault.Usage, []string{"no such folder"}},
		"ends in a slash":           {"model: roberta/", fault.Usage, []string{"no such folder"}},
		"of another system":         {`model: models\roberta`, fault.Usage, []string{"no such folder"}},
		"deep":                      {"model: a/b/c", fault.Usage, []string{"no such folder"}},
		"no name of the Hub":        {"model: 'a b'", fault.Usage, []string{"is no folder here", "not a name of the Hugging Face Hub"}},
		"offline":                   {"model: org/absent", fault.Offline, []string{"org/absent is not in the cache"}},
		"branch with slashes":       {"model: org/absent@a/b", fault.Offline, []string{"org/absent@a/b"}},
		"file":                      {"model: " + file, fault.Usage, []string{file, "not a folder"}},
		"below a file":              {"model: " + below, fault.Usage, []string{"model: " + below}},
		"revision of a folder":      {"revision: v1; model: " + roberta, fault.Usage, []string{`revision "v1"`, "only models of the Hub have revisions"}},
		"two revisions":             {"revision: v1; model: org/boats@v2", fault.Usage, []string{"given twice"}},
		"no tokenizer":              {"model: " + without(noTokenizer...), fault.Invalid, []string{"has no tokenizer.json, no vocab.json with merges.txt, no vocab.txt and no sentencepiece.bpe.model"}},
		"half a tokenizer":          {"model: " + without("tokenizer.json", "merges.txt"), fault.Invalid, []string{"has no tokenizer.json"}},
		"nothing there":             {"model: " + t.TempDir(), fault.Invalid, []string{"has no tokenizer.json"}},
		"another kind of model":     {"model: " + changed(`"roberta"`, `"gpt2"`, noTokenizer...), fault.Invalid, []string{"gpt2", "config.json"}},
		"no config":                 {"model: " + without("config.json"), fault.Invalid, []string{"config.json: cannot be read"}},
		"tokenizer of another":      {"model: " + changed(`"vocab_size": 111`, `"vocab_size": 100`), fault.Invalid, []string{"111 tokens", "vocab_size is 100", "not of one model"}},
		"longer than it takes":      {"max_length: 27; model: " + roberta, fault.Usage, []string{"max_length", "takes at most 26 tokens, not 27", "test.yaml line 1"}},
		"wrong address of the Hub":  {"model: org/boats", fault.Usage, []string{"HF_ENDPOINT"}},
		"pickle that is no weights": {"allow_pickle: true; model: " + without(append(noTokenizer, "config.json")...), fault.Invalid, []string{"has no tokenizer.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := surround(t)
			if strings.HasPrefix(name, "wrong address") {
				s.variables["HF_ENDPOINT"] = "ftp://hub"
			}
			_, err := find(t, s.Env, tt.yaml)
			refused(t, err, tt.class, fault.ReasonOf(err), tt.parts...)
		})
	}
}

// TestMaxLength: what is asked for must fit; a default gives way to the model.
func TestMaxLength(t *testing.T) {
	dir := reference(t, "roberta").Model()
	for yaml, want := range map[string]int{"": 26, "max_length: 26": 26, "max_length: 5": 5} {
		f, err := find(t, env(t), "model: "+dir+"; "+yaml)
		must(t, err)
		if f.MaxLength != want {
			t.Errorf("%q: %d tokens, want %d", yaml, f.MaxLength, want)
		}
	}
}

// TestFindOnHub downloads a model by its name, whose download a user sees, and finds it in
// the cache later, also without a network.
func TestFindOnHub(t *testing.T) {
	s := surround(t)
	server := onHub(t, s)
	f, err := find(t, s.Env, "model: org/boats@v1")
	must(t, err)
	if f.Name != "org/boats" || !f.Hub || f.Revision != "v1" || f.Config.HiddenSize != 24 {
		t.Errorf("found %+v", f)
	}
	total := int64(len(read(t, reference(t, "roberta").Model(), "model.safetensors")))
	if got := s.downloads["model.safetensors"]; got != total || s.downloads["README.md"] != 0 {
		t.Errorf("downloads %v, want %d bytes of weights", s.downloads, total)
	}
	s.variables["HF_HUB_OFFLINE"] = "1"
	before := server.Requests("")
	again, err := LoadEncoder(t.Context(), s.Env, settled(t, "model: org/boats; revision: v1"), float32s(t), nil)
	must(t, err)
	if server.Requests("") != before || again.Model.Hash == "" || again.Revision != "v1" {
		t.Errorf("%d requests offline, revision %q", server.Requests("")-before, again.Revision)
	}
	_, err = find(t, s.Env, "model: org/boats")
	refused(t, err, fault.Offline, hub.OfflineMode, "org/boats is not in the cache")
	s.variables["HF_HUB_OFFLINE"] = ""
	main, err := find(t, s.Env, "model: org/boats")
	must(t, err)
	if main.Revision != "" {
		t.Errorf("the main branch is revision %q", main.Revision)
	}
	_, err = find(t, s.Env, "model: org/ships")
	refused(t, err, fault.Usage, "", "org/ships", "no such repository")
	s.variables["HF_HUB_OFFLINE"] = "1"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FindEncoder(ctx, s.Env, settled(t, "model: org/boats"), nil); err != nil {
		t.Errorf("what is in the cache needs no waiting: %v", err)
	}
}
