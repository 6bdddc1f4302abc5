package data

import (
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// FileEndings are the endings of the files that Files takes, for messages.
const FileEndings = ".csv, .tsv, .json or .jsonl, also with .gz or .zst behind it"

// endings are the formats of the user's own files.
var endings = []string{".csv", ".tsv", ".json", ".jsonl"}

// compressions are the endings that may stand behind those of a format.
var compressions = []string{".gz", ".zst"}

// IsFile says whether a task's name is that of a file, or of several as Paths reads them: no
// task of the table has a dot.
func IsFile(name string) bool {
	list, err := Paths(name)
	return err == nil && len(list) > 0
}

// hasEnding says whether a path ends as a file of data does.
func hasEnding(path string) bool { return slices.Contains(endings, extension(path)) }

// extension is the ending that says a file's format, in lower case, without that of a compression.
func extension(path string) string {
	bare := path[:len(path)-len(compression(path))]
	return strings.ToLower(filepath.Ext(bare))
}

// compression is the ending of a compressed file's path as it is written, else "".
func compression(path string) string {
	ending := filepath.Ext(path)
	if slices.Contains(compressions, strings.ToLower(ending)) {
		return ending
	}
	return ""
}

// Paths reads the value of a setting that names files of data: one path, or several with commas between, in the order in
// which their rows count. A path that holds a comma itself is taken as one unless each part of it ends as a file
// of data does; then it must stand in double quotes, as in a CSV file. A path that ends otherwise is fault.Usage.
func Paths(spec string) ([]string, error) {
	list := strings.Split(spec, ",")
	if strings.HasPrefix(strings.TrimSpace(spec), `"`) {
		r := csv.NewReader(strings.NewReader(spec))
		r.TrimLeadingSpace = true
		var err error
		if list, err = r.Read(); err != nil {
			return nil, fault.Usagef("%q is not a list of files, a.csv,b.csv: %w", spec, err)
		}
	}
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	if slices.ContainsFunc(list, func(path string) bool { return !hasEnding(path) }) {
		list = []string{spec}
	}
	if !hasEnding(list[0]) {
		return nil, fault.Usagef("%s: want a file that ends in %s", spec, FileEndings)
	}
	return list, nil
}

// JoinPaths writes paths as Paths reads them.
func JoinPaths(paths []string) string {
	quoted := make([]string, len(paths))
	for i, path := range paths {
		quoted[i] = path
		if list, err := Paths(path); err != nil || len(list) != 1 || list[0] != path || len(paths) > 1 && strings.Contains(path, ",") {
			quoted[i] = `"` + strings.ReplaceAll(path, `"`, `""`) + `"`
		}
	}
	if len(paths) > 1 && slices.ContainsFunc(quoted, func(s string) bool { return s[0] == '"' }) { // the first decides how all are read
		for i, path := range paths {
			quoted[i] = `"` + strings.ReplaceAll(path, `"`, `""`) + `"`
		}
	}
	return strings.Join(quoted, ",")
}

// mostNamed is how many files a task's name lists.
const mostNamed = 3

// FilesName is the name of the task whose training files a setting names: the file's, or those of several with a plus between,
// in short for more than three. No folder is in it.
func FilesName(spec string) string {
	list, err := Paths(spec)
	if err != nil {
		return filepath.Base(spec)
	}
	for i, path := range list {
		list[i] = filepath.Base(path)
	}
	if len(list) > mostNamed {
		list = []string{list[0], "…", list[len(list)-1]}
	}
	return strings.Join(list, "+")
}
