// Package pretrained reads a model folder in Hugging Face's layout once: config.json, the
// tokenizer's files and the weights. It holds them against each other, refuses what does not
// belong together by the names of both files and keys, and keeps everything that the files
// settle in a log with the reasons. A folder that somebody changes meanwhile is refused, so
// that nothing is ever made of two versions.
package pretrained

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/tokenizer"
)

// Folder is a model folder of which everything but the weights has been read.
type Folder struct {
	Files     *disk.Watched // to be read through, for then a change of the folder is found
	Place     string        // of the folder, for messages
	Config    *model.Config
	Tokenizer *tokenizer.Tokenizer

	loading *model.Loading // begun and not finished; nil: none
}

// At gives the files of the folder dir. Where dir is a link, they are those of the folder that
// it leads to now, wherever it leads to later.
func At(dir string) fs.FS {
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	return os.DirFS(dir)
}

// Options of Read; the zero value is for looking at a folder.
type Options struct {
	Log   *decision.Log             // gets what the files settle; may be nil
	Check func(*model.Config) error // may refuse a configuration, before anything else is read; nil refuses none

	// Weights begins to load the weights while the tokenizer is read; nil leaves them alone until Load.
	Weights *model.LoadOptions
}

// Read reads config.json and the tokenizer; place is the folder's path for messages. Errors are
// of class fault.Invalid, and name the file and the key, or those of Options.Check. The caller
// loads or closes.
func Read(files fs.FS, place string, o Options) (*Folder, error) {
	f := &Folder{Files: disk.Watch(files), Place: place}
	if err := f.changed(f.read(o)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (f *Folder) read(o Options) (err error) {
	if err := f.checkWhole(); err != nil {
		return err
	}
	if f.Config, err = f.readConfig(o.Log); err != nil {
		return err
	}
	if o.Check != nil {
		if err := o.Check(f.Config); err != nil {
			return err
		}
	}
	if o.Weights != nil {
		if f.loading, err = model.Begin(f.Files, f.Place, f.Config, *o.Weights); err != nil {
			return err
		}
	}
	if f.Tokenizer, err = tokenizer.Load(f.Files, f.Place, tokenizer.Options{ModelType: f.Config.ModelType, Log: o.Log}); err != nil {
		return err
	}
	return f.checkVocabulary(o.Log)
}

const (
	configName    = "config.json"
	largestConfig = 16 << 20 // bytes; it has a few kilobytes, with 10,000 labels half a megabyte
)

func (f *Folder) readConfig(log *decision.Log) (*model.Config, error) {
	name := path.Join(f.Place, configName)
	if info, err := f.Files.Stat(configName); err == nil && info.Size() > largestConfig {
		return nil, fault.Invalidf("%s: larger than %d MiB, no configuration is: give the right file", name, largestConfig>>20)
	}
	text, err := f.ReadFile(configName)
	if err != nil {
		return nil, err
	}
	return model.ParseConfigLog(name, text, log)
}

// has says whether the folder holds a file, of whatever kind.
func (f *Folder) has(name string) bool {
	_, err := f.Files.Stat(name)
	return err == nil
}

// Load reads the weights, by the options that Read had begun with if it had any. The folder
// must be as it was when the rest was read.
func (f *Folder) Load(o model.LoadOptions) (m *model.Model, err error) {
	if f.loading == nil {
		if f.loading, err = model.Begin(f.Files, f.Place, f.Config, o); err != nil {
			return nil, f.changed(err)
		}
	}
	m, err = f.loading.Finish()
	f.loading = nil
	if err = f.changed(err); err != nil {
		return nil, err
	}
	return m, nil
}

// Close gives up weights that were begun and are not loaded.
func (f *Folder) Close() error {
	if f.loading == nil {
		return nil
	}
	err := f.loading.Close()
	f.loading = nil
	return err
}

// Survey adds to o.Log what the weights say of themselves, as Load would, and reads no tensor.
func (f *Folder) Survey(o model.LoadOptions) error {
	return f.changed(model.Survey(f.Files, f.Place, f.Config, o))
}

// changed is err, or instead of it that the folder was changed, which explains everything.
func (f *Folder) changed(err error) error {
	if changed := f.Unchanged(); changed != nil {
		return changed
	}
	return err
}

// Unchanged is fault.Invalid, and names the file, if a file that was read or looked for is not
// what it was any more.
func (f *Folder) Unchanged() error {
	err := f.Files.Unchanged()
	var p *fs.PathError
	if errors.As(err, &p) {
		return fault.Invalidf("%s: %w", path.Join(f.Place, p.Path), p.Err)
	}
	return err
}
