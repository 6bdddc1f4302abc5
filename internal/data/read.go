package data

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data/demo"
	"github.com/dylora/dylora/internal/fault"
)

// Read reads a split, in the file's order; see Labelled for the ones without labels. dataDir is the GLUE folder, which has a folder
// per task, or the task's folder itself; names of folders may be written in any case, with
// or without '-' and '_'. The demo needs no folder. An unknown split or a missing dataDir
// is a Usage error, a file that is not there or not as it should be an Invalid one.
func (t *Task) Read(dataDir, split string) ([]Example, error) {
	examples, _, err := t.ReadFiles(dataDir, split)
	return examples, err
}

// ReadFiles is Read, and tells which files were read, in order; none for the demo.
func (t *Task) ReadFiles(dataDir, split string) ([]Example, []File, error) {
	paths, err := t.Paths(dataDir, split)
	switch {
	case err != nil:
		return nil, nil, err
	case t.files != nil:
		return t.files.read(t, split)
	case t.Folder == "":
		return t.readDemo(split), nil, nil
	}
	f, err := open(paths[0])
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	examples, err := t.parseSplit(paths[0], split, f.r)
	if err != nil {
		return nil, nil, err
	}
	file, err := f.done()
	return examples, []File{file}, err
}

// Paths are the files that ReadFiles reads for a split. They need not be there in a task of the user's own files.
func (t *Task) Paths(dataDir, split string) ([]string, error) {
	if !slices.Contains(t.Splits(), split) {
		return nil, fault.Usagef("task %s has no split %q: choose one of %s", t.Name, split, strings.Join(t.Splits(), ", "))
	}
	switch {
	case t.files != nil:
		return t.files.paths(split)
	case t.Folder == "":
		return nil, nil
	case t.placed[split] != "":
		return []string{t.placed[split]}, nil
	}
	path, err := t.locate(dataDir, t.fileName(split))
	return []string{path}, err
}

// At is the task with the files of a split elsewhere: as many as Paths gives.
func (t *Task) At(split string, paths []string) *Task {
	n := *t
	if t.files == nil {
		n.placed = maps.Clone(t.placed)
		if n.placed == nil {
			n.placed = map[string]string{}
		}
		n.placed[split] = paths[0]
		return &n
	}
	f := *t.files
	f.seen = new([]File)
	if split == "dev" && f.Dev != "" {
		f.Dev = JoinPaths(paths)
	} else {
		f.Train = JoinPaths(paths)
	}
	n.files = &f
	return &n
}

// fileName is the official name of a split's file.
func (t *Task) fileName(split string) string {
	if t.Name == "mnli" && (split == "dev" || split == "test") {
		split += "_matched"
	}
	return split + ".tsv"
}

// locate finds a file of the task: in the task's folder below dataDir, else in dataDir.
// The diagnostic set has a folder of its own.
func (t *Task) locate(dataDir, file string) (string, error) {
	name, folder := t.Name, t.Folder
	if file == diagnostic+".tsv" {
		name, folder = diagnostic, diagnostic
	}
	if dataDir == "" {
		return "", fault.Because(NoDataFolder, fault.Usagef("task %s needs its data, the GLUE folder that has %s", t.Name, filepath.Join(folder, file)))
	}
	entries, err := os.ReadDir(dataDir)
	if err != nil {
		return "", fault.Because(NoDataFolder, fault.Invalidf("cannot read the data folder %s: %w; it must be the GLUE folder, the one that has %s",
			dataDir, reason(err), filepath.Join(folder, file)))
	}
	for _, e := range entries { // sorted by name, so "SST-2" comes before "sst2"
		path := filepath.Join(dataDir, e.Name(), file)
		if canonical(e.Name()) == name && isFile(path) {
			return path, nil
		}
	}
	if path := filepath.Join(dataDir, file); isFile(path) {
		return path, nil
	}
	return "", fault.Because(NoDataFolder, fault.Invalidf("no file %s: the data folder must be the GLUE folder, the one that has %s",
		filepath.Join(dataDir, folder, file), filepath.Join(folder, file)))
}

// isFile tells a regular file from what is not there, a folder, or a pipe that would block.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// reason drops the operation and path that os puts before an error: the caller names them.
func reason(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func (t *Task) readDemo(split string) []Example {
	sentences := demo.Train()
	if split == "dev" {
		sentences = demo.Dev()
	}
	examples := make([]Example, len(sentences))
	for i, s := range sentences {
		label := "negative"
		if s.Positive {
			label = "positive"
		}
		examples[i] = Example{Index: i, A: s.Text, Class: int32(slices.Index(t.Labels, label))}
	}
	return examples
}
