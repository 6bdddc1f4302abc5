package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// finder finds the files of a run's splits, wherever run and files have been moved to. A file counts by what it
// holds: no file is taken for another because it has its name.
type finder struct {
	run   string   // folder; "": the adapter is in none
	name  string   // of run or adapter, for messages
	data  *RunData // nil: nothing is recorded
	allow bool     // other data than those recorded
}

// find gives the paths of a split's files: of those that the user named (nil: none), else where they are relative to
// the run folder, else where they were. other has a line for each that is not the recorded one. Files that the
// user named may be any; one that is found in its place and holds something else is fault.Invalid because of ChangedData unless that is allowed, and one
// that is nowhere because of MovedTraining, MovedDev or MovedFolder.
func (f *finder) find(split string, given []string) (paths, other []string, err error) {
	stored := f.data.Splits[split]
	if given != nil {
		other, err = f.compare(split, stored, given)
		return given, other, err
	}
	for _, s := range stored {
		path, line, err := f.one(split, s)
		if err != nil {
			return nil, nil, err
		}
		paths = append(paths, path)
		if line != "" {
			other = append(other, line)
		}
	}
	return paths, other, nil
}

// one finds a file. line says that it holds something else.
func (f *finder) one(split string, s Stored) (path, line string, err error) {
	var there *data.File
	for _, candidate := range f.candidates(s.Place) {
		if info, err := os.Stat(candidate); err != nil || !info.Mode().IsRegular() {
			continue
		}
		file, err := data.Sum(candidate)
		if err != nil {
			return "", "", err
		}
		if file.SHA256 == s.SHA256 {
			return candidate, "", nil
		}
		if there == nil {
			there = &file
		}
	}
	switch {
	case there == nil:
		return "", "", f.moved(split, s)
	case !f.allow:
		return "", "", fault.Because(ChangedData, fault.Invalidf("%s: %s is not the file that it was trained with as its %s data: its SHA-256 begins with %.12s, not with %.12s",
			f.name, there.Path, split, there.SHA256, s.SHA256))
	}
	return there.Path, otherLine(split, *there, s), nil
}

// otherLine says that a file stands in the place of another.
func otherLine(split string, is data.File, was Stored) string {
	return fmt.Sprintf("%s: %s, SHA-256 %.12s…, in place of %s, %.12s…", split, filepath.Base(is.Path), is.SHA256, filepath.Base(was.Path), was.SHA256)
}

// moved says that a file is nowhere, and by its reason what would help.
func (f *finder) moved(split string, s Stored) error {
	why := MovedTraining
	switch {
	case f.data.Folder != nil:
		why = MovedFolder
	case split == "dev":
		why = MovedDev
	}
	where := "in the current folder"
	if list := f.candidates(s.Place); len(list) > 0 {
		where = strings.Join(list, " or ")
	}
	return fault.Because(why, fault.Invalidf("%s: its %s data, %s, are not there: no file %s", f.name, split, filepath.Base(s.Path), where))
}

// candidates are where a file or folder may be, the likeliest first.
func (f *finder) candidates(p Place) (list []string) {
	add := func(path string) {
		if !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	if run, err := filepath.Abs(f.run); err == nil && f.run != "" && p.Relative != "" {
		add(filepath.Join(run, filepath.FromSlash(p.Relative)))
		if real, err := filepath.EvalSymlinks(run); err == nil {
			add(filepath.Join(real, filepath.FromSlash(p.Relative)))
		}
	}
	if p.Absolute != "" {
		add(p.Absolute)
	}
	return list
}

// folder is where GLUE's folder is now; "" where the run had none. Which of its files are those of the run, find says.
func (f *finder) folder() string {
	if f.data == nil || f.data.Folder == nil {
		return ""
	}
	for _, path := range f.candidates(*f.data.Folder) {
		if isFolder(path) {
			return path
		}
	}
	return f.data.Folder.Absolute
}

// compare says which of the files that the user named are not the recorded ones.
func (f *finder) compare(split string, stored []Stored, given []string) (other []string, err error) {
	for i, path := range given {
		file, err := data.Sum(path)
		switch {
		case err != nil:
			return nil, err
		case i >= len(stored) && len(stored) > 0:
			other = append(other, fmt.Sprintf("%s: %s, SHA-256 %.12s…, besides the run's files", split, filepath.Base(path), file.SHA256))
		case i < len(stored) && file.SHA256 != stored[i].SHA256:
			other = append(other, otherLine(split, file, stored[i]))
		}
	}
	for _, s := range stored[min(len(given), len(stored)):] {
		other = append(other, fmt.Sprintf("%s: without the run's %s", split, filepath.Base(s.Path)))
	}
	return other, nil
}

// refuse is the error about files that the user named for a run that is resumed, which needs its own.
func (f *finder) refuse(other []string) error {
	if f.allow || len(other) == 0 {
		return nil
	}
	return fault.Because(ChangedData, fault.Invalidf("%s: these are not the data that it was trained with: %w", f.name, errors.New(strings.Join(other, "; "))))
}
