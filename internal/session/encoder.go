package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/pretrained"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/internal/weights"
	"github.com/dylora/dylora/models"
)

// Encoder is the frozen part: a base model and the tokenizer that belongs to it.
type Encoder struct {
	Name      string             // "mini", a folder, a name of the Hub, or "random:roberta-base"
	Hub       bool               // Name is one of the Hub
	Revision  string             // of a model of the Hub, where one was given
	Files     fs.FS              // the model folder
	Folder    *pretrained.Folder // and what was read of it; nil for random weights
	Tokenizer *tokenizer.Tokenizer
	Model     *model.Model
	MaxLength int // tokens per sequence: as set, but never more than the model takes
}

// EncoderFiles are the files of an encoder of which everything but the weights has been read:
// enough to refuse what does not fit it.
type EncoderFiles struct {
	Encoder // without Model
	Config  *model.Config

	settings *settings.Resolved
	use      Use
}

// Use says what an encoder is wanted for.
type Use struct {
	Check Check       // of the configuration
	Pairs func() bool // whether pairs of texts are read, asked after Check; nil: single ones

	Trained bool             // for an adapter that exists: what the checkpoint lacks is in it, or is missing
	Saved   []weights.Tensor // of the adapter, which take the place of the checkpoint's
}

// FindEncoder finds the built-in model, a folder in Hugging Face's layout, or a model of the
// Hub by its name, which it downloads. It reads the configuration and the tokenizer. What
// check refuses, and a length that the model does not take, are refused before a download.
func FindEncoder(ctx context.Context, env *Env, r *settings.Resolved, check Check) (*EncoderFiles, error) {
	return findFor(ctx, env, r, Use{Check: check}, nil)
}

// findFor is FindEncoder for a use; unless options is nil it begins to load the weights by them.
func findFor(ctx context.Context, env *Env, r *settings.Resolved, use Use, options *model.LoadOptions) (*EncoderFiles, error) {
	fits := func(c *model.Config) error {
		if _, err := length(r.Data.Model, c, r); err != nil || use.Check == nil {
			return err
		}
		return use.Check(c)
	}
	s, err := findSource(ctx, env, r.Data, fits)
	if err != nil {
		return nil, err
	}
	f, err := pretrained.Read(s.files, s.place, pretrained.Options{Check: fits, Weights: options})
	if err != nil {
		return nil, err
	}
	e := &EncoderFiles{Config: f.Config, settings: r, use: use,
		Encoder: Encoder{Name: s.name, Hub: s.hub, Revision: s.revision, Files: f.Files, Folder: f, Tokenizer: f.Tokenizer}}
	if e.MaxLength, err = length(e.Name, e.Config, r); err == nil {
		err = f.CheckTypes(use.Pairs != nil && use.Pairs())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return e, nil
}

// Load reads the weights, the projections held as the arithmetic says.
func (f *EncoderFiles) Load(env *Env, a Arithmetic) (*Encoder, error) {
	collectOften()
	m, err := f.Folder.Load(loadOptions(env, a, f.settings, f.use))
	if err != nil {
		return nil, err
	}
	e := f.Encoder
	e.Model = m
	return &e, nil
}

// CheckWeights refuses weights that Load would refuse by the names and shapes of their tensors, and reads none of these.
func (f *EncoderFiles) CheckWeights(env *Env, a Arithmetic) error {
	o := loadOptions(env, a, f.settings, f.use)
	o.Cache = nil
	return f.Folder.Survey(o)
}

func loadOptions(env *Env, a Arithmetic, r *settings.Resolved, use Use) model.LoadOptions {
	return model.LoadOptions{Machine: a.Machine, Precision: a.loadPrecision(), Cache: env.packedWeights(), AllowPickle: r.Data.AllowPickle,
		Replace: use.Saved, InitMissing: r.Adapter.InitMissing && !use.Trained, Seed: r.Train.Loop.Seed,
		Note: func(line string) { env.Say(line) }, Packed: env.packing()}
}

// LoadEncoder finds an encoder that check lets pass, and loads it, for single texts.
func LoadEncoder(ctx context.Context, env *Env, r *settings.Resolved, a Arithmetic, check Check) (*Encoder, error) {
	return LoadEncoderFor(ctx, env, r, a, Use{Check: check})
}

// LoadEncoderFor finds an encoder that fits a use, and loads it: cached weights are verified
// while the tokenizer is read.
func LoadEncoderFor(ctx context.Context, env *Env, r *settings.Resolved, a Arithmetic, use Use) (*Encoder, error) {
	options := loadOptions(env, a, r, use)
	f, err := findFor(ctx, env, r, use, &options)
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
