package data

import "io"

// ScanTexts gives the wanted columns of every row of r, which has the format of files with that
// ending: .csv, .tsv, .json or .jsonl. Every value is a text, also an empty one; they are valid
// during the call. name is the input's for messages. Errors of the input are of class
// fault.Invalid and name the line; an error of row ends the reading and is returned as it is.
func ScanTexts(name, ending string, r io.Reader, q Quoting, columns []string, row func(texts []string) error) error {
	want := make([]field, len(columns))
	for i, c := range columns {
		want[i] = field{name: c, text: true}
	}
	return scanRows(name, r, Format{Ending: ending, Quoting: q}, want, func(_ place, values []string) error { return row(values) })
}
