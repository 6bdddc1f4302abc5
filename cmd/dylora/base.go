package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/models"
)

// base is the frozen part: an encoder and the tokenizer that belongs to it.
type base struct {
	name      string // as given: "mini" or a folder
	files     fs.FS  // the model folder
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
}

// loadBase loads the built-in model or a folder in Hugging Face layout.
func loadBase(name string) (*base, error) {
	files, dir, err := modelFiles(name)
	if err != nil {
		return nil, err
	}
	if !hasTokenizer(files) {
		return nil, fault.Invalidf("%s: has neither tokenizer.json nor vocab.json and merges.txt: copy the tokenizer's files of the model into the folder", dir)
	}
	b := &base{name: name, files: files}
	if b.tokenizer, err = tokenizer.Load(files, dir); err != nil {
		return nil, err
	}
	if b.model, err = model.Load(files, dir); err != nil {
		return nil, err
	}
	if have, want := b.tokenizer.VocabSize(), b.model.Config.VocabSize; have > want {
		return nil, fault.Invalidf("%s: the tokenizer has %d tokens, config.json's vocab_size is %d: the two are not of one model", dir, have, want)
	}
	return b, nil
}

// modelFiles finds the files of a model and names their place for messages.
func modelFiles(name string) (fs.FS, string, error) {
	if name == "mini" {
		return models.Mini(), "mini (built in)", nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", fault.Usagef("model %q: no such folder; names of the Hugging Face Hub are not supported yet: download the model and give its folder, or use mini", name)
	case err != nil:
		return nil, "", fault.Usagef("model: %w", unwrapPath(err, name))
	case !info.IsDir():
		return nil, "", fault.Usagef("model %s: not a folder: give the one that holds config.json and model.safetensors", name)
	}
	return os.DirFS(name), name, nil
}

func hasTokenizer(files fs.FS) bool {
	has := func(name string) bool {
		_, err := fs.Stat(files, name)
		return err == nil
	}
	return has("tokenizer.json") || has("vocab.json") && has("merges.txt")
}

// length is the tokens per sequence to use: what is set, and for a default that the
// model cannot take, the longest it can.
func (b *base) length(r *resolved) (int, error) {
	set, longest := r.Data.MaxLength, b.model.Config.MaxLength()
	if set > longest && r.explicit("max_length") {
		return 0, fault.Usagef("max_length: model %s takes at most %d tokens, not %d (%s)", b.name, longest, set, r.place("max_length"))
	}
	return min(set, longest), nil
}
