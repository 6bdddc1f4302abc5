package adapter

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/lfs"
)

// maxJSON bounds the JSON files of a folder; PEFT's take about a kilobyte.
const maxJSON = 16 << 20

// Stored is an adapter as its folder holds it.
type Stored struct {
	Adapter    *Adapter
	Provenance *Provenance // zero (Task "") where there is no dylora.json
	Notes      []string    // file contents that were not loaded, one line each

	Metadata map[string]string // of the weights' file
}

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
// that is not allowed is fault.Usage.
func Open(dir string, o Options) (*Stored, error) {
	configFile := filepath.Join(dir, configName)
	b, err := readJSON(configFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Invalid, "%s: no adapter here: %w; %s", dir, err, cmp.Or(Below(dir), "give a run folder or a folder in PEFT's layout"))
	}
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(configFile, b)
	if err != nil {
		return nil, err
	}
	weightsFile, st, err := o.readWeights(filepath.Join(dir, weightsName), filepath.Join(dir, pickledName))
	if err != nil {
		return nil, err
	}
	a, notes, err := decodeWeights(weightsFile, st, configFile, c)
	if err != nil {
		return nil, err
	}
	p, err := loadProvenance(filepath.Join(dir, provenanceName), a)
	if err != nil {
		return nil, err
	}
	return &Stored{a, p, notes, st.Metadata}, nil
}

// loadProvenance reads dylora.json, which must speak of a.
func loadProvenance(file string, a *Adapter) (*Provenance, error) {
	b, err := readJSON(file)
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
	if p.Rank != a.Rank || p.Alpha != a.Alpha {
		return nil, fault.Invalidf("%s: rank %d and alpha %v, but the adapter beside it has rank %d and alpha %v; the files do not belong together",
			file, p.Rank, p.Alpha, a.Rank, a.Alpha)
	}
	return p, nil
}

// readJSON reads a regular file of bounded size.
func readJSON(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Invalidf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxJSON+1))
	if err = cmp.Or(err, f.Close()); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s: %w", path, err)
	}
	if len(b) > maxJSON {
		return nil, fault.Invalidf("%s: more than %d MiB; this is no %s", path, maxJSON>>20, filepath.Base(path))
	}
	return b, lfs.Check(path, b)
}
