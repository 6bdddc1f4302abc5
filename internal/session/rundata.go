package session

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
	"github.com/dylora/dylora/internal/settings"
)

// DataName is the file of a run folder that records which data the run has.
const DataName = "data.json"

// maxRunData bounds that file, in bytes: a dev split of ten million rows.
const maxRunData = 128 << 20

// RunData is which data a run has, and where they were.
type RunData struct {
	Format int                 `json:"format,omitzero"`    // format.RunData; Write sets it
	Task   string              `json:"task"`               // its name
	Splits map[string][]Stored `json:"splits"`             // by split, the files that were read; none of data that are built in or the Hub's
	Folder *Place              `json:"data_dir,omitempty"` // of GLUE's official files; nil: none was given
	Held   *data.Held          `json:"held,omitempty"`     // the dev split, where it was made of the training files
	Other  []string            `json:"other,omitempty"`    // a line for each file that a resumed run took in place of another
}

// Place is where a file or folder was.
type Place struct {
	Path     string `json:"path"`     // as it was given
	Absolute string `json:"absolute"` // path
	Relative string `json:"relative"` // from the run folder, with slashes; "": there is no such path
}

// Stored is a file of data.
type Stored struct {
	Place
	SHA256 string `json:"sha256"` // of its bytes, in hex
	Bytes  int64  `json:"bytes"`
}

// NewRunData is the record of a task's splits for a run folder.
func NewRunData(dir string, t *data.Task, d settings.Data, files map[string][]data.File, held *data.Held) (*RunData, error) {
	r := &RunData{Task: t.Name, Splits: map[string][]Stored{}, Held: held}
	for split, list := range files {
		for _, f := range list {
			p, err := placeOf(dir, f.Path)
			if err != nil {
				return nil, err
			}
			r.Splits[split] = append(r.Splits[split], Stored{p, f.SHA256, f.Bytes})
		}
	}
	if d.DataDir == "" || len(files) == 0 || data.IsFile(d.Task) {
		return r, nil
	}
	p, err := placeOf(dir, d.DataDir)
	r.Folder = &p
	return r, err
}

func placeOf(dir, path string) (Place, error) {
	p := Place{Path: path}
	var err error
	if p.Absolute, err = filepath.Abs(path); err != nil {
		return p, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return p, err
	}
	if rel, err := filepath.Rel(dir, p.Absolute); err == nil { // there is none between two drives
		p.Relative = filepath.ToSlash(rel)
	}
	return p, nil
}

// Write puts the record into a run folder.
func (r *RunData) Write(dir string) error {
	written := *r
	written.Format = format.RunData
	b, err := json.Marshal(&written)
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(dir, DataName), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// ReadRunData reads the record of a run folder; nil where an older version made the run, which has none.
func ReadRunData(dir string) (*RunData, error) {
	path := filepath.Join(dir, DataName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Invalidf("cannot read %s: %w", path, err)
	}
	defer f.Close()
	r := new(RunData)
	b, err := io.ReadAll(io.LimitReader(f, maxRunData+1))
	if err == nil && len(b) > maxRunData {
		err = errors.New("it is too long")
	}
	if err == nil {
		if err := format.Check(path, b, format.RunData); err != nil {
			return nil, err
		}
		err = json.Unmarshal(b, r)
	}
	if err != nil {
		return nil, fault.Invalidf("cannot read %s: %w", path, err)
	}
	return r, nil
}

// Training is what the adapter of the run records of its data; nil of data that are no files of the user's.
func (r *RunData) Training(own bool) *adapter.TrainingData {
	if !own {
		return nil
	}
	t := &adapter.TrainingData{Train: fileNames(r.Splits["train"]), Dev: fileNames(r.Splits["dev"]), Other: slices.Clone(r.Other)}
	if r.Held != nil {
		t.Dev, t.DevShare, t.DevSeed = nil, r.Held.Share, r.Held.Seed
	}
	return t
}

func fileNames(files []Stored) (list []adapter.DataFile) {
	for _, f := range files {
		list = append(list, adapter.DataFile{Name: filepath.Base(f.Absolute), SHA256: f.SHA256})
	}
	return list
}

// recordedData is what an adapter records of its data, as a run would; nil where it says nothing. Where the files are is not known but
// for those of training, which are in the current folder or given.
func recordedData(p *adapter.Provenance) *RunData {
	if p == nil || p.Data == nil {
		return nil
	}
	r := &RunData{Task: p.Task, Splits: map[string][]Stored{}}
	for split, files := range map[string][]adapter.DataFile{"train": p.Data.Train, "dev": p.Data.Dev} {
		for _, f := range files {
			p := Place{Path: f.Name}
			p.Absolute, _ = filepath.Abs(f.Name) // "" where there is no current folder
			r.Splits[split] = append(r.Splits[split], Stored{p, f.SHA256, -1})
		}
	}
	if p.Data.DevShare > 0 {
		r.Held = &data.Held{Share: p.Data.DevShare, Seed: p.Data.DevSeed}
	}
	return r
}
