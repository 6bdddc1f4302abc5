package session

import (
	"context"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/models"
)

// Encoder is the frozen part: a base model and the tokenizer that belongs to it.
type Encoder struct {
	Name      string // "mini", a folder, a name of the Hub, or "random:roberta-base"
	Hub       bool   // Name is one of the Hub
	Revision  string // of a model of the Hub, where one was given
	Files     fs.FS  // the model folder
	Model     *model.Model
	Tokenizer *tokenizer.Tokenizer
}

// LoadEncoder loads the built-in model, a folder in Hugging Face's layout, or a model of the
// Hub by its name, its projections held as the arithmetic says. A positive tokens is what a
// training batch has at least: where the memory cannot hold its activations, the batch is
// refused before a weight is read.
func LoadEncoder(ctx context.Context, env *Env, d settings.Data, a Arithmetic, tokens int) (*Encoder, error) {
	s, err := findSource(ctx, env, d)
	if err != nil {
		return nil, err
	}
	if err := s.checkTokenizer(); err != nil {
		return nil, err
	}
	e := &Encoder{Name: s.name, Hub: s.hub, Revision: s.revision, Files: s.files}
	if e.Tokenizer, err = tokenizer.Load(s.files, s.place); err != nil {
		return nil, err
	}
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	if have, want := e.Tokenizer.VocabSize(), config.VocabSize; have > want {
		return nil, fault.Invalidf("%s: the tokenizer has %d tokens, config.json's vocab_size is %d: the two are not of one model", s.place, have, want)
	}
	if err := env.CheckFit(config, tokens); err != nil {
		return nil, err
	}
	collectOften()
	e.Model, err = model.Load(s.files, s.place, model.LoadOptions{Precision: a.loaded(), Cache: env.packedWeights(), AllowPickle: d.AllowPickle})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// randomPrefix begins the name of a model of random weights.
const randomPrefix = "random:"

// IsRandom says whether a name is that of a model of random weights, such as
// random:roberta-base.
func IsRandom(name string) bool { return strings.HasPrefix(name, randomPrefix) }

// RandomEncoder is a model of a well-known shape with random weights, a function of the seed.
// Its sentences are tokenised with the built-in tokenizer, whose ids are inside any
// vocabulary, or with that of the folder tokenizerDir.
func RandomEncoder(name, tokenizerDir string, seed uint64, a Arithmetic) (*Encoder, error) {
	config, err := model.Named(strings.TrimPrefix(name, randomPrefix))
	if err != nil {
		return nil, fault.Usagef("model %s: %w", name, err)
	}
	e := &Encoder{Name: name, Files: models.Mini()}
	place := settings.BuiltIn + " (built in)"
	if tokenizerDir != "" {
		e.Files, place = os.DirFS(tokenizerDir), tokenizerDir
	}
	if e.Tokenizer, err = tokenizer.Load(e.Files, place); err != nil {
		return nil, err
	}
	if have := e.Tokenizer.VocabSize(); have > config.VocabSize {
		return nil, fault.Usagef("tokenizer %s has %d tokens, model %s %d", place, have, name, config.VocabSize)
	}
	collectOften()
	e.Model, err = model.Random(config, seed, a.loaded())
	return e, err
}

// Length is the tokens per sequence to use: what is set, and for a default that the model
// cannot take, the longest that it can.
func (e *Encoder) Length(r *settings.Resolved) (int, error) {
	set, longest := r.Data.MaxLength, e.Model.Config.MaxLength()
	if set > longest && r.Explicit("max_length") {
		return 0, fault.Usagef("max_length: model %s takes at most %d tokens, not %d (%s)", e.Name, longest, set, r.Place("max_length"))
	}
	return min(set, longest), nil
}

// collectOften bounds the garbage to a small share of the heap. Weights and activations are
// nearly all of it and hold no pointers, so a collection costs next to nothing; by default
// the heap would grow to twice their size.
func collectOften() { debug.SetGCPercent(15) }
