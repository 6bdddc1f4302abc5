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
	"github.com/dylora/dylora/internal/weights"
	"github.com/dylora/dylora/models"
)

// Encoder is the frozen part: a base model and the tokenizer that belongs to it.
type Encoder struct {
	Name      string // "mini", a folder, a name of the Hub, or "random:roberta-base"
	Hub       bool   // Name is one of the Hub
	Revision  string // of a model of the Hub, where one was given
	Files     fs.FS  // the model folder
	Tokenizer *tokenizer.Tokenizer
	Model     *model.Model
	MaxLength int // tokens per sequence: as set, but never more than the model takes
}

// EncoderFiles are the files of an encoder of which everything but the weights has been read:
// enough to refuse what does not fit it.
type EncoderFiles struct {
	Encoder // without Model
	Config  *model.Config

	place       string // of the files, for messages
	allowPickle bool
	initMissing bool             // what the checkpoint lacks is made from seed
	seed        uint64           //
	whole       []weights.Tensor // tensors that take the place of the checkpoint's, as an adapter's do
}

// FindEncoder finds the built-in model, a folder in Hugging Face's layout, or a model of the
// Hub by its name, which it downloads. It reads the configuration and the tokenizer. What
// check refuses, and a length that the model does not take, are refused before a download.
func FindEncoder(ctx context.Context, env *Env, r *settings.Resolved, check Check) (*EncoderFiles, error) {
	fits := func(c *model.Config) error {
		if _, err := length(r.Data.Model, c, r); err != nil || check == nil {
			return err
		}
		return check(c)
	}
	s, err := findSource(ctx, env, r.Data, fits)
	if err != nil {
		return nil, err
	}
	if err := s.checkTokenizer(); err != nil {
		return nil, err
	}
	e := &EncoderFiles{Encoder: Encoder{Name: s.name, Hub: s.hub, Revision: s.revision, Files: s.files}, place: s.place,
		allowPickle: r.Data.AllowPickle, initMissing: r.Adapter.InitMissing, seed: r.Train.Loop.Seed}
	if e.Tokenizer, err = tokenizer.Load(s.files, s.place, tokenizer.Options{}); err != nil {
		return nil, err
	}
	if e.Config, err = s.config(); err != nil {
		return nil, err
	}
	if have, want := e.Tokenizer.VocabSize(), e.Config.VocabSize; have > want {
		return nil, fault.Invalidf("%s: the tokenizer has %d tokens, config.json's vocab_size is %d: the two are not of one model", s.place, have, want)
	}
	if err := fits(e.Config); err != nil {
		return nil, err
	}
	e.MaxLength, err = length(e.Name, e.Config, r)
	return e, err
}

// Load reads the weights, the projections held as the arithmetic says.
func (f *EncoderFiles) Load(env *Env, a Arithmetic) (*Encoder, error) {
	collectOften()
	m, err := model.Load(f.Files, f.place, model.LoadOptions{Machine: a.Machine, Precision: a.loadPrecision(), Cache: env.packedWeights(), AllowPickle: f.allowPickle,
		Replace: f.whole, InitMissing: f.initMissing, Seed: f.seed,
		Note: func(line string) { env.Say(line) }})
	if err != nil {
		return nil, err
	}
	e := f.Encoder
	e.Model = m
	return &e, nil
}

// LoadEncoder finds an encoder that check lets pass, and loads it.
func LoadEncoder(ctx context.Context, env *Env, r *settings.Resolved, a Arithmetic, check Check) (*Encoder, error) {
	f, err := FindEncoder(ctx, env, r, check)
	if err != nil {
		return nil, err
	}
	return f.Load(env, a)
}

// length is the tokens per sequence to use: what is set, and for a default that the model
// cannot take, the longest that it can.
func length(name string, c *model.Config, r *settings.Resolved) (int, error) {
	set, longest := r.Data.MaxLength, c.MaxLength()
	if set > longest && r.Explicit("max_length") {
		return 0, fault.Usagef("max_length: model %s takes at most %d tokens, not %d (%s)", name, longest, set, r.Place("max_length"))
	}
	return min(set, longest), nil
}

// randomPrefix begins the name of a model of random weights.
const randomPrefix = "random:"

// IsRandom says whether a name is that of a model of random weights, such as
// random:roberta-base.
func IsRandom(name string) bool { return strings.HasPrefix(name, randomPrefix) }

// RandomEncoder is a model of a well-known shape, which r names, with random weights, a
// function of the seed. Its sentences are tokenised with the built-in tokenizer, whose ids are
// inside any vocabulary, or with that of the folder tokenizerDir.
func RandomEncoder(r *settings.Resolved, tokenizerDir string, a Arithmetic) (*Encoder, error) {
	name := r.Data.Model
	config, err := model.Named(strings.TrimPrefix(name, randomPrefix))
	if err != nil {
		return nil, fault.Usagef("model %s: %w", name, err)
	}
	e := &Encoder{Name: name, Files: models.Mini()}
	place := settings.BuiltIn + " (built in)"
	if tokenizerDir != "" {
		e.Files, place = os.DirFS(tokenizerDir), tokenizerDir
	}
	if e.Tokenizer, err = tokenizer.Load(e.Files, place, tokenizer.Options{}); err != nil {
		return nil, err
	}
	if have := e.Tokenizer.VocabSize(); have > config.VocabSize {
		return nil, fault.Usagef("tokenizer %s has %d tokens, model %s %d", place, have, name, config.VocabSize)
	}
	if e.MaxLength, err = length(name, config, r); err != nil {
		return nil, err
	}
	collectOften()
	e.Model, err = model.Random(a.Machine, config, r.Train.Loop.Seed, a.loadPrecision())
	return e, err
}

// collectOften bounds the garbage to a small share of the heap. Weights and activations are
// nearly all of it and hold no pointers, so a collection costs next to nothing; by default
// the heap would grow to twice their size.
func collectOften() { debug.SetGCPercent(15) }
