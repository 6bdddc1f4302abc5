package model

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/dylora/dylora/internal/fault"
)

// Loading is a model folder whose weights are open and about to be read.
type Loading struct {
	config     *Config
	checkpoint *checkpoint
	options    LoadOptions
	cached     chan *cached // gets what the cache knows of the weights, verified
}

// Load reads the model folder fsys; dir is its path for messages. Loading is strict: a
// tensor that is missing, unexpected or of another shape than config.json says is an
// error, except for heads, and poolers where the head does not use one. So are weight files
// that somebody changes while they are read.
func Load(fsys fs.FS, dir string, o LoadOptions) (*Model, error) {
	b, err := fs.ReadFile(fsys, "config.json")
	if err != nil {
		return nil, fault.Invalidf("%s: cannot be read: %w", path.Join(dir, "config.json"), err)
	}
	config, err := ParseConfig(path.Join(dir, "config.json"), b)
	if err != nil {
		return nil, err
	}
	l, err := Begin(fsys, dir, config, o)
	if err != nil {
		return nil, err
	}
	return l.Finish()
}

// Begin opens the weights of a model folder whose config.json is config, refuses those that
// do not fit it, and begins in the background with what takes long before the first of them can
// be used: verifying those that are cached, or else hashing the files. So the caller has
// that time for something else. The caller finishes or closes.
func Begin(fsys fs.FS, dir string, config *Config, o LoadOptions) (*Loading, error) {
	if o.Machine == nil {
		return nil, errors.New("model: loaded for no machine")
	}
	c, err := openCheckpoint(fsys, dir, config, o)
	if err != nil {
		return nil, err
	}
	l := &Loading{config: config, checkpoint: c, options: o, cached: make(chan *cached, 1)}
	go func() { l.cached <- c.lookUp(o) }()
	return l, nil
}

// Finish reads the weights and closes their files.
func (l *Loading) Finish() (m *Model, err error) {
	c, o := l.checkpoint, l.options
	k := <-l.cached
	defer func() { err = errors.Join(err, c.close()) }()
	if k.damage != nil && o.Note != nil {
		o.Note(fmt.Sprintf("cached weights: %v: packed again from %s", k.damage, c.path))
	}
	r := &loader{from: c.floats, machine: o.Machine, precision: o.Precision, packed: k.file, replaced: c.replaced, done: o.Packed}
	m = r.model(l.config)
	m.Made = c.made
	m.classifier = r.classifier(c, l.config)
	if m.Hash, err = k.hash(); err == nil {
		err = r.err
	}
	if changed := c.unchanged(); changed != nil {
		err = changed // whatever the mixture made wrong; it must not get into the cache
	}
	if err != nil {
		return nil, err
	}
	if !r.partial {
		k.keep(r.blobs)
	}
	m.source = mapFile(o.Machine, k.file)
	return m, nil
}

// Close gives up a loading that is not finished.
func (l *Loading) Close() error {
	err := l.checkpoint.close() // which ends the hashing, too
	_, _ = (<-l.cached).hash()
	return err
}
