package track

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
)

// StateName is the file of a run folder that remembers what the server has of it.
const StateName = "tracking.json"

// state is the content of the file. Key is the run's own name on any server, a tag: a run whose creation was not confirmed is found by it.
// Batch is when the entries of the request that is on its way were first sent: sent once more with the same time, the server has them once.
type state struct {
	Format     int             `json:"format"` // format.Tracking
	Server     string          `json:"server"`
	Key        string          `json:"key"`
	Experiment string          `json:"experiment,omitzero"` // ID
	Run        string          `json:"run,omitzero"`        // ID
	Artifacts  string          `json:"artifacts,omitzero"`  // where the server keeps the run's files
	Start      int64           `json:"start"`               // milliseconds
	Described  bool            `json:"described,omitzero"`  // it has parameters and tags
	Sent       position        `json:"sent"`
	Batch      int64           `json:"batch,omitzero"`
	Files      map[string]bool `json:"files,omitzero"` // sent, by path
	Status     Status          `json:"status,omitzero"`
	Dropped    []string        `json:"dropped,omitzero"` // names that the server does not take
}

const maxState = 4 << 20

// readState reads the file of a run folder; a run on another server, or of no file, begins anew.
func readState(dir, server string, now int64) (*state, error) {
	s := &state{Format: format.Tracking, Server: server, Start: now, Files: map[string]bool{}}
	path := filepath.Join(dir, StateName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, s.begin()
	case err != nil:
		return nil, err
	case info.Size() > maxState:
		return nil, fault.Invalidf("%s: %d bytes is too much", path, info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := format.Check(path, b, format.Tracking); err != nil {
		return nil, err
	}
	old := &state{}
	if err := json.Unmarshal(b, old); err != nil {
		return nil, fault.Invalidf("%s: %w: remove it to send the run as a new one", path, err)
	}
	if old.Server != server || old.Key == "" {
		return s, s.begin()
	}
	if old.Files == nil {
		old.Files = map[string]bool{}
	}
	old.Format = format.Tracking
	return old, nil
}

// begin gives the run a name of its own.
func (s *state) begin() error {
	var b [12]byte
	_, err := rand.Read(b[:])
	s.Key = hex.EncodeToString(b[:])
	return err
}

func (s *state) write(dir string) error {
	return disk.WriteFile(filepath.Join(dir, StateName), func(w io.Writer) error { return json.NewEncoder(w).Encode(s) })
}
