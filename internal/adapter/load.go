package adapter

import (
	"cmp"
	"errors"
	"io/fs"

	"github.com/dylora/dylora/internal/fault"
)

// Stored is an adapter as its folder holds it.
type Stored struct {
	Adapter    *Adapter
	Provenance *Provenance // zero (Task "") where there is no dylora.json
	Notes      []string    // file contents that were not loaded, one line each

	Metadata map[string]string // of the weights' file

	from folder
}

// Unchanged is fault.Invalid, and names the file, if a file that the adapter was read from is
// not what it was any more.
func (s *Stored) Unchanged() error { return s.from.unchanged() }

// Load is Open without the notes, and without pickles.
func Load(dir string) (*Adapter, *Provenance, error) {
	l, err := Open(dir, Options{})
	if err != nil {
		return nil, nil, err
	}
	return l.Adapter, l.Provenance, nil
}

// Open reads an adapter in PEFT's layout from the folder dir. It is strict: what could
// change results and is not supported is refused by name, and tensors must be those that
// the config asks for. Errors are fault.Invalid and name the file and the key; a pickle
// that is not allowed is fault.Usage. A folder that somebody changes meanwhile is refused
// rather than read as a mixture of two.
func Open(dir string, o Options) (*Stored, error) { return o.open(openFolder(dir)) }

// open reads a folder and refuses one that has changed since.
func (o Options) open(f folder) (*Stored, error) {
	s, err := o.read(f)
	if changed := f.unchanged(); changed != nil {
		return nil, changed // whatever the mixture looked like
	}
	return s, err
}

// read reads the files of a folder.
func (o Options) read(f folder) (*Stored, error) {
	configFile := f.path(configName)
	b, err := f.json(configName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Invalid, "%s: no adapter here: %w; %s", f.dir, err, cmp.Or(Below(f.dir), "give a run folder or a folder in PEFT's layout"))
	}
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(configFile, b)
	if err != nil {
		return nil, err
	}
	weightsFile, st, err := o.readWeights(f)
	if err != nil {
		return nil, err
	}
	a, notes, err := decodeWeights(weightsFile, st, configFile, c)
	if err != nil {
		return nil, err
	}
	if err := f.readHeads(a); err != nil {
		return nil, err
	}
	p, err := loadProvenance(f, a)
	if err != nil {
		return nil, err
	}
	return &Stored{Adapter: a, Provenance: p, Notes: notes, Metadata: st.Metadata, from: f}, nil
}

// loadProvenance reads dylora.json, which must speak of a, and gives a the scaling that it records.
func loadProvenance(f folder, a *Adapter) (*Provenance, error) {
	file := f.path(provenanceName)
	b, err := f.json(provenanceName)
	if errors.Is(err, fs.ErrNotExist) {
		return new(Provenance), nil
	}
	if err != nil {
		return nil, err
	}
	p, err := parseProvenance(file, b)
	if err != nil {
		return nil, err
	}
	return p, a.adopt(file, f.path(configName), p)
}
