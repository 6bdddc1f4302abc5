package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/format"
)

// recordName is the file by which a run folder knows the line that it was trained for.
const recordName = finetune.PlanRecordName

// failureEnding is behind the run folder's name in that of a file beside it, which says why the
// last try failed. A training that was refused has no folder to keep it in.
const failureEnding = ".failed"

// maxRecord bounds the small files that are read here.
const maxRecord = 16 << 20

// Record is what a run folder keeps of its line and of what its training took.
type Record struct {
	Format int    `json:"format,omitzero"` // format.PlanRecord; it is set when the record is written
	Plan   string `json:"plan,omitzero"`   // file
	Line

	Seconds         float64 `json:"seconds,omitzero"`          // from start to end, of all processes that worked on it: loading, training, evaluation, saving
	TrainingSeconds float64 `json:"training_seconds,omitzero"` // of the loop alone, its evaluations included
	CPUSeconds      float64 `json:"cpu_seconds,omitzero"`      // of the processor, over all threads and processes; unlike the others it says the same on a busy machine
	Steps           int     `json:"steps,omitzero"`            // that the training takes
	Processes       int     `json:"processes,omitzero"`        // that worked on it
	Examples        int     `json:"examples,omitzero"`         // of train
	DevExamples     int     `json:"dev_examples,omitzero"`
	Version         string  `json:"version,omitzero"` // of dylora
	Kernel          string  `json:"kernel,omitzero"`
	Threads         int     `json:"threads,omitzero"`
}

// failure is the file beside a run folder.
type failure struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// readRecord gives the record of a run folder; nil where there is none.
func readRecord(dir string) (*Record, error) {
	r := new(Record)
	found, err := readJSON(filepath.Join(dir, recordName), r)
	if err != nil || !found {
		return nil, err
	}
	r.Format = 0 // it is the file's, and not that of a line of results
	return r, nil
}

func (r *Record) write(dir string) error {
	written := *r
	written.Format = format.PlanRecord
	return writeJSON(filepath.Join(dir, recordName), &written)
}

// readFailure says why the last try of a line failed; "" if it did not.
func readFailure(l *Line) (string, error) {
	var f failure
	if _, err := readJSON(l.Run+failureEnding, &f); err != nil {
		return "", err
	}
	if f.ID != l.ID {
		return "", nil
	}
	return f.Why, nil
}

// writeFailure notes why a line failed.
func writeFailure(l *Line, why string) error {
	if err := os.MkdirAll(filepath.Dir(l.Run), 0o777); err != nil {
		return err
	}
	return writeJSON(l.Run+failureEnding, failure{l.ID, why})
}

// forgetFailure removes the note.
func forgetFailure(l *Line) error {
	err := os.Remove(l.Run + failureEnding)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// readJSON reads a small file of one object, of a format that is known; found is false where there is no file.
func readJSON(path string, v any) (found bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.Size() > maxRecord:
		return false, fault.Invalidf("%s: %d bytes is too much", path, info.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if err := format.Check(path, b, format.PlanRecord); err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fault.Invalidf("%s: %w", path, err)
	}
	return true, nil
}

// writeJSON writes a file of one object, whole or not at all.
func writeJSON(path string, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	return disk.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// exists says whether there is a file; what cannot be looked at is not there.
func exists(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

// foreign is an error about a run folder that holds something else than its line's training.
func foreign(place, dir, holds string) error {
	return fault.Usagef("%s: the run folder %s holds %s: give one of them another folder", place, dir, holds)
}

func (r *Record) String() string { return fmt.Sprintf("index %d of %s, id %s", r.Index, r.Plan, r.ID) }
