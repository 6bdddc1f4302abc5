package session

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/models"
)

// TestRandomEncoder: one of a well-known shape, a function of the seed, with the built-in
// tokenizer or another.
func TestRandomEncoder(t *testing.T) {
	if !IsRandom("random:roberta-base") || IsRandom("roberta-base") {
		t.Error("IsRandom goes by another beginning")
	}
	_, err := RandomEncoder(settled(t, "model: random:gpt2"), "", float32s(t))
	refused(t, err, fault.Usage, "", "random:gpt2")
	_, err = RandomEncoder(settled(t, "model: random:roberta-base; max_length: 600"), "", float32s(t))
	refused(t, err, fault.Usage, "", "takes at most 512 tokens, not 600")
	_, err = RandomEncoder(settled(t, "model: random:roberta-base"), t.TempDir(), float32s(t))
	if err == nil {
		t.Error("a folder without a tokenizer is taken")
	}
	var vocabulary strings.Builder
	vocabulary.WriteString("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
	for i := range 50261 {
		fmt.Fprintf(&vocabulary, "word%d\n", i)
	}
	large := t.TempDir()
	write(t, vocabulary.String(), large, "vocab.txt")
	write(t, `{"do_lower_case": true}`, large, "tokenizer_config.json")
	_, err = RandomEncoder(settled(t, "model: random:roberta-base"), large, float32s(t))
	refused(t, err, fault.Usage, "", "tokenizer "+large+" has 50266 tokens, model random:roberta-base 50265")
	bert := reference(t, "bert").Model()
	e, err := RandomEncoder(settled(t, "model: random:roberta-base; max_length: 40"), bert, Arithmetic{Machine: kerneltest.New(t), Precision: kernel.Int8})
	must(t, err)
	if e.Name != "random:roberta-base" || e.MaxLength != 40 || e.Tokenizer.VocabSize() != 103 || e.Model.Precision() != kernel.Float32 || e.Model.Config.Layers != 12 {
		t.Errorf("made %s of %d layers, %d tokens, in %s", e.Name, e.Model.Config.Layers, e.Tokenizer.VocabSize(), e.Model.Precision())
	}
	if _, err := fs.Stat(e.Files, "vocab.txt"); err != nil {
		t.Error(err)
	}
}

// TestMiniIsWhole: the built-in encoder loads like any folder.
func TestMiniIsWhole(t *testing.T) {
	e, err := LoadEncoder(t.Context(), env(t), settled(t, "max_length: 12"), float32s(t), nil)
	must(t, err)
	ids, _ := e.Tokenizer.Sequence("a fine film, and a long one that is cut", nil, e.MaxLength)
	if len(ids) != 12 || e.Model.Hash == "" {
		t.Errorf("%d tokens, hash %q", len(ids), e.Model.Hash)
	}
	text, err := fs.ReadFile(e.Files, "config.json")
	must(t, err)
	if want, err := fs.ReadFile(models.Mini(), "config.json"); err != nil || string(text) != string(want) {
		t.Errorf("the files are not the embedded ones: %v", err)
	}
}

// TestReferencesLoad: the folders that other tests compare with.
func TestReferencesLoad(t *testing.T) {
	for _, name := range []string{"roberta", "bert"} {
		e, err := LoadEncoder(t.Context(), env(t), settled(t, "model: "+reference(t, name).Model()), float32s(t), nil)
		must(t, err)
		if e.Model.Config.ModelType != name || len(e.Model.Hash) != 64 {
			t.Errorf("%s: a %s with hash %q", name, e.Model.Config.ModelType, e.Model.Hash)
		}
	}
	_, err := LoadEncoder(t.Context(), env(t), settled(t, "model: "+t.TempDir()), float32s(t), nil)
	refused(t, err, fault.Invalid, "", "has no tokenizer.json")
}
