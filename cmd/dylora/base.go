package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/models"
)

// base is the frozen part: an encoder and the tokenizer that belongs to it.
type base struct {
	name      string // "mini", a folder or a name of the Hub
	hub       bool   // name is one of the Hub
	revision  string // of a model of the Hub; "": its main branch
	files     fs.FS  // the model folder
	model     *model.Model
	tokenizer *tokenizer.Tokenizer
}

// loadBase loads the built-in model, a folder in Hugging Face layout, or a model of the
// Hub by its name, its projections in the precision p.
func loadBase(ctx context.Context, io *streams, d dataConfig, p kernel.Precision) (*base, error) {
	b, dir, err := modelFiles(ctx, io, d)
	if err != nil {
		return nil, err
	}
	if !hasTokenizer(b.files) {
		if err := refused(b.files, dir); err != nil {
			return nil, err
		}
		return nil, fault.Invalidf("%s: has no tokenizer.json, no vocab.json with merges.txt and no vocab.txt: copy the tokenizer's files of the model into the folder", dir)
	}
	if b.tokenizer, err = tokenizer.Load(b.files, dir); err != nil {
		return nil, err
	}
	collectOften()
	if b.model, err = model.Load(b.files, dir, model.LoadOptions{Precision: p, Cache: packedWeights(os.Getenv), AllowPickle: d.AllowPickle}); err != nil {
		return nil, err
	}
	if have, want := b.tokenizer.VocabSize(), b.model.Config.VocabSize; have > want {
		return nil, fault.Invalidf("%s: the tokenizer has %d tokens, config.json's vocab_size is %d: the two are not of one model", dir, have, want)
	}
	return b, nil
}

// refused is why config.json's model cannot be used, nil where nothing speaks against it:
// a tokenizer would not help a model of a kind that is not supported.
func refused(files fs.FS, dir string) error {
	text, err := fs.ReadFile(files, "config.json")
	if err != nil {
		return nil // the missing tokenizer is what is said
	}
	_, err = model.ParseConfig(path.Join(dir, "config.json"), text)
	return err
}

// modelFiles finds the files of a model, as a base without its parts, and names their
// place for messages.
func modelFiles(ctx context.Context, io *streams, d dataConfig) (*base, string, error) {
	if d.Model == builtIn {
		return &base{name: builtIn, files: models.Mini()}, "mini (built in)", nil
	}
	info, err := os.Stat(d.Model)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s, err := hubModel(ctx, io, d)
		if err != nil {
			return nil, "", err
		}
		return &base{name: s.Repo.ID, hub: true, revision: s.Repo.Explicit(), files: os.DirFS(s.Dir)}, s.Dir, nil
	case err != nil:
		return nil, "", fault.Usagef("model: %w", unwrapPath(err, d.Model))
	case !info.IsDir():
		return nil, "", fault.Usagef("model %s: not a folder: give the one that holds config.json and model.safetensors", d.Model)
	case d.Revision != "":
		return nil, "", fault.Usagef("revision %q: model %s is a folder: only models of the Hub have revisions", d.Revision, d.Model)
	}
	return &base{name: d.Model, files: os.DirFS(d.Model)}, d.Model, nil
}

func hasTokenizer(files fs.FS) bool {
	has := func(name string) bool {
		_, err := fs.Stat(files, name)
		return err == nil
	}
	return has("tokenizer.json") || has("vocab.json") && has("merges.txt") || has("vocab.txt")
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

// packedWeights is the cache of packed weights: the folder that DYLORA_CACHE names, by
// default dylora/packed in the folder of caches, and none if it is "off".
func packedWeights(getenv func(string) string) *packed.Cache {
	dir := getenv("DYLORA_CACHE")
	switch dir {
	case "off":
		return nil
	case "":
		dir = filepath.Join(hub.CacheHome(getenv), "dylora", "packed")
	}
	return &packed.Cache{Dir: dir, Limit: 8 << 30}
}

// collectOften bounds the garbage to a small share of the heap. Weights and activations are
// nearly all of it and hold no pointers, so a collection costs next to nothing; by default
// the heap would grow to twice their size.
func collectOften() { debug.SetGCPercent(15) }
