package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
)

// A checkpoint is a folder of two files: the tensors, and a manifest that vouches for
// them. The manifest is written last, the folder appears by a rename, and the one before
// stays; so whatever happens to the process or the machine, the newest folder that
// verifies is a whole state of the run.
const (
	manifestName = "manifest.json"
	stateName    = "state.safetensors"
	maxManifest  = 1 << 20 // bytes
	kept         = 2       // checkpoints: the newest, and one in case that is damaged
)

// manifest is everything of a checkpoint that is no tensor.
type manifest struct {
	Format  int               `json:"format"`
	File    string            `json:"file"`
	Size    int64             `json:"size"`
	SHA256  string            `json:"sha256"`
	State   State             `json:"state"`
	Steps   int               `json:"steps"`  // the optimizer's count
	Counts  []int             `json:"counts"` // and its strict ones, by rank
	Log     int64             `json:"log"`    // bytes of metrics.jsonl
	Config  map[string]any    `json:"config"`
	Batches int               `json:"batches"` // per epoch
	Inputs  map[string]string `json:"inputs"`
}

// checkpoints is the folder of a run's checkpoints.
type checkpoints struct {
	dir  string
	disk disk.Files
}

// name sorts by step; the state after an epoch's evaluation comes after the one before.
func (s State) name() string {
	name := fmt.Sprintf("step-%09d", s.Step)
	if s.Closed == s.Step {
		name += "-evaluated"
	}
	return name
}

// save writes a checkpoint and removes the oldest ones beyond kept. One that is there
// already is of the same state, and stays.
func (c *checkpoints) save(m manifest, tensors []byte) error {
	sum := sha256.Sum256(tensors)
	m.Format, m.File, m.Size, m.SHA256 = format.Checkpoint, stateName, int64(len(tensors)), hex.EncodeToString(sum[:])
	b, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("%s: %w", c.dir, err)
	}
	dir := filepath.Join(c.dir, m.State.name())
	_, err = os.Stat(dir)
	contents := []disk.Content{{Name: stateName, Data: tensors}, {Name: manifestName, Data: append(b, '\n')}}
	if err := disk.Commit(c.disk, dir, contents, err == nil); err != nil {
		return fmt.Errorf("cannot save the checkpoint %s: %w", dir, err)
	}
	return c.prune()
}

// prune leaves the newest kept checkpoints, and nothing that a killed save left.
func (c *checkpoints) prune() error {
	names, err := c.list()
	if err != nil {
		return err
	}
	left, err := c.named(func(name string) bool {
		unfinished, _ := filepath.Match(disk.TempPattern, name) // the pattern is sound
		return unfinished
	})
	if err != nil {
		return err
	}
	for _, name := range append(left, names[min(len(names), kept):]...) {
		dir := filepath.Join(c.dir, name)
		if err := c.disk.RemoveAll(dir); err != nil {
			return fmt.Errorf("cannot remove the old checkpoint %s: %w", dir, err)
		}
	}
	return nil
}

// list is the names of the checkpoints, newest first; none if there is no folder.
func (c *checkpoints) list() ([]string, error) {
	found, err := c.named(func(name string) bool { return strings.HasPrefix(name, "step-") })
	slices.Sort(found)
	slices.Reverse(found)
	return found, err
}

// named is what the folder has of which is says yes to the name; nothing if there is no folder.
func (c *checkpoints) named(is func(name string) bool) (names []string, err error) {
	entries, err := os.ReadDir(c.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if is(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Reached is how many steps the newest checkpoint of the run in a folder has; 0 without any that is whole.
func Reached(dir string) int {
	c := checkpoints{dir: filepath.Join(dir, "checkpoints"), disk: disk.Real{}}
	m, _, _, err := c.load()
	if err != nil || m == nil {
		return 0
	}
	return m.State.Step
}

// load is the newest checkpoint that verifies, with a note for each newer one that does
// not; nil without any. That none of several verifies is an error: starting anew would
// lose the run without a word. So is a checkpoint of a newer version of dylora.
func (c *checkpoints) load() (m *manifest, tensors []byte, notes []string, err error) {
	names, err := c.list()
	if err != nil || len(names) == 0 {
		return nil, nil, nil, err
	}
	for _, name := range names {
		m, tensors, err := verify(filepath.Join(c.dir, name))
		if err == nil {
			return m, tensors, notes, nil
		}
		if errors.Is(err, format.ErrNewer) { // training would go on from the one before, and remove this one
			return nil, nil, nil, err
		}
		notes = append(notes, fmt.Sprintf("%v: taking the one before", err))
	}
	return nil, nil, nil, fault.Invalidf("%s: none of %d checkpoints is whole; the newest: %s; remove the folder to start anew",
		c.dir, len(names), notes[0])
}

// NewestCheckpoint is the name of the newest whole checkpoint of a run folder, by which names sort, and a
// note for each newer one that is not whole; "" without any. That none of several is whole is fault.Invalid.
func NewestCheckpoint(dir string) (name string, notes []string, err error) {
	m, _, notes, err := (&checkpoints{dir: filepath.Join(dir, "checkpoints")}).load()
	if m != nil {
		name = m.State.name()
	}
	return name, notes, err
}

// verify reads a checkpoint and holds its tensors against the manifest.
func verify(dir string) (*manifest, []byte, error) {
	path := filepath.Join(dir, manifestName)
	b, err := readUpTo(path, maxManifest)
	if err != nil {
		return nil, nil, err
	}
	m := new(manifest)
	if err := format.Check(path, b, format.Checkpoint); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(b, m, json.RejectUnknownMembers(true)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if m.Format != format.Checkpoint || m.File != stateName {
		return nil, nil, fmt.Errorf("%s: format %d with %q is not of this version", path, m.Format, m.File)
	}
	path = filepath.Join(dir, stateName)
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.Size() != m.Size {
		return nil, nil, fmt.Errorf("%s: %d bytes, the manifest says %d", path, info.Size(), m.Size)
	}
	tensors, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	want, err := hex.DecodeString(m.SHA256)
	if sum := sha256.Sum256(tensors); err != nil || !bytes.Equal(sum[:], want) {
		return nil, nil, fmt.Errorf("%s: its SHA-256 is not the manifest's", path)
	}
	return m, tensors, nil
}

// readUpTo reads a file of at most limit bytes.
func readUpTo(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes is too much, at most %d", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}
