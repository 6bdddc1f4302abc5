package tokenizer

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/fault"
)

// Options are the inputs of Load beside the folder.
type Options struct {
	// ModelType is model_type of config.json; "": as the folder's config.json says, if there is
	// one.
	ModelType string
	// Log gets each decision with the file and the key that it comes from; it may be nil.
	Log *decision.Log
}

// Files are the names of all files of a model folder that Load reads and that decide, beside
// config.json. A folder has some of them.
func Files() []string {
	return []string{jsonFile, configFile, mapFile, addedFile, "vocab.txt", "vocab.json", "merges.txt", pieceFile}
}

// modelFolder is the part of a model folder that says which tokenizer there is.
type modelFolder struct {
	fsys      fs.FS
	dir       string
	config    []argument     // tokenizer_config.json
	whole     *tokenizerFile // tokenizer.json, or nil
	named     []namedClass   // by tokenizer_class, the first that is not empty holds
	modelType string
	typePlace string // where modelType is from
	ownName   bool   // config.json has a name with which Transformers does not believe a class that a file names
	decisions *decision.Log
}

// namedClass is a class that a file names.
type namedClass struct{ content, place string }

func (f *modelFolder) log(about, value, source, reason string) {
	f.decisions.Add(about, value, source, reason)
}

func (f *modelFolder) has(name string) bool { return exists(f.fsys, name) }

// openFolder reads the files that say what the tokenizer is.
func openFolder(fsys fs.FS, dir string, o Options) (*modelFolder, error) {
	f := &modelFolder{fsys: fsys, dir: dir, modelType: o.ModelType, typePlace: "config.json: model_type", decisions: o.Log}
	var err error
	if f.config, err = f.object(configFile); err != nil {
		return nil, err
	}
	for _, s := range f.config {
		if s.name == "tokenizer_class" {
			if err := f.nameClass(s); err != nil {
				return nil, err
			}
		}
	}
	if err := f.readConfig(); err != nil {
		return nil, err
	}
	name := path.Join(dir, jsonFile)
	b, err := read(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err == nil {
		f.whole, err = parseFile(name, b)
	}
	return f, err
}

// object reads the keys of a file that may be missing.
func (f *modelFolder) object(name string) ([]argument, error) {
	place := path.Join(f.dir, name)
	b, err := read(f.fsys, place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var checked jsontext.Value
	if err := decode(place, "", b, &checked); err != nil {
		return nil, err
	}
	return entry{place, "", checked}.members()
}

// readConfig takes from config.json what decides here.
func (f *modelFolder) readConfig() error {
	members, err := f.object("config.json")
	if err != nil {
		return err
	}
	for _, s := range members {
		switch s.name {
		case "tokenizer_class":
			if err := f.nameClass(s); err != nil {
				return err
			}
		case "model_name":
			f.ownName = string(s.value) == `"camembertv2-base"`
		case "model_type":
			if f.modelType == "" && !s.null() {
				if err := s.decode(&f.modelType); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *modelFolder) nameClass(s argument) error {
	n := namedClass{place: s.place()}
	if s.null() {
		return nil
	}
	if err := s.decode(&n.content); err != nil {
		return err
	}
	if n.content == "" {
		return fault.Invalidf("%s: tokenizer_class is empty: name a class, or remove the key", s.file)
	}
	f.named = append(f.named, n)
	return nil
}

// define builds the definition of the folder's tokenizer.
func (f *modelFolder) define() (*definition, error) {
	c, err := f.class()
	if err != nil {
		return nil, err
	}
	a, err := readArguments(f)
	if err != nil {
		return nil, err
	}
	d, err := f.vocabulary(c, a)
	if err != nil {
		return nil, err
	}
	n, err := a.added(c, d)
	if err != nil {
		return nil, err
	}
	f.logAdded(a, d)
	if c.pipeline != nil {
		if err := c.pipeline(c, f, a, n, d); err != nil {
			return nil, err
		}
		if d.post, err = c.around(f, a, n, d); err != nil {
			return nil, err
		}
	}
	return d, f.finish(c, a, d)
}

// vocabulary reads the vocabulary, and with TokenizersBackend all that tokenizer.json holds.
func (f *modelFolder) vocabulary(c *tokenizerClass, a *arguments) (*definition, error) {
	name := path.Join(f.dir, jsonFile)
	if f.whole == nil {
		return f.older(c, a)
	}
	if c.model == "" {
		f.log("vocabulary", "tokenizer.json", jsonFile, "it holds all of the tokenizer")
		return f.whole.definition(name)
	}
	e := entry{name, "/model", f.whole.Model}
	kind, err := modelType(e)
	if err != nil {
		return nil, err
	}
	if kind != c.model {
		return nil, fault.Invalidf("%s: its model is %s, but %s, the tokenizer of %s, takes %s: name the right tokenizer_class in tokenizer_config.json, or \"PreTrainedTokenizerFast\" for all that tokenizer.json holds",
			name, printable(kind), c.name, f.classFrom(), c.model)
	}
	d := &definition{file: name}
	f.log("vocabulary", kind, jsonFile+": model.vocab", c.name+" takes the vocabulary from there and makes the rest itself")
	return d, readModel(e, d)
}

// older reads the vocabulary of a folder without tokenizer.json.
func (f *modelFolder) older(c *tokenizerClass, a *arguments) (*definition, error) {
	if name := Unread(f.has); name != "" {
		return nil, fault.Invalidf("%s: there is no tokenizer.json, and Transformers takes this file for the vocabulary: copy the model's tokenizer.json beside it", path.Join(f.dir, name))
	}
	for _, name := range c.older {
		if !f.has(name) {
			return nil, f.lacks(c)
		}
	}
	if c.readOlder == nil {
		return nil, f.lacks(c)
	}
	d := &definition{file: path.Join(f.dir, c.older[0])}
	f.log("vocabulary", strings.Join(c.older, " and "), strings.Join(c.older, " and "), "there is no tokenizer.json")
	return d, c.readOlder(f, a, d)
}

// lacks refuses a folder without the files that a class reads, naming those that it has.
func (f *modelFolder) lacks(c *tokenizerClass) error {
	wanted := append([]string{jsonFile}, c.older...)
	want := wanted[0]
	if len(c.older) > 0 {
		want += ", or " + strings.Join(c.older, " and ")
	}
	var have []string
	for _, name := range Files() {
		if f.has(name) && name != configFile {
			have = append(have, name)
		}
	}
	if len(have) == 0 {
		return fault.Invalidf("%s: holds no tokenizer: %s reads %s", f.dir, c.name, want)
	}
	return fault.Invalidf("%s: has %s, but %s reads %s: copy the right files, or name the tokenizer_class of those that are there in tokenizer_config.json",
		f.dir, strings.Join(have, ", "), c.name, want)
}

// parseFile reads tokenizer.json; file is its path, for messages.
func parseFile(file string, b []byte) (*tokenizerFile, error) {
	var f tokenizerFile
	if err := decode(file, "", b, &f); err != nil {
		return nil, err
	}
	if f.Version != "1.0" {
		return nil, fault.Invalidf("%s: version is %s, known is \"1.0\": save it with a release of tokenizers that writes that", file, printable(f.Version))
	}
	return &f, nil
}

// truncationFile is truncation in tokenizer.json; only its side has an effect.
type truncationFile struct {
	Direction string         `json:"direction"`
	MaxLength jsontext.Value `json:"max_length"`
	Strategy  jsontext.Value `json:"strategy"`
	Stride    jsontext.Value `json:"stride"`
}
