package tensorboard

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// prefix is what TensorBoard knows event files by, behind it are seconds and a name. It
// reads the files of a folder in the order of their names.
const prefix = "events.out.tfevents."

// Writer appends to an event file of its own. Every record is written in one piece and at
// once, so a process that dies leaves a torn one at most, which TensorBoard passes over.
type Writer struct{ file *os.File }

// Create makes an event file in the folder dir that comes after those that are there. It
// says that the process begins with step first: what earlier files have of that step and
// later ones is no longer shown.
func Create(dir string, now time.Time, first int) (*Writer, error) {
	f, err := createNext(dir, now)
	if err != nil {
		return nil, fmt.Errorf("cannot make an event file: %w", err)
	}
	w := &Writer{f}
	if err := errors.Join(w.write(versionEvent(now)), w.write(startEvent(now, first))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// createNext makes the file under the time now, or the next second that no file has and
// that none is beyond.
func createNext(dir string, now time.Time) (*os.File, error) {
	second := now.Unix()
	names, err := filepath.Glob(filepath.Join(escapeGlob(dir), prefix+"*"))
	if err != nil {
		return nil, err
	}
	for _, path := range names {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), prefix), ".")
		if s, err := strconv.ParseInt(text, 10, 64); err == nil && s < 1e10-1 {
			second = max(second, s+1)
		}
	}
	path := filepath.Join(dir, fmt.Sprintf("%s%010d.dylora", prefix, second))
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// escapeGlob is a path that Glob takes literally.
func escapeGlob(path string) string {
	if filepath.Separator == '\\' { // there Glob has no escapes, and names have no stars
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Scalars writes those of a step; values that are NaN or infinite are left out.
func (w *Writer) Scalars(now time.Time, step int, scalars ...Scalar) error {
	kept := make([]Scalar, 0, len(scalars))
	for _, s := range scalars {
		if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return w.write(summaryEvent(now, step, kept))
}

func (w *Writer) write(event []byte) error {
	_, err := w.file.Write(record(event))
	return err
}

// Sync flushes the file to the disk.
func (w *Writer) Sync() error { return w.file.Sync() }

// Close closes the file.
func (w *Writer) Close() error { return w.file.Close() }
