package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// Format is how a file holds its rows.
type Format struct {
	Ending    string // .csv, .tsv, .json or .jsonl
	Quoting   Quoting
	Delimiter string // between columns; "": by the ending
}

// ParseDelimiter reads what stands between the columns of a .csv or .tsv file: one letter, or a tab as
// "tab" or \t. "" is what the ending says: a comma or a tab. A letter that quotes, ends a line or is not ASCII is refused.
func ParseDelimiter(s string) (string, error) {
	switch strings.ToLower(s) {
	case "":
		return "", nil
	case "tab", `\t`:
		return "\t", nil
	}
	if len(s) != 1 || s[0] != '\t' && (s[0] < ' ' || s[0] > '~') || s[0] == '"' {
		return "", fmt.Errorf("%q is not one letter such as ; or |, or tab", s)
	}
	return s, nil
}

// separator is what stands between the columns of a file.
func (f Format) separator() (string, error) {
	d, err := ParseDelimiter(f.Delimiter)
	switch {
	case err != nil:
		return "", fault.Usagef("delimiter: %w", err)
	case d != "":
		return d, nil
	case f.Ending == ".tsv":
		return "\t", nil
	}
	return ",", nil
}

// otherDelimiter gives the error about a column that is not in a header of a single one its reason, where
// that one looks like several with another letter between.
func otherDelimiter(header []string, err error) error {
	if len(header) == 1 && strings.ContainsAny(header[0], ";,|\t") {
		return fault.Because(WrongDelimiter, err)
	}
	return err
}

// Delimited says whether any of the files that settings name has columns with a letter between.
func Delimited(specs ...string) bool {
	for _, spec := range specs {
		paths, _ := Paths(spec) // what is no file has none
		if slices.ContainsFunc(paths, func(path string) bool { return extension(path) == ".csv" || extension(path) == ".tsv" }) {
			return true
		}
	}
	return false
}
